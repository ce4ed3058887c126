// What every page has to hold for the eyes and hands that it may meet.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect } from "./harness.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** No rule of WCAG 2.2 AA is broken, as far as axe can tell. */
export async function accessible(page) {
  // What the bar on top covers while the page is scrolled is not small.
  await page.evaluate(() => scrollTo(0, 0));
  await page.evaluate(axe);
  const found = await page.evaluate(() => axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
  const told = found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => `${node.target} ${node.failureSummary}`).join(" | ")}`);
  expect(told.length === 0, `no accessibility violation, got ${told.join("\n")}`);
}

/** The page does not scroll sideways. */
export async function fits(page) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(over <= 0, `no sideways scrolling, got ${over} px`);
}

/** What a browser's zoom of 200 % makes of a window of 1280 × 800. */
export async function magnified(page, look) {
  const session = await page.context().newCDPSession(page);
  const { width, height } = page.viewportSize();
  try {
    await session.send("Emulation.setDeviceMetricsOverride", { width: 640, height: 400, deviceScaleFactor: 2, mobile: false });
    await look();
  } finally {
    await session.send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: false });
    await session.detach();
  }
}

/** No heading and no control is wider than the room it has, as far as it is to be seen. */
export async function whole(page) {
  const cut = await page.evaluate(() => [...document.querySelectorAll("h1, h2, h3, legend, label, summary, button, .button, .chip, nav a, dt, th")]
    .filter((one) => one.clientWidth > 1 && one.scrollWidth > one.clientWidth + 1)
    .filter((one) => getComputedStyle(one.closest("thead") ?? one).clipPath === "none")
    .map((one) => `${one.localName}.${one.className} "${one.textContent.trim().slice(0, 40)}" ${one.scrollWidth} > ${one.clientWidth}`));
  expect(cut.length === 0, `no text to be cut, got ${cut.join(" | ")}`);
}
