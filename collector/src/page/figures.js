// The figures: tables whose cells change in place, small pictures beside them. While somebody has marked something, nothing changes.
import { ask, byId, drawn, duration, element, isRead, keyed, mark, moment, percent, put, several, whole } from "./dom.js";
import { fact } from "./trace.js";

const place = byId("figures");
let order = "calls", tools = null, stale = true;

export function start() {
  for (const name of ["service", "model"]) byId(name).addEventListener("change", () => load());
  for (const button of place.querySelectorAll("[data-order]")) {
    button.addEventListener("click", () => {
      order = button.dataset.order;
      for (const other of place.querySelectorAll("[data-order]")) other.setAttribute("aria-pressed", String(other === button));
      if (tools) showTools();
    });
  }
}

/** Brings them up to date; when they are not to be seen, later. */
export async function news() {
  stale = true;
  if (!place.hidden && !isRead(place)) await load();
}

export const shown = () => stale ? load() : Promise.resolve();

async function load() {
  stale = false;
  const which = { service: byId("service").value, model: byId("model").value };
  const [latency, series, used, trouble] = await Promise.all([ask("latency", which), ask("series", { buckets: 80, ...which }), ask("tools"), ask("trouble")]);
  choices("service", latency.services);
  choices("model", latency.models);
  put(byId("calls"), several(latency.calls, "model call") + (latency.failed ? ", " + whole(latency.failed) + " failed" : ""));
  showLatency(latency.rows.filter(row => !row.name.startsWith("tool: ")));
  showSeries(series);
  tools = used;
  showTools();
  showTrouble(trouble);
  showTokens(latency.tokens);
}

function choices(id, names) {
  const select = byId(id);
  keyed(select, ["", ...names], name => "=" + name, name => element("option", { value: name }, name || "all"), () => {});
}

/** A line of time on which equal ratios are equally far apart. */
function scale(values) {
  const positive = values.filter(value => value > 0);
  const least = Math.min(...positive), most = Math.max(...positive);
  if (!positive.length) return { at: () => 0, ticks: [] };
  const [low, high] = least * 1.5 < most ? [least, most] : [least / 2, most * 2];
  const at = value => .02 + .96 * Math.log(Math.max(value, low) / low) / Math.log(high / low);
  const powers = Array.from({ length: 12 }, (_, n) => 10 ** (n - 6)).filter(tick => tick >= low && tick <= high);
  const every = Math.ceil(powers.length / 4);
  return { at, ticks: powers.filter((_, n) => n % every === 0) };
}

function axis(table, { at, ticks }) {
  table.querySelector(".axis").replaceChildren(...ticks.map(tick => drawn("text", { x: percent(at(tick)), y: 10 }, mark(tick))));
}

const cells = count => Array.from({ length: count }, () => element("td", { class: "n" }));
const plotCell = () => element("td", { class: "plot" }, drawn("svg", { width: "100%", height: 16, "aria-hidden": "true" }));

function showLatency(rows) {
  const on = scale(rows.flatMap(row => [row.least, row.most]));
  axis(place.querySelector("table.latency"), on);
  const make = row => element("tr", {}, element("th", { scope: "row" }, row.name), ...cells(6), plotCell());
  keyed(byId("latency"), rows, row => row.name, make, (line, row) => {
    const [, n, least, p50, p95, p99, most, plot] = line.children;
    put(n, whole(row.n));
    put(least, duration(row.least));
    put(most, duration(row.most));
    [p50, p95, p99].forEach((cell, number) => percentile(cell, row.percentiles[number]));
    plot.firstElementChild.replaceChildren(...picture(row, on));
  });
}

function percentile(cell, { value, low, high, enough }) {
  cell.classList.toggle("few", !enough);
  const end = at => at === null ? "…" : duration(at);
  const [above, below] = enough ? [duration(value), "[" + end(low) + ", " + end(high) + "]"] : ["n too small", ""];
  if (cell.childNodes.length !== 2) cell.replaceChildren(document.createTextNode(""), element("small"));
  if (cell.firstChild.data !== above) cell.firstChild.data = above;
  put(cell.lastChild, below);
}

/** From the least to the most; the median and what is sure of it on top. */
function picture({ least, most, percentiles }, { at, ticks }) {
  const [median] = percentiles, line = (kind, from, to) => drawn("line", { class: kind, x1: percent(at(from)), x2: percent(at(to)), y1: 8, y2: 8 });
  return [
    ...ticks.map(tick => drawn("line", { class: "grid", x1: percent(at(tick)), x2: percent(at(tick)), y1: 0, y2: 16 })),
    line("range", least, most), line("sure", median.low ?? least, median.high ?? most),
    drawn("circle", { class: median.enough ? "dot" : "dot few", cx: percent(at(median.value)), cy: 8, r: 3.5 }),
  ];
}

function showSeries(buckets) {
  const most = Math.max(1, ...buckets.map(bucket => bucket.calls)), width = 100 / Math.max(1, buckets.length), height = 90;
  const bars = buckets.flatMap((bucket, number) => {
    const tall = count => count / most * height;
    const rect = (kind, count, above) => count && drawn("rect", { class: kind, x: (number * width + width * .1).toFixed(3) + "%", width: (width * .8).toFixed(3) + "%", y: (96 - tall(count) - above).toFixed(2), height: tall(count).toFixed(2) });
    return [rect("fails", bucket.errors, 0), rect("calls", bucket.calls - bucket.errors, tall(bucket.errors))].filter(Boolean);
  });
  const sum = of => buckets.reduce((sum, bucket) => sum + bucket[of], 0);
  byId("series").replaceChildren(...bars);
  byId("series").setAttribute("aria-label", several(sum("calls"), "model call") + ", " + whole(sum("errors")) + " of them failed; at most " + whole(most) + " in one bar");
  put(byId("series-from"), buckets.length ? moment(buckets[0].from) : "");
  put(byId("series-to"), buckets.length ? "at most " + several(most, "call") + " in a bar · " + moment(buckets.at(-1).from) : "none yet");
}

function showTools() {
  const by = { calls: tool => -tool.calls, slow: tool => -tool.total.most, failed: tool => -tool.failed / tool.calls }[order];
  const rows = [...tools.tools].sort((a, b) => by(a) - by(b));
  const on = scale([...rows.flatMap(row => [row.total.least, row.total.most]), tools.slow]);
  axis(place.querySelector("table.tools"), on);
  const make = row => element("tr", {}, element("th", { scope: "row" }, row.tool, " ", element("span", { class: "slow" })), ...cells(5), plotCell());
  keyed(byId("tools"), rows, row => row.tool, make, (line, row) => {
    const [name, calls, failed, slow, p50, most, plot] = line.children;
    put(name.lastChild, row.slow ? "▲ slow" : "");
    put(calls, whole(row.calls));
    put(failed, row.failed ? whole(row.failed) + " (" + (row.failed / row.calls * 100).toFixed(0) + " %)" : "0");
    failed.classList.toggle("bad", row.failed > 0);
    put(slow, whole(row.slow));
    percentile(p50, row.total.percentiles[0]);
    put(most, duration(row.total.most));
    const x = percent(on.at(tools.slow));
    plot.firstElementChild.replaceChildren(...picture(row.total, on), drawn("line", { class: "limit", x1: x, x2: x, y1: -2, y2: 18 }));
  });
}

function showTrouble({ throttledRequests, throttledCalls, retries, waits, errors }) {
  const facts = [["Requests throttled", whole(throttledRequests)], ["Model calls throttled", whole(throttledCalls)], ["Requests sent again", whole(retries)],
    ["Waits told", whole(waits?.n ?? 0)], ["Shortest wait", waits ? duration(waits.least) : "–"], ["Longest wait", waits ? duration(waits.most) : "–"],
    ["Median wait", waits ? (waits.percentiles[0].enough ? duration(waits.percentiles[0].value) : "n too small") : "–"]];
  pairs("trouble", facts);
  const rows = Object.entries(errors).sort((a, b) => b[1] - a[1]);
  const make = ([name]) => element("tr", {}, element("th", { scope: "row" }, name), ...cells(1));
  keyed(byId("errors"), rows, ([name]) => name, make, (line, [, count]) => put(line.lastChild, whole(count)));
}

function showTokens(tokens) {
  const make = ([model]) => element("tr", {}, element("th", { scope: "row" }, model), ...cells(4));
  keyed(byId("tokens"), Object.entries(tokens), ([model]) => model, make, (line, [, usage]) => {
    [usage.input, usage.output, usage.cache_read, usage.cache_write].forEach((count, number) => put(line.children[number + 1], whole(count)));
  });
}

function pairs(id, facts) {
  keyed(byId(id), facts, ([name]) => name, ([name, value]) => fact(name, value), (pair, [, value]) => put(pair.lastChild, value));
}

/** What has become of everything that came: on top in short, and in full. */
export function counts(said) {
  const lost = [["rejected", said.rejected], ["unreadable", said.malformed], ["turned away", said.refused], ["not written", said.failed]].filter(([, count]) => count);
  const top = byId("received"), short = several(said.spans, "span") + " received";
  if (!top.firstChild) top.append("", element("b"));
  if (top.firstChild.data !== short) top.firstChild.data = short;
  put(top.lastChild, lost.map(([what, count]) => " · " + whole(count) + " " + what).join(""));
  pairs("counts", [["Spans", whole(said.spans)], ["Metric points", whole(said.points)], ["Log records", whole(said.logs)], ["Requests", whole(said.requests)],
    ["Sent twice", whole(said.duplicates)], ["Rejected", whole(said.rejected)], ["Unreadable requests", whole(said.malformed)],
    ["Turned away, no room", whole(said.refused)], ["Not written", whole(said.failed)], ["Forgotten", whole(said.forgotten)]]);
}
