// The keyboard of the list of regions, numbers explained in place, and a quiet refresh. Without
// this file every link and form of the page still works.
const groups = document.getElementById("groups");
const news = document.getElementById("news");
const keys = document.getElementById("keys");
const REFRESH_MS = 60_000;
let waiting = null; // A newer page whose rows stand in another order.
let goPressed = false;

const rows = () => [...groups.querySelectorAll("tr.region")];
const current = () => document.activeElement?.closest?.("tr.region");

function focusRow(row) {
  if (!row) return;
  for (const other of rows()) other.tabIndex = -1;
  row.tabIndex = 0;
  row.focus();
  row.scrollIntoView({ block: "nearest" });
}

function move(step) {
  const all = rows();
  const at = all.indexOf(current());
  focusRow(all[Math.min(Math.max(at + step, 0), all.length - 1)]);
}

async function fetchPage(url) {
  const response = await fetch(url, { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(20_000) });
  if (!response.ok || response.redirected) throw new Error(response.status);
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

// Opens or closes the explanation below a row without leaving the page.
async function explain(row) {
  const link = row.querySelector("a.explain");
  const open = document.getElementById(`${row.id}-detail`);
  if (!open) {
    const page = await fetchPage(link.href);
    const detail = page.getElementById(`${row.id}-detail`);
    if (!detail) return location.assign(link.href);
    row.after(detail);
  } else {
    open.remove();
  }
  link.setAttribute("aria-expanded", String(!open));
}

const click = (row, selector) => row?.querySelector(selector)?.click();
const follow = (selector) => document.querySelector(selector)?.click();

const anywhere = {
  KeyJ: () => move(1),
  KeyK: () => move(-1),
  ArrowDown: () => move(1),
  ArrowUp: () => move(-1),
  BracketLeft: () => follow("a[rel=prev]"),
  BracketRight: () => follow("a[rel=next]"),
  KeyR: () => waiting && replaceGroups(waiting),
  KeyG: () => { goPressed = true; },
  KeyZ: () => follow("button.unsign"),
};
const onRow = {
  Enter: (row) => explain(row),
  KeyO: (row) => click(row, "a.name"),
  KeyE: (row) => click(row, "button.sign"),
  KeyN: (row) => {
    const form = row.querySelector(".note-form");
    if (!form) return;
    form.open = true;
    form.querySelector("textarea").focus();
  },
};

function onKey(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
  const at = document.activeElement;
  if (at.matches("input, textarea, select") || keys.open) return;
  if (event.code === "Slash") {
    event.preventDefault();
    if (event.shiftKey) keys.showModal();
    else document.getElementById("q").focus();
    return;
  }
  const row = current();
  const isOnRow = row && at === row;
  const deed = (isOnRow && onRow[event.code]) || (goPressed && event.code === "KeyD" ? () => location.assign("/") : anywhere[event.code]);
  if (event.code !== "KeyG") goPressed = false;
  // Arrows, and Enter on a link, stay the browser's own outside the list.
  if (!deed || (event.code.startsWith("Arrow") && !isOnRow)) return;
  event.preventDefault();
  deed(row);
}

// A click on a number explains it; links, buttons and fields keep their own.
function onClick(event) {
  const link = event.target.closest("a.explain");
  if (link) {
    event.preventDefault();
    explain(link.closest("tr.region"));
  } else if (event.target.closest("td.number")) {
    explain(event.target.closest("tr.region"));
  }
}

const orderOf = (page) => [...page.querySelectorAll("tr.region")].map((row) => `${row.id}${row.className}`).join();

// Replaces what the rows say, never where they stand, and nothing that is being written or read.
function replaceRows(page) {
  for (const row of rows()) {
    const fresh = page.getElementById(row.id);
    if (!fresh || row.contains(document.activeElement) && document.activeElement !== row) continue;
    if (row.querySelector("details[open]") || row.innerHTML === fresh.innerHTML) continue;
    row.innerHTML = fresh.innerHTML;
    const isOpen = document.getElementById(`${row.id}-detail`) !== null;
    row.querySelector("a.explain").setAttribute("aria-expanded", String(isOpen));
  }
  for (const selector of [".heading", ".tallies", ".strip", ".totals"]) {
    const old = document.querySelector(selector);
    const fresh = page.querySelector(selector);
    if (old && fresh && !old.contains(document.activeElement)) old.replaceWith(fresh);
  }
  document.title = page.title;
}

function replaceGroups(page) {
  const id = current()?.id;
  waiting = null;
  news.textContent = "";
  groups.replaceChildren(...page.getElementById("groups").children);
  replaceRows(page);
  if (id) focusRow(document.getElementById(id));
}

async function refresh() {
  if (document.visibilityState !== "visible" || keys.open) return;
  try {
    const page = await fetchPage(location.href);
    if (!page.getElementById("groups")) return;
    waiting = orderOf(page) === orderOf(document) ? null : page;
    const said = waiting ? news.dataset.changed : "";
    if (news.textContent !== said) news.textContent = said;
    replaceRows(page);
  } catch {
    news.textContent = news.dataset.lost;
  }
}

if (groups) {
  const button = document.getElementById("show-keys");
  groups.addEventListener("click", onClick);
  if ("shortcuts" in groups.dataset) {
    button.hidden = false;
    button.addEventListener("click", () => keys.showModal());
    document.addEventListener("keydown", onKey);
    const first = rows()[0];
    if (first) first.tabIndex = 0;
  }
  setInterval(refresh, REFRESH_MS);
  document.addEventListener("fleet:refresh", refresh);
}
