// Uses the agent's chat page as a person does, in a real browser, and tells what it saw as one line of JSON.
//
// usage: node page.mjs HOME URL CUTTER SCREENSHOT
//
// HOME holds node_modules. CUTTER is asked (GET) to cut the page's connection once text is on the page.
import { createRequire } from "node:module";
import { join } from "node:path";

const [home, url, cutter, screenshot] = process.argv.slice(2);
const { chromium } = createRequire(join(home, "package.json"))("playwright-core");

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});
const seen = { errors: [] };
try {
  const page = await browser.newPage({ viewport: { width: 900, height: 640 } });
  page.on("pageerror", error => seen.errors.push(String(error)));
  await page.goto(url);
  const ask = async text => { await page.getByLabel("Prompt").fill(text); await page.keyboard.press("Enter"); };
  const answers = page.locator(".answer");

  await page.evaluate(() => {
    window.statuses = new Set();
    const note = () => { const at = document.querySelector(".status"); if (at) window.statuses.add(at.textContent); };
    new MutationObserver(note).observe(document.getElementById("log"), { childList: true, subtree: true, characterData: true });
  });

  // The first words are painted while the answer goes on.
  await ask("Where are orders A-10293 and B-4410?");
  await answers.first().filter({ hasText: "Let me" }).waitFor();
  seen.painted = await answers.first().textContent();
  seen.atWork = await page.getByRole("button", { name: "Stop" }).isEnabled();
  await fetch(cutter);
  await answers.nth(1).filter({ hasText: "being packed." }).waitFor();
  await page.locator(".status").waitFor({ state: "detached" });
  seen.answers = await answers.allTextContents();
  seen.statuses = await page.evaluate(() => [...window.statuses]);
  seen.tools = await page.locator(".tool").allTextContents();
  await page.screenshot({ path: screenshot });

  // Somebody stops an answer, in a conversation of its own.
  await page.reload();
  await ask("Tell me everything.");
  await answers.first().filter({ hasText: "It begins" }).waitFor();
  await page.getByRole("button", { name: "Stop" }).click();
  await page.locator(".failed").waitFor();
  seen.stopped = await page.locator(".failed").textContent();
  seen.ready = await page.getByRole("button", { name: "Send" }).isEnabled();

  // Somebody says something else in the middle of an answer.
  await page.reload();
  await ask("Tell me everything.");
  await answers.first().filter({ hasText: "It begins" }).waitFor();
  seen.redirect = await page.locator("#send").textContent();
  await ask("Be brief.");
  await answers.nth(1).filter({ hasText: "As you wish." }).waitFor();
  seen.mine = await page.locator(".mine").allTextContents();

  // The model asks, and somebody answers with a click.
  await page.reload();
  await ask("Paint it.");
  await page.locator(".question").waitFor();
  seen.question = await page.locator(".question").textContent();
  await page.screenshot({ path: screenshot.replace(".png", "-question.png") });
  await page.getByRole("button", { name: "blue" }).click();
  await answers.last().filter({ hasText: "Done." }).waitFor();

  // The browser's own WebSocket: an order in the middle of an answer.
  seen.socket = await page.evaluate(() => new Promise((done, failed) => {
    const heard = [], socket = new WebSocket("ws://" + location.host + "/agent/socket");
    const say = message => socket.send(JSON.stringify(message));
    socket.onopen = () => say({ type: "prompt", prompt: "Tell me everything." });
    socket.onerror = () => failed(new Error("the socket failed"));
    socket.onmessage = ({ data }) => {
      const { id, event } = JSON.parse(data);
      heard.push(event.type);
      if (event.text === "It begins ") say({ type: "redirect", text: "Be brief." });
      if (event.type === "final_response") { socket.close(); done({ id, heard, text: event.text }); }
    };
  }));
} catch (error) {
  seen.errors.push(String(error));
} finally {
  await browser.close();
}
console.log(JSON.stringify(seen));
