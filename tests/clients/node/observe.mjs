// Uses the collector's live page as a person does, in a real browser, and tells what it saw as one line of JSON.
//
// usage: node observe.mjs HOME URL SCREENSHOTS [BODY]
//
// HOME holds node_modules. SCREENSHOTS is the beginning of their paths. BODY is a file with OTLP JSON that holds one new trace; it
// is sent while somebody reads. Without it, the page is only measured.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const [home, url, screenshots, body] = process.argv.slice(2);
const { chromium } = createRequire(join(home, "package.json"))("playwright-core");

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});
const seen = { errors: [], elsewhere: [] };
const page = await browser.newPage({ viewport: { width: 1280, height: 860 }, colorScheme: "light" });
page.on("pageerror", error => seen.errors.push(String(error)));
page.on("console", message => { if (message.type() === "error") seen.errors.push(message.text()); });
page.on("request", request => { if (!request.url().startsWith(url) && !request.url().startsWith("data:")) seen.elsewhere.push(request.url()); });

const focused = () => page.evaluate(() => document.activeElement.closest("li")?.textContent || document.activeElement.id);
const cells = id => page.locator("#" + id + " tr").evaluateAll(rows => rows.map(row => [...row.children].map(cell => [...cell.childNodes].map(node => node.textContent).filter(Boolean).join(" "))));
const facts = id => page.locator("#" + id + " > div").evaluateAll(pairs => Object.fromEntries(pairs.map(pair => [pair.firstChild.textContent, pair.lastChild.textContent])));
const rows = page.locator("#rows a");

/** How long it takes until `act` has made the page so. */
async function timed(act, so, given) {
  const began = performance.now();
  await act();
  await page.waitForFunction(so, given);
  return Math.round(performance.now() - began);
}

async function figures() {
  seen.latency = await cells("latency");
  seen.tools = await cells("tools");
  seen.tokens = await cells("tokens");
  seen.trouble = await facts("trouble");
  seen.counts = await facts("counts");
  seen.matching = await page.locator("#matching").textContent();
}

async function pictures(name) {
  for (const scheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.screenshot({ path: screenshots + name + "-" + scheme + ".png" });
  }
  await page.emulateMedia({ colorScheme: "light" });
}

/** By keys alone: filter, open a trace, open a span, go back. */
async function keys() {
  await page.keyboard.press("/");
  seen.filterHasFocus = await focused();
  await page.keyboard.type("INVOKE_agent FAULT");
  await page.waitForFunction(() => [...document.querySelectorAll("#rows .name")].every(name => name.textContent === "invoke_agent faultline"));
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowUp");
  seen.row = await focused();
  await page.keyboard.press("Enter");
  await page.locator("#trace .row[aria-expanded]").first().waitFor();
  await page.waitForFunction(() => document.activeElement.matches(".row[aria-expanded]"));
  seen.waterfall = await page.locator("#trace .spans .row").evaluateAll(all => all.map(row => [row.querySelector(".name").textContent, row.querySelectorAll("line.frame").length, [...row.querySelectorAll("use")].map(use => use.getAttribute("href")), row.querySelector("svg").getAttribute("aria-label")]));
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.locator(".more-of table").first().waitFor();
  seen.attributes = await page.locator(".more-of table").first().locator("tr").evaluateAll(all => all.map(row => [row.children[0].textContent, row.children[1].textContent]));
  seen.stream = await page.locator(".more-of > svg").getAttribute("aria-label");
  await pictures("trace");
}

/** Somebody reads, and more comes: nothing moves. */
async function reading() {
  await page.keyboard.press("Escape");
  await page.locator("#text").fill("");
  await page.waitForFunction(all => document.querySelector("#matching").textContent === all, seen.matching);
  await rows.first().focus();
  const [before, open] = [await rows.allTextContents(), await page.locator("#trace").innerHTML()];
  const sent = await fetch(url + "v1/traces", { method: "POST", headers: { "content-type": "application/json" }, body: readFileSync(body) });
  seen.sent = sent.status;
  await page.locator("#newer-there").waitFor();
  seen.newer = await page.locator("#newer-there").textContent();
  seen.moved = JSON.stringify(before) !== JSON.stringify(await rows.allTextContents()) || open !== await page.locator("#trace").innerHTML();
  seen.stillFocused = await focused() === before[0];
  await page.locator("#newer-there").click();
  await page.waitForFunction(first => document.querySelector("#rows a").textContent !== first, before[0]);
  seen.first = await rows.first().textContent();
  // Who does not read sees it come by itself.
  await page.keyboard.press("g");
  await page.locator("#figures").waitFor();
  await page.locator("#by-conversations").click();
  await page.waitForFunction(() => document.querySelector("#rows a[href^='#conversation/']"));
  seen.conversations = await rows.locator(".name").allTextContents();
  await rows.first().click();
  await page.waitForFunction(() => document.querySelector("#rows a[href^='#trace/']"));
  seen.within = await page.locator("#matching").textContent();
}

try {
  await page.goto(url);
  await page.waitForSelector("html[data-ready]", { timeout: 60_000 });
  seen.ready = Number(await page.locator("html").getAttribute("data-ready"));
  await page.waitForFunction(() => document.querySelector("#state").className === "live" && document.querySelector("#counts dd"));
  await figures();
  await pictures("figures");
  if (body) {
    await keys();
    await reading();
  } else {
    const first = await rows.first().getAttribute("href");
    seen.older = await timed(() => page.locator("#older").click(), href => document.querySelector("#rows a").getAttribute("href") !== href, first);
    seen.nothing = await timed(() => page.locator("#text").fill("there is nothing like this"), () => !document.querySelector("#none").hidden);
    seen.found = await timed(() => page.locator("#text").fill("talk-1"), () => document.querySelector("#rows a") && document.querySelector("#none").hidden);
    seen.opened = await timed(() => rows.first().click(), () => document.querySelector("#trace .row[aria-expanded]"));
    // How long a frame takes at most while the list is scrolled.
    seen.slowest = await page.evaluate(() => new Promise(done => {
      const list = document.querySelector("#rows");
      let last = performance.now(), slowest = 0, count = 0;
      const step = now => {
        slowest = Math.max(slowest, now - last);
        last = now;
        list.scrollTop += 60;
        if (++count < 60) requestAnimationFrame(step); else done(Math.round(slowest));
      };
      requestAnimationFrame(step);
    }));
    seen.nodes = await page.evaluate(() => document.querySelectorAll("*").length);
  }
} catch (error) {
  seen.errors.push(String(error));
} finally {
  await browser.close();
}
console.log(JSON.stringify(seen));
