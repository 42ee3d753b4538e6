// One trace as a waterfall: a row a span, the frames of a stream as ticks on its bar. A press on a row opens what the span says.
// What is open is never drawn anew by itself: a trace that has grown says so.
import { arrows, ask, byId, drawn, duration, element, mark, moment, percent, rounds, several, whole } from "./dom.js";

const place = byId("trace");
const MARKS = { "first event": "m-event", "first text": "m-text", retry: "m-retry", stall: "m-stall", "fault or error": "m-fault" };
let open = null;

/** Shows a trace, from one of its spans on. */
export async function show(id, from = 0) {
  open = { id, all: 0, spans: 0 };
  const said = await ask("traces/" + encodeURIComponent(id), { from: from || "" });
  if (open.id !== id) return;
  open = { id, spans: said.trace.spans, from };
  place.replaceChildren(...head(said), legend(), waterfall(said), ...parts(said));
}

/** Something was committed: perhaps to this trace. */
export async function news() {
  if (!open) return;
  const { id, spans, from } = open;
  const [trace] = (await ask("traces", { text: id, limit: 1 })).traces;
  if (!open || open.id !== id || !trace || trace.spans === spans) return;
  open.spans = trace.spans;
  const grown = place.querySelector(".grown");
  const words = "This trace has " + several(trace.spans, "span") + " now: show them";
  if (grown) grown.textContent = words;
  else place.querySelector(".legend").before(element("button", { type: "button", class: "grown", onclick: () => show(id, from) }, words));
}

export function close() {
  open = null;
}

function head({ trace, duration: seconds }) {
  const facts = [
    ["Service", trace.service], ["Began", moment(trace.started)], ["Took", duration(seconds)], ["Spans", whole(trace.spans)],
    ["Errors", trace.errors ? "✗ " + trace.errors + (trace.error ? ": " + trace.error : "") : "none"],
  ].filter(([, value]) => value);
  const list = element("dl", { class: "facts" }, ...facts.map(([name, value]) => fact(name, value, name === "Errors" && trace.errors ? "bad" : null)));
  if (trace.conversation) {
    const link = element("a", { href: "#conversation/" + encodeURIComponent(trace.conversation) }, trace.conversation);
    list.append(element("div", {}, element("dt", {}, "Conversation"), element("dd", {}, link)));
  }
  return [element("h2", {}, trace.root || "A trace whose root has not come"), element("p", { class: "id" }, trace.trace_id), list];
}

export function fact(name, value, kind) {
  return element("div", {}, element("dt", {}, name), element("dd", { class: kind }, value));
}

function legend() {
  const sample = (...inside) => drawn("svg", { width: 22, height: 14, "aria-hidden": "true" }, ...inside);
  const shape = name => sample(drawn("use", { href: "#" + name, class: name, x: 11, y: 7 }));
  const frames = sample(...[4, 9, 12, 18].map(x => drawn("line", { class: "frame", x1: x, x2: x, y1: 2, y2: 12 })));
  const silence = sample(drawn("rect", { class: "silence", width: 22, height: 14 }));
  const all = [[frames, "frame"], [shape("m-event"), "first event"], [shape("m-text"), "first text"], [silence, "longest silence"],
    [shape("m-retry"), "retry"], [shape("m-stall"), "end of a stall"], [shape("m-fault"), "fault or error"]];
  return element("ul", { class: "legend" }, ...all.map(([picture, words]) => element("li", {}, picture, words)));
}

function waterfall({ spans, duration: seconds }) {
  const axis = drawn("svg", { width: "100%", height: 16, "aria-hidden": "true" });
  rounds(seconds).forEach(at => axis.append(drawn("text", { x: percent(at / (seconds || 1)), y: 12 }, mark(at))));
  const top = element("div", { class: "head row" }, element("span", {}, "Span"), axis, element("span", { class: "took" }, "took"));
  const list = element("ol", { class: "spans" }, ...spans.map(span => row(span, seconds)));
  arrows(list, ".row");
  return element("div", {}, top, list);
}

function row(span, seconds) {
  const name = element("span", { class: span.status === 2 ? "name bad" : "name", title: span.name }, (span.status === 2 ? "✗ " : "") + span.name);
  name.style.paddingLeft = Math.min(span.depth, 16) * .9 + "rem";
  const picture = bar(span, at => percent((span.from + at) / (seconds || 1)), 20);
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", words(span));
  const button = element("button", { type: "button", class: "row", "aria-expanded": "false" }, name, picture, element("span", { class: "took" }, duration(span.duration)));
  const item = element("li", {}, button);
  button.addEventListener("click", () => toggle(item, button, span));
  return item;
}

/** What a bar shows, for who does not see it. */
function words(span) {
  const marks = span.marks.map(({ what, at }) => what + " after " + duration(at));
  const stall = span.stall ? ["longest silence " + duration(span.stall[1] - span.stall[0])] : [];
  return [span.service, "begins after " + duration(span.from), ...span.frameCount ? [several(span.frameCount, "frame")] : [], ...marks, ...stall].filter(Boolean).join(", ");
}

/** The bar of a span; `at` says where a moment of it lies. */
function bar(span, at, height) {
  const picture = drawn("svg", { width: "100%", height });
  const [from, to] = [parseFloat(at(0)), parseFloat(at(span.duration))], middle = height / 2;
  picture.append(drawn("rect", { class: span.status === 2 ? "span bad" : "span", x: from + "%", width: Math.max(to - from, .15) + "%", y: middle - 5, height: 10, rx: 1.5 }));
  if (span.stall) {
    const [start, end] = span.stall.map(when => parseFloat(at(when)));
    picture.append(drawn("rect", { class: "silence", x: start + "%", width: Math.max(end - start, 0) + "%", y: middle - 8, height: 16 }));
  }
  for (const frame of span.frames) picture.append(drawn("line", { class: "frame", x1: at(frame), x2: at(frame), y1: middle - 5, y2: middle + 5 }));
  for (const { at: when, what } of span.marks) {
    const shape = MARKS[what];
    if (shape) picture.append(drawn("use", { href: "#" + shape, class: shape, x: at(when), y: middle }));
  }
  return picture;
}

async function toggle(item, button, span) {
  const is = button.getAttribute("aria-expanded") === "true";
  button.setAttribute("aria-expanded", String(!is));
  if (is) return item.lastElementChild.remove();
  const detail = element("div", { class: "more-of" }, "…");
  item.append(detail);
  try {
    detail.replaceChildren(...details(await ask("traces/" + open.id + "/spans/" + span.spanId)));
  } catch (error) {
    detail.replaceChildren(String(error.message));
  }
}

function details(said) {
  const { span, gaps } = said;
  const facts = [["Service", span.service], ["Span", span.spanId], ["Began", moment(said.started)], ["Took", duration(span.duration)],
    ["Failed", span.status === 2 ? span.message || "yes" : ""], ["Frames", span.frameCount ? whole(span.frameCount) : ""],
    ...[["First event", said.firstEvent], ["First text", said.firstText], ["Longest stall", said.longestStall], ["Median gap", gaps?.percentiles[0].value]].map(([name, value]) => [name, Number.isFinite(value) ? duration(value) : ""])];
  const all = [element("dl", { class: "facts" }, ...facts.filter(([, value]) => value).map(([name, value]) => fact(name, value, name === "Failed" ? "bad" : null)))];
  if (span.frameCount > 1) all.push(stream(span));
  all.push(table("Attributes", said.attributes));
  if (said.events.length) {
    const rest = said.eventCount - said.events.length;
    const events = said.events.map(event => [duration(event.at), event.name + event.attributes.map(([key, value]) => "\n" + key + " = " + value).join("")]);
    all.push(table("Events" + (rest ? ", the first " + said.events.length + " of " + whole(said.eventCount) : ""), events));
  }
  return all;
}

/** The stream on a line of its own: in the waterfall its frames may lie on one another. */
function stream(span) {
  const most = Math.max(span.duration, span.frames.at(-1) || 0) || 1;
  const picture = bar({ ...span, duration: most }, at => percent(at / most), 26);
  rounds(most).forEach(at => picture.append(drawn("text", { x: percent(at / most), y: 40 }, mark(at))));
  picture.setAttribute("height", 46);
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", "The stream alone: " + words(span));
  return picture;
}

function table(title, pairs) {
  if (!pairs.length) return element("p", { class: "note" }, title + ": none");
  const rows = pairs.map(([name, value]) => element("tr", {}, element("th", { scope: "row" }, name), element("td", { class: "value" }, value)));
  return element("div", {}, element("h3", {}, title), element("table", {}, element("tbody", {}, ...rows)));
}

/** The way to more spans than one answer holds. */
function parts({ from, spans, all, trace }) {
  if (spans.length === all) return [];
  const step = (label, to, there) => element("button", { type: "button", disabled: !there, onclick: () => show(trace.trace_id, to) }, label);
  const size = 500, last = from + spans.length;
  return [element("div", { class: "pages" }, step("← Spans before", Math.max(0, from - size), from > 0),
    element("span", {}, "spans " + whole(from + 1) + "–" + whole(last) + " of " + whole(all)), step("Spans after →", last, last < all))];
}
