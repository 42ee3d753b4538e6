// Pieces of the page: elements, figures as people read them, rows that change in place.

/** An element with attributes and children; text is always text, never markup. */
export function element(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

/** The same in SVG. */
export function drawn(name, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

function fill(node, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "onclick") node.addEventListener("click", value);
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.filter(child => child !== null && child !== undefined));
  return node;
}

export const byId = id => document.getElementById(id);

/** Writes a text where it differs: what is marked or read out stays as it is. */
export function put(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Makes the children of `parent` those of `items`, by key: what is there stays and is brought up to date, nothing moves that need not. */
export function keyed(parent, items, key, make, update) {
  const known = new Map([...parent.children].map(child => [child.dataset.key, child]));
  const wanted = new Set(items.map(item => String(key(item))));
  for (const [name, child] of known) if (!wanted.has(name)) child.remove();
  let at = parent.firstElementChild;
  for (const item of items) {
    const name = String(key(item));
    let child = known.get(name);
    if (!child) {
      child = make(item);
      child.dataset.key = name;
      parent.insertBefore(child, at);
    } else if (child === at) at = at.nextElementSibling;
    else parent.insertBefore(child, at);
    update(child, item);
  }
}

/** Seconds with three digits or so and a unit, as the command line says them. */
export function duration(seconds) {
  if (!Number.isFinite(seconds) || seconds <= 0) return "0 s";
  const [value, unit] = seconds < 999.5e-6 ? [seconds * 1e6, "µs"] : seconds < 0.9995 ? [seconds * 1e3, "ms"] : [seconds, "s"];
  return value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0) + " " + unit;
}

/** The same for a mark on an axis: no zeros that say nothing. */
export function mark(seconds) {
  const [value, unit] = duration(seconds).split(" ");
  return (value.includes(".") ? value.replace(/\.?0+$/, "") : value) + " " + unit;
}

export const whole = number => number.toLocaleString("en");
export const several = (number, noun) => whole(number) + " " + noun + (number === 1 ? "" : "s");

/** A moment (nanoseconds since 1970) as the reader's clock shows it; the day only where it is not today. */
export function moment(nanos) {
  const at = new Date(Number(nanos) / 1e6), time = at.toLocaleTimeString([], { hour12: false });
  return at.toDateString() === new Date().toDateString() ? time : at.toLocaleDateString() + " " + time;
}

/** Round places on a line from 0 to `most`. */
export function rounds(most) {
  if (!(most > 0)) return [0];
  const rough = most / 5, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map(times => times * power).find(step => step >= rough);
  return Array.from({ length: Math.floor(most / step * 1.0001) + 1 }, (_, count) => count * step);
}

export const percent = share => Math.min(100, Math.max(0, share * 100)).toFixed(3) + "%";

/** Asks this collector. */
export async function ask(path, parameters = {}, signal) {
  const given = Object.entries(parameters).filter(([, value]) => value !== "" && value !== null && value !== undefined && value !== false);
  const query = new URLSearchParams(given).toString();
  const answer = await fetch("/api/" + path + (query && "?" + query), { signal });
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.message || answer.statusText);
  return said;
}

/** Whether somebody has marked something in it: then they are reading it. */
export function isRead(node) {
  const selection = getSelection();
  return selection && !selection.isCollapsed && node.contains(selection.anchorNode);
}

/** Up, down, home and end move between the things to press in a list. */
export function arrows(list, pick) {
  list.addEventListener("keydown", event => {
    const all = [...list.querySelectorAll(pick)], at = all.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined || event.ctrlKey || event.altKey || event.metaKey || !all.length) return;
    event.preventDefault();
    all[Math.min(all.length - 1, Math.max(0, to))].focus();
  });
}
