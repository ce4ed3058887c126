// What others wrote is text, wherever it is shown: two hundred payloads in every field that can be written, on every screen, with scripts and
// without, through every query parameter, in every file that is saved, and in what comes while a page is open.

import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fill } from "../corpus/fill.mjs";
import { inspect } from "../inspect.mjs";
import { SCREENS } from "../screens.mjs";

const CORPUS = JSON.parse(readFileSync(new URL("../corpus/injection.json", import.meta.url), "utf8"));
/** What breaks out of most places at once. */
const BREAKOUT = `"'\`>--></title></textarea></script><x-dg-injected onclick=window.__dg_injected=1><svg onload=window.__dg_injected=1>`;
const FILES = ["graph.svg", "graph.json", "trace.ndjson", "case.ndjson", "case.html"];

/** Every query parameter that the console reads, as its source says. */
function parameters() {
  const source = new URL("../../../bins/dg-consoled/src/", import.meta.url);
  const files = readdirSync(source, { recursive: true }).filter((name) => name.endsWith(".rs"));
  const names = files.flatMap((name) => [...readFileSync(new URL(name, source), "utf8").matchAll(/_of\(&?query, "(\w+)"/g)].map((found) => found[1]));
  return [...new Set([...names, "said"])];
}

export default async function injection({ browser, origin, api, signIn, live, open, check, expect }) {
  const tenant = await api.tenant();
  const at = (path) => `${origin}/t/${tenant}${path}`;
  await fill(api, tenant, CORPUS);
  const { context, page, complaints } = await open(browser, origin);
  context.on("page", (one) => one.on("dialog", (dialog) => { complaints.push(`dialog ${dialog.message()}`); return dialog.dismiss(); }));
  page.on("dialog", (dialog) => { complaints.push(`dialog ${dialog.message()}`); return dialog.dismiss(); });
  await signIn(page, `/t/${tenant}/traces`);

  /** Nothing but text, and the browser has nothing to say; that something is not there or is refused is an answer too. */
  const clean = async (where, eyes = page, said = complaints) => {
    const wrong = await eyes.evaluate(inspect, {});
    const other = said.splice(0).filter((text) => !/status of (400|403|404|422)/.test(text));
    expect(wrong.length === 0 && other.length === 0, `nothing but text at ${where}, got ${[...wrong, ...other].join(" | ")}`);
  };
  /** Reads addresses without drawing them; what they answer is parsed as a browser would. */
  const read = (paths, options = {}) => page.evaluate(async ([paths, options, source]) => {
    const inspect = new Function(`return ${source}`)();
    const wrong = [];
    const each = async (path) => {
      const answer = await fetch(path);
      if (answer.status >= 500) wrong.push(`${path}: ${answer.status}`);
      for (const one of inspect({ text: await answer.text(), ...options })) wrong.push(`${path}: ${one}`);
    };
    const rest = [...paths];
    await Promise.all([1, 2, 3, 4].map(async () => { while (rest.length > 0) await each(rest.pop()); }));
    return wrong;
  }, [paths, options, inspect.toString()]);

  await check("every screen shows what others wrote as text, with scripts", async () => {
    for (const { name, path, shows } of SCREENS) {
      await page.goto(at(path));
      await page.waitForSelector(shows);
      await live(page);
      await clean(name);
    }
  });

  await check("all two hundred titles are read as they were written", async () => {
    for (const [path, titles] of [["/traces", "#traces tbody a"], ["/inbox", "#inbox tbody a"]]) {
      const seen = new Set();
      await page.goto(at(path));
      for (let pages = 0; pages < 20; pages += 1) {
        await page.waitForSelector(titles);
        for (const text of await page.locator(titles).allTextContents()) seen.add(text);
        await clean(page.url());
        const next = page.locator("a[rel=next]");
        if (await next.count() === 0) break;
        await page.goto(new URL(await next.first().getAttribute("href"), origin).href);
      }
      const missing = CORPUS.filter((text) => !seen.has(text));
      expect(missing.length === 0, `every title at ${path}, missing ${missing.length}: ${JSON.stringify(missing.slice(0, 3))}`);
    }
  });

  await check("what comes while a page is open is text", async () => {
    const log = await context.newPage();
    await log.goto(at("/events"));
    await live(log);
    await page.goto(at("/traces/live-words"));
    await live(page);
    for (let first = 0; first < CORPUS.length; first += 50) await fill.more(api, tenant, "live-words", CORPUS.slice(first, first + 50), `more-${first}`);
    for (const eyes of [page, log]) {
      await eyes.getByText("more-150-last").first().waitFor();
      await clean(eyes.url(), eyes);
    }
    await log.close();
  });

  await check("every payload's own trace and review is text", async () => {
    const own = CORPUS.flatMap((_, nth) => [`/traces/words-${nth}?tab=${["policy", "graph", "precedents", "review", "raw"][nth % 5]}`, `/reviews/words-${nth}:exception:x?do=${nth % 2 ? "approve" : "reassign"}`]);
    const wrong = await read(own.map(at));
    expect(wrong.length === 0, `nothing but text, got ${wrong.slice(0, 5).join(" | ")}`);
  });

  await check("query parameters are text too", async () => {
    const names = parameters();
    expect(names.length > 40, `the parameters in the source, got ${names}`);
    const screens = [...new Set(SCREENS.map(({ path }) => path.split("?")[0])), "/../../sign-in", "/no-such-screen"];
    let nth = 0;
    const paths = screens.flatMap((path, screen) => {
      // A few at once, and others together on the next screen: one that is refused must not hide the others everywhere.
      const turned = [...names.slice(screen % names.length), ...names.slice(0, screen % names.length)];
      const groups = [];
      for (let first = 0; first < turned.length; first += 5) groups.push(turned.slice(first, first + 5));
      return groups.map((group) => `${path}?${group.map((name) => `${name}=${encodeURIComponent(`${BREAKOUT} ${CORPUS[(nth += 1) % CORPUS.length]}`)}`).join("&")}`);
    });
    const wrong = await read(paths.map(at));
    expect(wrong.length === 0, `nothing but text, got ${wrong.slice(0, 5).join(" | ")}`);
    for (const { path } of SCREENS) {
      await page.goto(at(`${path}${path.includes("?") ? "&" : "?"}q=${encodeURIComponent(BREAKOUT)}&said=${encodeURIComponent(BREAKOUT)}&do=${encodeURIComponent(BREAKOUT)}`));
      await live(page);
      await clean(page.url());
    }
    console.log(`     ${paths.length} addresses`);
  });

  await check("files that are saved hold it as text", async () => {
    const directory = mkdtempSync(join(tmpdir(), "dg-files-"));
    const eyes = await open(browser, "file:");
    eyes.page.on("dialog", (dialog) => { eyes.complaints.push(`dialog ${dialog.message()}`); return dialog.dismiss(); });
    try {
      for (const name of FILES) {
        const asked = name.startsWith("case") ? "workflow_id=trace-live-renewal-002:exception:ex-live-renewal-002" : `trace_id=trace-precedent-renewal-001&node=trace:trace-precedent-renewal-001&nodes=500`;
        const answer = await context.request.get(at(`/${name}?${asked}`));
        const text = await answer.text();
        expect(answer.ok() && answer.headers()["content-disposition"]?.startsWith("attachment"), `${name} to be saved and not shown, got ${answer.status()}`);
        if (/json$/.test(name)) {
          const lines = name.endsWith(".json") ? [text] : text.trimEnd().split("\n");
          expect(lines.every((line) => JSON.parse(line)), `${name} to be JSON`);
        } else {
          const kind = name.endsWith(".svg") ? "image/svg+xml" : "text/html";
          const wrong = await page.evaluate(inspect, { text, kind, file: true });
          expect(wrong.length === 0, `nothing but text in ${name}, got ${wrong.join(" | ")}`);
          expect(text.includes("x-dg-injected"), `${name} to hold what was written`);
          const file = join(directory, name);
          writeFileSync(file, text);
          await eyes.page.goto(`file://${file}`);
          const ran = await eyes.page.evaluate(() => window.__dg_injected);
          expect(ran === undefined && eyes.complaints.length === 0, `${name} to be quiet when opened, got ${eyes.complaints.join(" | ")}`);
        }
      }
    } finally {
      rmSync(directory, { recursive: true, force: true });
      await eyes.context.close();
    }
  });
  await context.close();

  await check("every screen shows what others wrote as text, without scripts", async () => {
    const plain = await open(browser, origin, { javaScriptEnabled: false });
    await signIn(plain.page, `/t/${tenant}/traces`);
    for (const { name, path, shows } of SCREENS) {
      // What takes longer than the first paint waits for is not there yet, and without scripts nothing brings it.
      for (const end = Date.now() + 30000; ;) {
        await plain.page.goto(at(path));
        await clean(name, plain.page, plain.complaints);
        if (await plain.page.locator(shows).count() > 0) break;
        expect(Date.now() < end, `${name} to show ${shows}`);
      }
    }
    await plain.context.close();
  });

  // Last, or it would have hidden that nothing was looked at: a page with a payload in it is told.
  await check("a page that is not clean would be told", async () => {
    const eyes = await browser.newPage();
    for (const text of ["<x-dg-injected>", "<p onclick=x>", "<a href=javascript:x>", "<img src=x>", "<p x-dg-injected=1>", "<!-- dg -->", "<script>x</script>", "<base href=//x>"]) {
      expect((await eyes.evaluate(inspect, { text })).length > 0, `${text} to be told`);
    }
    await eyes.close();
  });
}
