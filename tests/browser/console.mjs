// Drives the console in a real browser: `node console.mjs --console URL [--api URL --token TOKEN] [--tenant NAME] [--screenshots DIR] [--only JOURNEY] [--pictures DIR]`.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Api } from "./api.mjs";
import { check, conclude, expect, launch, open } from "./harness.mjs";
import { JOURNEYS } from "./journeys/all.mjs";
import { accessible, fits, magnified, whole } from "./looks.mjs";
import { pictures } from "./pictures.mjs";
import { SCREENS } from "./screens.mjs";
import { secret, told } from "./secrets.mjs";

const { values } = parseArgs({
  options: {
    console: { type: "string" }, api: { type: "string" }, token: { type: "string" },
    tenant: { type: "string", default: "release-demo" }, screenshots: { type: "string", default: "screenshots" },
    only: { type: "string" }, pictures: { type: "string" },
  },
});
if (!values.console) {
  console.error("usage: node console.mjs --console URL [--api URL --token TOKEN] [--tenant NAME] [--screenshots DIR]");
  process.exit(64);
}
const origin = new URL(values.console).origin;
const api = values.api && values.token ? new Api(new URL(values.api).origin, values.token) : null;
const list = `${origin}/t/${values.tenant}/traces`;
mkdirSync(values.screenshots, { recursive: true });

secret(values.token, "the administrator's token");

const { browser, close } = await launch();
const live = (page) => page.waitForSelector("#app[data-live=open]");
const rows = (page) => page.locator("#traces tbody tr");
const shoot = (page, name) => page.screenshot({ path: join(values.screenshots, `${name}.png`), fullPage: true });

async function signIn(page, next, token = values.token) {
  await page.goto(`${origin}/sign-in?next=${encodeURIComponent(next)}`);
  await page.getByLabel("API token").fill(token);
  await page.locator("form:has(#token) button").click();
  await page.waitForURL(`${origin}${next}`);
}

if (values.pictures) {
  await pictures({ browser, origin, values, signIn, live, open, check });
  await close();
  process.exit(conclude());
}

// ---- with scripts

const window1 = await open(browser, origin);
const { page } = window1;
const anonymous = await fetch(list, { redirect: "manual" });
const development = anonymous.status === 200;

if (api) {
  await check("a wrong token is refused in words, the right one opens the list", async () => {
    await page.goto(`${origin}/sign-in`);
    await shoot(page, "sign-in");
    await accessible(page);
    await page.getByLabel("API token").fill("dg_000000000000_wrong");
    await page.locator("form:has(#token) button").click();
    await page.getByText("does not know this token").waitFor();
    await signIn(page, `/t/${values.tenant}/traces`);
    await live(page);
    expect(!(await page.content()).includes(values.token), "the token to be nowhere in the page");
    const cookies = await window1.context.cookies();
    expect(cookies.every((cookie) => cookie.httpOnly && cookie.sameSite === "Strict"), "cookies that scripts and other sites cannot use");
    window1.complaints.length = 0; // the refusal's own status is told by the browser as an error
  });
} else {
  expect(development, "a console in development, or --api and --token");
}

await check("the start page leads to what waits", async () => {
  await page.goto(origin);
  await page.waitForURL(/\/t\/[^/]+$/);
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  await live(page);
});

await check("the list shows traces and goes live", async () => {
  await page.goto(list);
  expect(await rows(page).count() >= 3, "at least three traces in the first paint");
  await live(page);
  expect(await rows(page).count() >= 3, "at least three traces in the live page");
  expect((await page.locator("#freshness").innerText()).startsWith("live"), "a page that says it is live");
  expect(await page.locator("h1").count() === 1 && await page.locator("main").count() === 1, "one h1 and one main");
  expect(await page.title() === `Traces of ${values.tenant} · DecisionGraph`, "a title for the page");
  await shoot(page, "list");
  await accessible(page);
});

await check("filters are in the address, and back goes back", async () => {
  const all = await rows(page).count();
  await page.getByLabel("Status").selectOption("open");
  await page.getByRole("button", { name: "Filter" }).click();
  await page.waitForURL(/status=open$/);
  await page.waitForFunction((before) => document.querySelectorAll("#traces tbody tr").length < before, all);
  for (const chip of await page.locator("#traces tbody .chip").allInnerTexts()) expect(chip.includes("open"), `only open traces, got ${chip}`);
  await page.goBack();
  await page.waitForFunction((before) => document.querySelectorAll("#traces tbody tr").length === before, all);
  expect(await page.getByLabel("Status").inputValue() === "", "the filter to be gone");
  await page.goto(`${list}?workflow=no_such_workflow&outcome=success`);
  await page.getByText("No trace fits.").waitFor();
  await shoot(page, "list-empty");
  await live(page);
  await page.getByRole("link", { name: "Clear filters" }).first().click();
  await page.waitForFunction((before) => document.querySelectorAll("#traces tbody tr").length === before, all);
});

await check("a trace tells what happened", async () => {
  const row = rows(page).filter({ has: page.locator(".chip.good") }).first();
  const count = Number((await row.locator("td.number").innerText()).replaceAll(",", ""));
  const title = await row.locator("a").innerText();
  await row.locator("a").click();
  await page.waitForSelector("#timeline");
  expect(await page.locator("h1").innerText() === title, "the trace's title on top");
  expect(await page.locator("#timeline > li").count() === count, `${count} events`);
  expect(Number(await page.locator("#event-count").innerText()) === count, "the true count in the summary");
  const types = await page.locator("#timeline .event-type").allInnerTexts();
  expect(types[0] === "TraceStarted" && types.at(-1) === "TraceFinished", `a whole story, got ${types}`);
  expect(await page.evaluate(() => document.activeElement?.id) === "main", "focus to move to the new page");
  await page.locator("#timeline details").nth(1).locator("summary").click();
  expect((await page.locator("#timeline details[open] pre").innerText()).includes("{"), "a payload");
  await shoot(page, "trace");
  await accessible(page);
});

await check("a lost line is taken up again where it was", async () => {
  await page.evaluate(() => window.__sockets.at(-1).close());
  await page.waitForSelector("#app[data-live=closed]");
  await live(page);
  expect(await page.locator("#timeline details[open]").count() === 1, "what was open to be open still");
  await page.getByRole("link", { name: "Traces", exact: true }).first().click();
  await rows(page).first().waitFor();
});

await check("links work while there is no line", async () => {
  const page = await window1.context.newPage();
  await page.routeWebSocket(/\/live/, (socket) => socket.close({ code: 4503 }));
  await page.goto(list);
  await page.waitForSelector("#app[data-live=closed]");
  await rows(page).first().locator("a").click();
  await page.waitForSelector("#timeline");
  await page.close();
});

await check("what does not exist is not found", async () => {
  const answer = await page.goto(`${list}/no-such-trace`);
  expect(answer.status() === 404, `404, got ${answer.status()}`);
  await page.getByRole("heading", { name: "Not found" }).waitFor();
  window1.complaints.length = 0; // the browser tells the status as an error
});

await check("the keyboard reaches the content first", async () => {
  await page.goto(list);
  await page.keyboard.press("Tab");
  expect(await page.evaluate(() => document.activeElement.textContent) === "Skip to content", "the skip link first");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  expect(await page.evaluate(() => document.activeElement.id) === "q", "the first control of the page next");
});

if (api) {
  const tenant = await api.tenant().catch(() => values.tenant);
  const own = `${origin}/t/${tenant}/traces`;
  const name = `browser-${Date.now()}`;
  const second = await open(browser, origin);
  const watched = second.page;

  await check("a new trace appears by itself", async () => {
    await signIn(watched, `/t/${tenant}/traces`);
    await live(watched);
    await api.start(tenant, `${name}-a`, "A decision that was just opened");
    await watched.getByRole("link", { name: "A decision that was just opened" }).waitFor();
  });

  await check("nothing moves under the pointer", async () => {
    await rows(watched).first().hover();
    await api.start(tenant, `${name}-b`, "Another decision");
    const button = watched.getByRole("button", { name: "Show 1 new trace" });
    await button.waitFor();
    expect(await watched.getByText("Another decision").count() === 0, "the new row to wait");
    await shoot(watched, "list-waiting");
    await button.click();
    await watched.getByRole("link", { name: "Another decision" }).waitFor();
  });

  await check("typing survives an update", async () => {
    await watched.getByLabel("Workflow").click();
    await watched.keyboard.type("bro");
    await api.read(tenant, `${name}-a`, "order-1");
    await watched.waitForFunction((trace) => document.querySelector(`[data-trace="${trace}"] td.number`)?.textContent === "2", `${name}-a`);
    await watched.keyboard.type("wser");
    expect(await watched.getByLabel("Workflow").inputValue() === "browser", "what was typed");
  });

  await check("an appended event shows on the open trace", async () => {
    await watched.goto(`${own}/${name}-a`);
    await live(watched);
    await watched.locator("#payload-0 summary").click();
    const before = await watched.locator("#timeline > li").count();
    const began = Date.now();
    await api.read(tenant, `${name}-a`, "order-live");
    await watched.locator("#timeline").getByText("order-live", { exact: true }).first().waitFor();
    console.log(`     shown ${Date.now() - began} ms after the append began`);
    expect(await watched.locator("#timeline > li").count() === before + 1, "one more event");
    expect(await watched.locator("#payload-0[open]").count() === 1, "the open payload to stay open");
    await watched.waitForFunction((count) => document.getElementById("event-count").textContent === String(count), before + 1);
    await shoot(watched, "trace-live");
  });

  await check("signing out ends the other open pages too", async () => {
    const other = await second.context.newPage();
    await other.goto(own);
    await live(other);
    await other.locator("#account summary").click();
    await other.getByRole("button", { name: "Sign out" }).click();
    await other.waitForURL(/\/sign-in/);
    if (!development) await watched.waitForURL(/\/sign-in/);
    else await watched.getByText("Development reader").first().waitFor();
  });

  await check("no complaint of the browser while watching", async () => {
    expect(second.complaints.length === 0, `no complaint, got ${second.complaints.join(" | ")}`);
  });
  await second.context.close();
}

await check("no complaint of the browser", async () => {
  expect(window1.complaints.length === 0, `no complaint, got ${window1.complaints.join(" | ")}`);
});

// ---- journeys

if (api) {
  const world = { browser, origin, api, values, development, signIn, live, accessible, fits, shoot, open, check, expect };
  for (const journey of JOURNEYS.filter((one) => !values.only || one.name === values.only)) await check(`the journey ${journey.name}`, () => journey(world));
}

// ---- other eyes: every screen in both themes, at 200 % and on a narrow window

for (const [name, options] of [["light", {}], ["dark", { colorScheme: "dark" }], ["narrow", { viewport: { width: 320, height: 720 } }]]) {
  if (values.only && values.only !== "screens") break;
  const { context, page, complaints } = await open(browser, origin, options);
  if (api) await signIn(page, `/t/${values.tenant}/traces`);
  for (const screen of SCREENS) {
    await check(`${screen.name} fits ${name} eyes`, async () => {
      await page.goto(`${origin}/t/${values.tenant}${screen.path}`);
      await page.waitForSelector(screen.shows);
      await live(page);
      await shoot(page, `${screen.name}-${name}`);
      expect(await page.locator("h1").count() === 1, "one h1");
      await fits(page);
      await accessible(page);
      if (name === "light") await magnified(page, async () => {
        await shoot(page, `${screen.name}-200`);
        await fits(page);
        await whole(page);
        await accessible(page);
      });
      expect(complaints.length === 0, `no complaint, got ${complaints.splice(0).join(" | ")}`);
    });
  }
  await context.close();
}

// ---- without scripts

await check("everything but liveness works without scripts", async () => {
  const { context, page } = await open(browser, origin, { javaScriptEnabled: false });
  if (api) await signIn(page, `/t/${values.tenant}/traces`);
  else await page.goto(list);
  const all = await rows(page).count();
  expect(all >= 3, "at least three traces");
  await page.getByLabel("Status").selectOption("open");
  await page.getByRole("button", { name: "Filter" }).click();
  await page.waitForURL(/status=open/);
  expect(await rows(page).count() < all, "fewer traces");
  await page.getByRole("link", { name: "Clear filters" }).click();
  await rows(page).first().locator("a").click();
  expect(await page.locator("#timeline > li").count() > 0, "a timeline");
  await page.locator("#timeline summary").first().click();
  await page.locator("#timeline details[open] pre").first().waitFor();
  await page.locator("#tenants summary").click();
  await page.locator("#tenants a").first().click();
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  if (api) {
    await page.locator("#account summary").click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.waitForURL(/\/sign-in/);
  }
  await context.close();
});

// ---- what nobody may be shown

if (api) {
  await check("no answer and no frame tells a token, a password, a session or a hash of one", async () => {
    const { places, secrets, answers, lost } = await told();
    console.log(`     ${secrets} secrets, ${answers} answers and frames, ${lost} that the browser had dropped before they were read`);
    expect(places.length === 0, `no secret, got one in ${[...new Set(places)].slice(0, 10).join(" | ")}`);
    expect(lost * 10 < answers, `nearly every answer to be read, got ${lost} lost of ${answers}`);
  });
}

await close();
process.exit(conclude());
