// The list of traces or conversations: the newest first, a page at a time. The first page is kept up to date, but nothing moves
// under the eyes of a person: who has scrolled, marked or focused something there is told that there is more.
import { arrows, ask, byId, duration, element, isRead, keyed, moment, put, several, whole } from "./dom.js";

const PAGE = 100;
const rows = byId("rows"), text = byId("text"), failed = byId("failed"), there = byId("newer-there");
let kind = "traces", conversation = "", pages = [null], held = null, asked = 0, stop = null;

export function start() {
  let typing;
  byId("search").addEventListener("submit", event => { event.preventDefault(); reset(); });
  text.addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(reset, 120); });
  failed.addEventListener("change", reset);
  for (const name of ["traces", "conversations"]) byId("by-" + name).addEventListener("click", () => turn(name));
  byId("chip").querySelector("button").addEventListener("click", () => within(""));
  byId("older").addEventListener("click", () => { pages.push(byId("older").dataset.before); load(true); });
  byId("newer").addEventListener("click", () => { pages.pop(); load(true); });
  there.addEventListener("click", () => { if (held) show(held, true); rows.scrollTop = 0; });
  arrows(rows, "a");
  return load(true);
}

/** The traces of one conversation; of all where it is empty. */
export function within(id) {
  conversation = id;
  byId("chip").hidden = !id;
  put(byId("chip").querySelector("b"), id);
  turn("traces");
}

function turn(name) {
  if (name === "conversations") { conversation = ""; byId("chip").hidden = true; }
  kind = name;
  for (const other of ["traces", "conversations"]) byId("by-" + other).setAttribute("aria-pressed", String(other === name));
  reset();
}

function reset() {
  pages = [null];
  load(true);
}

/** Something was committed. */
export function news() {
  return pages.length === 1 ? load(false) : Promise.resolve();
}

async function load(forced) {
  const mine = ++asked;
  stop?.abort();
  stop = new AbortController();
  try {
    const wanted = { limit: PAGE, text: text.value.trim(), failed: failed.checked, conversation, before: pages.at(-1) };
    const said = await ask(kind, wanted, stop.signal);
    if (mine === asked) show(said, forced);
  } catch (error) {
    if (error.name !== "AbortError") throw error;
  }
}

/** Whether a new row on top would move what somebody looks at. */
const watched = () => rows.scrollTop > 4 || rows.contains(document.activeElement) && document.activeElement !== rows || isRead(rows);

function show(said, forced) {
  const items = said[kind], keys = items.map(key);
  const shown = [...rows.children].map(row => row.dataset.key);
  const newer = shown.length ? keys.indexOf(shown[0]) : 0;
  if (!forced && newer !== 0 && watched()) {
    held = said;
    there.hidden = false;
    put(there, newer > 0 ? several(newer, "newer one") + ": show" : "Newer ones: show");
    // Those that are there say what they have become; none moves.
    const by = new Map(items.map(item => [key(item), item]));
    for (const row of rows.children) if (by.has(row.dataset.key)) update(row, by.get(row.dataset.key));
    return;
  }
  held = null;
  there.hidden = true;
  keyed(rows, items, key, make, update);
  if (forced) rows.scrollTop = 0;
  pager(said, items);
}

function pager(said, items) {
  const first = (pages.length - 1) * PAGE, last = items.at(-1);
  put(byId("matching"), items.length ? whole(first + 1) + "–" + whole(first + items.length) + " of " + whole(said.matching) : "none");
  byId("newer").disabled = pages.length === 1;
  byId("older").disabled = items.length < PAGE || first + items.length >= said.matching;
  byId("older").dataset.before = last ? (kind === "traces" ? last.started + ":" + last.number : last.newest + ":" + last.conversation) : "";
  const empty = text.value || failed.checked ? "Nothing is like that." : "Nothing has come yet. Point a sender at this address: OTEL_EXPORTER_OTLP_ENDPOINT=" + location.origin;
  byId("none").hidden = items.length > 0;
  put(byId("none"), empty);
}

const key = item => kind === "traces" ? item.trace_id : item.conversation;
const hash = item => kind === "traces" ? "#trace/" + item.trace_id : "#conversation/" + encodeURIComponent(item.conversation);

function make(item) {
  const parts = ["name", "time", "more", "bad"].map(name => element("span", { class: name }));
  return element("li", {}, element("a", { href: hash(item) }, ...parts));
}

function update(row, item) {
  const link = row.firstElementChild, [name, time, more, bad] = link.children;
  const of = kind === "traces";
  put(name, of ? item.root || "its root has not come" : item.conversation);
  put(time, duration((item.ended - item.started) / 1e9));
  put(more, [moment(of ? item.started : item.newest), of ? item.service : several(item.traces, "trace"), several(item.spans, "span")].filter(Boolean).join(" · "));
  put(bad, item.errors ? "✗ " + several(item.errors, "error") : "");
  choose(link);
}

function choose(link) {
  if (location.hash && link.getAttribute("href") === location.hash) link.setAttribute("aria-current", "true");
  else link.removeAttribute("aria-current");
}

/** Marks the row whose trace is open. */
export function mark() {
  for (const row of rows.children) choose(row.firstElementChild);
}

/** Puts the focus on the row that is open, or on the first. */
export function focus() {
  (rows.querySelector("[aria-current]") || rows.querySelector("a") || text).focus();
}
