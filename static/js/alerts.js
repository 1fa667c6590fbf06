// The keyboard of the list of alerts. Without this file every link and form of the page still works.
const list = document.getElementById("inbox");
const keys = document.getElementById("keys");
let goPressed = false;

const rows = () => [...list.querySelectorAll("tr.alert")];
const current = () => document.activeElement.closest("tr.alert");

function focusRow(row) {
  if (!row) return;
  for (const other of rows()) other.tabIndex = -1;
  row.tabIndex = 0;
  row.focus();
  row.scrollIntoView({ block: "nearest" });
}

function move(step) {
  const all = rows();
  focusRow(all[Math.min(Math.max(all.indexOf(current()) + step, 0), all.length - 1)]);
}

const click = (row, selector) => row.querySelector(selector)?.click();
const follow = (selector) => document.querySelector(selector)?.click();

function writeReason(row) {
  const reason = document.querySelector("#bulk [name=reason]");
  if (!reason) return;
  row.querySelector("[name=alert]").checked = true;
  reason.focus();
}

const anywhere = {
  KeyJ: () => move(1),
  KeyK: () => move(-1),
  BracketLeft: () => follow("a[rel=prev]"),
  BracketRight: () => follow("a[rel=next]"),
  KeyG: () => { goPressed = true; },
};
const inRow = {
  KeyO: (row) => click(row, "a.name"),
  KeyX: (row) => click(row, "[name=alert][type=checkbox]"),
  KeyA: (row) => click(row, "button.take"),
  KeyS: writeReason,
};
const onRow = {
  Enter: (row) => click(row, "a.name"),
  ArrowDown: () => move(1),
  ArrowUp: () => move(-1),
};

function deedOf(event, at) {
  if (event.key === "?" || (event.code === "Slash" && event.shiftKey)) return () => keys.showModal();
  if (event.code === "Slash") return () => document.getElementById("filter").focus();
  if (goPressed && event.code === "KeyD") return () => location.assign("/");
  const row = current();
  return (row === at && onRow[event.code]) || (row && inRow[event.code]) || anywhere[event.code];
}

// The place of a key counts, not its letter: a Russian layout has the same places.
function onKey(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || keys.open) return;
  const at = document.activeElement;
  const isListening = at === document.body || at.id === "main" || list.contains(at);
  if (!isListening || at.matches("input:not([type=checkbox]), textarea, select")) return;
  const deed = deedOf(event, at);
  goPressed = false;
  if (!deed) return;
  event.preventDefault();
  deed(current());
}

if (list) {
  if (rows()[0]) rows()[0].tabIndex = 0;
  if ("shortcuts" in list.dataset) {
    const button = document.getElementById("show-keys");
    button.hidden = false;
    button.addEventListener("click", () => keys.showModal());
    document.addEventListener("keydown", onKey);
  }
}
