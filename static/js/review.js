// The keyboard of the list of regions, numbers explained in place, and a quiet refresh. Without
// this file every link and form of the page still works.
const groups = document.getElementById("groups");
const news = document.getElementById("news");
const newOrder = document.getElementById("new-order");
const keys = document.getElementById("keys");
const REFRESH_MS = 60_000;
let waiting = null; // A newer page whose rows stand elsewhere.
let stood = new Map();
let goPressed = false;

const rows = (page = document) => [...page.querySelectorAll("tr.region")];
const current = () => document.activeElement.closest("tr.region");
const detailOf = (row, page = document) => page.getElementById(`${row.id}-detail`);

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

async function fetchPage(url) {
  const response = await fetch(url, { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(20_000) });
  if (!response.ok || response.redirected) throw new Error(response.status);
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

// Opens or closes the explanation below a row without leaving the page; the address follows.
async function explain(row) {
  const link = row.querySelector("a.explain");
  const shown = detailOf(row);
  if (shown) {
    shown.remove();
  } else {
    const page = await fetchPage(link.href).catch(() => null);
    const fresh = page && detailOf(row, page);
    if (!fresh) return location.assign(link.href);
    if (!detailOf(row)) row.after(fresh);
  }
  link.setAttribute("aria-expanded", String(!shown));
  const url = new URL(location.href);
  const open = (url.searchParams.get("open") ?? "").split(",").filter((key) => key && key !== row.id);
  url.searchParams.set("open", shown ? open : [...open, row.id]);
  if (!url.searchParams.get("open")) url.searchParams.delete("open");
  history.replaceState(null, "", url.href.replaceAll("%2C", ","));
}

const click = (row, selector) => row.querySelector(selector)?.click();
const follow = (selector) => document.querySelector(selector)?.click();

function writeNote(row) {
  const form = row.querySelector(".note-form");
  if (!form) return;
  form.open = true;
  form.querySelector("textarea").focus();
}

const anywhere = {
  KeyJ: () => move(1),
  KeyK: () => move(-1),
  BracketLeft: () => follow("a[rel=prev]"),
  BracketRight: () => follow("a[rel=next]"),
  KeyR: () => newOrder.click(),
  KeyG: () => { goPressed = true; },
  KeyZ: () => follow("button.unsign"),
};
const inRow = {
  KeyO: (row) => click(row, "a.name"),
  // A day that may not be signed yet needs a note first.
  KeyE: (row) => row.querySelector("button.sign") ? click(row, "button.sign") : writeNote(row),
  KeyN: writeNote,
};
const onRow = {
  Enter: explain,
  ArrowDown: () => move(1),
  ArrowUp: () => move(-1),
};

function deedOf(event, at) {
  if (event.key === "?" || (event.code === "Slash" && event.shiftKey)) return () => keys.showModal();
  if (event.code === "Slash") return () => document.getElementById("q").focus();
  if (goPressed && event.code === "KeyD") return () => location.assign("/");
  if (goPressed && event.code === "KeyA") return () => location.assign("/alerts/");
  const row = current();
  return (row === at && onRow[event.code]) || (row && inRow[event.code]) || anywhere[event.code];
}

// The place of a key counts, not its letter: a Russian layout has the same places.
function onKey(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || keys.open) return;
  const at = document.activeElement;
  const isListening = at === document.body || at.id === "main" || groups.contains(at);
  if (!isListening || at.matches("input, textarea, select")) return;
  const deed = deedOf(event, at);
  goPressed = false;
  if (!deed) return;
  event.preventDefault();
  deed(current());
}

function onEscape(event) {
  const open = event.key === "Escape" && document.querySelector(".lamp details[open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
}

// A click on a number explains it; links, buttons and fields keep their own.
function onClick(event) {
  const row = event.target.closest("tr.region");
  if (event.target.closest("a.explain")) event.preventDefault();
  else if (!event.target.closest("td.number")) return;
  explain(row);
}

// Each region's group and level, in the order of the page.
const places = (page) => new Map(rows(page).map((row) => [row.id, `${row.closest(".group").id} ${row.className}`]));

// How many regions stand elsewhere than when the rows were put in order; 0 for none.
function changed(page) {
  const fresh = places(page);
  const n = [...fresh].filter(([id, place]) => stood.get(id) !== place).length;
  return [...fresh.keys()].join() === [...stood.keys()].join() ? n : Math.max(n, 1);
}

function replaceInside(old, fresh) {
  const isRead = old.contains(document.activeElement) && document.activeElement !== old;
  if (!fresh || isRead || old.querySelector("details[open]") || old.innerHTML === fresh.innerHTML) return;
  old.innerHTML = fresh.innerHTML;
}

// Replaces what is said, never where it stands, and nothing that is being written or read.
function replaceNumbers(page) {
  for (const old of document.querySelectorAll("tr.region, tr.detail")) {
    const fresh = page.getElementById(old.id);
    if (fresh) old.className = fresh.className;
    replaceInside(old, fresh);
  }
  for (const selector of [".heading", ".tallies", ".strip", ".totals"]) {
    const old = document.querySelector(selector);
    if (old) replaceInside(old, page.querySelector(selector));
  }
  document.title = page.title;
  document.querySelector("link[rel=icon]").href = page.querySelector("link[rel=icon]").href;
}

function showNewOrder() {
  if (!waiting) return;
  const id = current()?.id;
  groups.replaceChildren(...waiting.getElementById("groups").children);
  stood = places(document);
  say("");
  focusRow(document.getElementById(id) ?? rows()[0]);
}

function say(text, page = null) {
  waiting = page;
  newOrder.hidden = !page;
  if (news.textContent !== text) news.textContent = text;
}

async function refresh() {
  if (document.visibilityState !== "visible" || keys.open) return;
  try {
    const page = await fetchPage(location.href);
    if (!page.getElementById("groups")) return;
    const n = changed(page);
    say(n ? news.dataset.changed.replace("[n]", n) : "", n ? page : null);
    replaceNumbers(page);
  } catch {
    say(news.dataset.lost, waiting);
  }
}

if (groups) {
  stood = places(document);
  groups.addEventListener("click", onClick);
  document.addEventListener("keydown", onEscape);
  newOrder.addEventListener("click", showNewOrder);
  if ("shortcuts" in groups.dataset) {
    const button = document.getElementById("show-keys");
    button.hidden = false;
    button.addEventListener("click", () => keys.showModal());
    document.addEventListener("keydown", onKey);
  }
  const target = document.getElementById(location.hash.slice(1));
  if (target?.matches("tr.region")) focusRow(target);
  else if (rows()[0]) rows()[0].tabIndex = 0;
  setInterval(refresh, REFRESH_MS);
  document.addEventListener("visibilitychange", refresh);
}
