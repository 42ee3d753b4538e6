// The page as a whole: what is shown, by the address after `#`; news of commits; keys.
import { byId } from "./dom.js";
import * as figures from "./figures.js";
import * as list from "./list.js";
import * as trace from "./trace.js";

/** Between two looks at what is new, at least, in ms. */
const PAUSE = 1000;
const state = byId("state"), pause = byId("pause");
let paused = false, dirty = false, working = false, last = null;

async function route() {
  const [view, id] = location.hash.slice(1).split("/").map(decodeURIComponent);
  if (view === "conversation" && id) list.within(id);
  const isTrace = view === "trace" && Boolean(id);
  byId("trace").hidden = !isTrace;
  byId("figures").hidden = isTrace;
  if (isTrace) byId("to-figures").removeAttribute("aria-current");
  else byId("to-figures").setAttribute("aria-current", "page");
  list.mark();
  if (isTrace) {
    byId("detail").scrollTop = 0;
    await trace.show(id).catch(error => byId("trace").replaceChildren(String(error.message)));
  } else {
    trace.close();
    await figures.shown();
  }
}

function say(kind, words) {
  state.className = kind;
  if (state.lastElementChild.textContent !== words) state.lastElementChild.textContent = words;
}

/** Looks at what is new, and then rests: five times as long as it took, for others want to ask, too. */
async function look() {
  if (working || !dirty || paused || document.hidden) return;
  working = true;
  dirty = false;
  const began = performance.now();
  try {
    figures.counts(last);
    await Promise.all([list.news(), figures.news(), trace.news()]);
  } catch (error) {
    say("lost", "no answer: " + error.message);
  }
  setTimeout(() => { working = false; look(); }, Math.max(PAUSE, 5 * (performance.now() - began)));
}

function live() {
  const source = new EventSource("/api/live");
  source.addEventListener("open", () => say(paused ? "" : "live", paused ? "paused" : "live"));
  source.addEventListener("error", () => say("lost", "the collector does not answer; what was there stays"));
  source.addEventListener("counts", event => {
    last = JSON.parse(event.data);
    dirty = true;
    look();
  });
}

function rest() {
  paused = !paused;
  pause.setAttribute("aria-pressed", String(paused));
  say(paused ? "" : "live", paused ? "paused" : "live");
  look();
}

function keys(event) {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const typing = event.target.matches("input[type=search], select");
  if (event.key === "Escape") {
    if (typing && event.target.value) return;
    if (byId("detail").contains(document.activeElement) || typing) list.focus();
    else location.hash = "#figures";
  } else if (typing) {
    if (event.key === "ArrowDown" && event.target.id === "text") { event.preventDefault(); list.focus(); }
  } else if (event.key === "/") { event.preventDefault(); byId("text").focus(); byId("text").select(); }
  else if (event.key === "g") location.hash = "#figures";
  else if (event.key === "p") rest();
}

byId("skip").addEventListener("click", event => { event.preventDefault(); byId("detail").focus(); });
pause.addEventListener("click", rest);
addEventListener("keydown", keys);
addEventListener("hashchange", async () => {
  const byKey = document.activeElement?.closest("#rows");
  await route();
  // Who has opened a trace goes on in it.
  if (byKey && location.hash.startsWith("#trace/")) byId("trace").querySelector(".row[aria-expanded]")?.focus({ preventScroll: true });
});
document.addEventListener("visibilitychange", look);
figures.start();
await Promise.all([list.start(), route()]);
document.documentElement.dataset.ready = Math.round(performance.now());
live();
