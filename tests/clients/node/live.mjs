// Looks at a collector's page as a person does, in a real browser, and tells what it saw as one line of JSON.
//
// usage: node live.mjs HOME URL BODY SCREENSHOT
//
// HOME holds node_modules. BODY is OTLP JSON of one more trace, sent while the page is open.
import { createRequire } from "node:module";
import { join } from "node:path";

const [home, url, body, screenshot] = process.argv.slice(2);
const { chromium } = createRequire(join(home, "package.json"))("playwright-core");

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});
const seen = { errors: [], foreign: [] };
try {
  const page = await browser.newPage({ viewport: { width: 1100, height: 700 } });
  page.on("pageerror", error => seen.errors.push(String(error)));
  page.on("console", message => { if (message.type() === "error") seen.errors.push(message.text()); });
  page.on("request", request => { if (!request.url().startsWith(url)) seen.foreign.push(request.url()); });
  await page.goto(url);
  const rows = page.locator("#traces tr");
  await rows.first().waitFor();
  seen.before = await rows.count();
  const headers = { "content-type": "application/json" };
  await fetch(new URL("/v1/traces", url), { method: "POST", headers, body });
  await rows.nth(seen.before).waitFor();
  seen.after = await rows.count();
  await rows.last().getByRole("button").click();
  await page.locator("#title", { hasText: "abc0" }).waitFor();
  await page.locator("#waterfall svg rect title", { hasText: "first text at 400 ms" }).first().waitFor({ state: "attached" });
  seen.bars = await page.locator("#waterfall svg text.failed").allTextContents();
  seen.ticks = await page.locator("#waterfall svg rect > title").allTextContents();
  seen.latency = await page.locator("#latency tr").first().textContent();
  seen.counts = await page.locator("#counts").textContent();
  await page.screenshot({ path: screenshot });
} finally {
  await browser.close();
}
console.log(JSON.stringify(seen));
