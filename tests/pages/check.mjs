// Opens each page of a folder in Chromium, wide and narrow, light and dark: no error, no request, no finding of axe-core,
// nothing wider than the screen, and it prints. `check.mjs FOLDER [PICTURES]` also keeps pictures.
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

// Where .ci/run puts what npm has.
const require = createRequire(resolve("target/node/package.json"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const [folder, pictures] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
const faults = [];
for (const name of readdirSync(folder).filter((name) => name.endsWith(".html")).sort()) {
  for (const width of [1280, 400]) {
    for (const colorScheme of ["light", "dark"]) {
      const where = `${name}, ${width} pixels, ${colorScheme}`;
      // The page's own policy keeps axe-core out, too.
      const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, bypassCSP: true });
      const page = await context.newPage();
      const address = "file://" + resolve(folder, name);
      page.on("console", (message) => message.type() === "error" && faults.push(`${where}: ${message.text()}`));
      page.on("pageerror", (error) => faults.push(`${where}: ${error}`));
      page.on("request", (request) => request.url() !== address && faults.push(`${where}: asks for ${request.url()}`));
      await page.goto(address);
      for (const summary of await page.locator("details > summary").all()) await summary.evaluate((e) => (e.parentElement.open = true));
      await page.evaluate(axe);
      const found = await page.evaluate(() => window.axe.run());
      for (const { id, help, nodes } of found.violations) faults.push(`${where}: ${id}: ${help}: ${nodes[0].html}`);
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      if (wider > 0) faults.push(`${where}: ${wider} pixels wider than the screen`);
      const printed = await page.pdf({ format: "A4" });
      if (!printed.subarray(0, 5).equals(Buffer.from("%PDF-"))) faults.push(`${where}: does not print`);
      if (pictures) await page.screenshot({ path: join(pictures, `${name}-${width}-${colorScheme}.png`), fullPage: true });
      await context.close();
    }
  }
}
// Under its own policy, once each: the style and the script are let in.
for (const name of readdirSync(folder).filter((name) => name.endsWith(".html")).sort()) {
  const page = await browser.newPage();
  page.on("console", (message) => message.type() === "error" && faults.push(`${name}: ${message.text()}`));
  await page.goto("file://" + resolve(folder, name));
  await page.close();
}
await browser.close();
for (const fault of faults) console.error(fault);
console.log(`${faults.length} faults`);
process.exitCode = faults.length > 0 ? 1 : 0;
