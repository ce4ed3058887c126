// Checks with names, and a browser that reports everything it does not like.

import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { listen } from "./secrets.mjs";

const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync"];

const results = [];

/** Runs one check; a failed one is told at once and does not stop the others. */
export async function check(name, run) {
  const began = Date.now();
  try {
    await run();
    results.push({ name, ok: true });
    console.log(`PASS ${name} (${Date.now() - began} ms)`);
  } catch (error) {
    results.push({ name, ok: false });
    console.log(`FAIL ${name}\n     ${String(error?.stack ?? error).split("\n").slice(0, 6).join("\n     ")}`);
  }
}

/** Throws unless `holds`. */
export function expect(holds, what) {
  if (!holds) throw new Error(`expected ${what}`);
}

/** Tells the sum; the exit code of the run. */
export function conclude() {
  const failed = results.filter((result) => !result.ok);
  for (const { name } of failed) console.log(`browser: FAIL ${name}`);
  console.log(`browser: ${results.length - failed.length} checks passed, ${failed.length} failed`);
  return failed.length === 0 ? 0 : 1;
}

/** Debian's Chromium, or the one in CHROMIUM. */
export async function launch() {
  const path = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
    .find((candidate) => candidate && existsSync(candidate));
  if (!path) throw new Error("no Chromium found; set CHROMIUM");
  const profile = mkdtempSync(join(tmpdir(), "dg-browser-"));
  const browser = await chromium.launch({ executablePath: path, args: FLAGS });
  return { browser, close: async () => { await browser.close(); rmSync(profile, { recursive: true, force: true }); } };
}

/** A window whose complaints are kept: console errors, exceptions, policy violations, requests to other hosts. */
export async function open(browser, origin, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1360, height: 900 }, ...options });
  const complaints = [];
  listen(context);
  if (options.javaScriptEnabled !== false) {
    await context.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
      // Lets a check cut the line as a broken network would.
      const sockets = (window.__sockets = []);
      const Native = window.WebSocket;
      window.WebSocket = class extends Native { constructor(...all) { super(...all); sockets.push(this); } };
    });
  }
  context.on("page", (page) => {
    page.on("console", (message) => { if (message.type() === "error") complaints.push(message.text()); });
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("request", (request) => { if (!request.url().startsWith(origin)) complaints.push(`request to ${request.url()}`); });
  });
  const page = await context.newPage();
  page.setDefaultTimeout(10000);
  return { context, page, complaints };
}
