// What the console costs: pages with many traces in the tenant, many open consoles, a trace of many events. Figures are told, with what was asked
// of each, and not judged here. Small unless BUDGETS=full, which `make budgets` sets.

import { readFileSync } from "node:fs";
import { join } from "node:path";

const full = process.env.BUDGETS === "full";
const TRACES = full ? 100_000 : 300, EVENTS = full ? 10_000 : 300, CONSOLES = full ? 200 : 8, TIMES = full ? 20 : 3, QUIET_S = full ? 30 : 3;
const PER_REQUEST = 500;

const figures = [];
const figure = (name, value, unit, asked) => figures.push({ name, value: Math.round(value * 10) / 10, unit, asked });

const event = (trace, nth, type, payload) => ({
  event_id: `${trace}-${nth}`, trace_id: trace, event_type: type, occurred_at: new Date(Date.UTC(2026, 4, 4) + nth * 1000).toISOString(),
  source: { producer_id: "budgets", system: "checks", subsystem: null }, actor: { actor_type: "agent", actor_id: `agent-${trace.length % 7}` },
  correlation_id: null, causation_event_id: null, idempotency_key: `${trace}-${nth}`, schema_version: 1, tags: ["budgets"], payload,
});
const started = (trace, title) => event(trace, 0, "TraceStarted", { workflow: "refunds", title, primary_entity: { entity_type: "order", entity_id: trace, system: "shop" } });
const observed = (trace, nth) => event(trace, nth, "InputObserved", {
  input_id: `input-${nth}`, source: { system: "shop", object_type: "order", object_id: `${nth}` }, facts: [{ key: "amount", value: { type: "int", value: `${nth}` }, as_of: null }],
});
const evaluated = (trace, nth) => event(trace, nth, "PolicyEvaluated", { policy: { policy_id: `policy-${nth % 20}`, policy_version: "1" }, inputs: [], decision: "allow", violations: [] });

async function send(api, tenant, events) {
  for (let first = 0; first < events.length; first += PER_REQUEST) {
    await api.call("/events:batch?mode=atomic", tenant, { events: events.slice(first, first + PER_REQUEST) });
  }
}

async function fill(api, tenant) {
  for (let first = 0; first < TRACES; first += PER_REQUEST) {
    const traces = Array.from({ length: Math.min(PER_REQUEST, TRACES - first) }, (_, nth) => `order-${first + nth}`);
    await send(api, tenant, traces.flatMap((trace, nth) => [started(trace, `Refund of ${trace}`), evaluated(trace, 1 + (nth % 20))]));
  }
  await send(api, tenant, [started("long", "A long one"), ...Array.from({ length: EVENTS - 1 }, (_, nth) => observed("long", nth + 1))]);
  for (const end = Date.now() + (full ? 900_000 : 60_000); ;) {
    const answer = await fetch(`${api.url}/api/v1/traces/long?events=0`, { headers: api.headers(tenant) });
    if (answer.ok && (await answer.json()).data.index?.event_count === EVENTS) return;
    if (Date.now() > end) throw new Error("the read models do not catch up");
    await new Promise((resolve) => { setTimeout(resolve, 250); });
  }
}

const percentile = (times, share) => times.sort((a, b) => a - b)[Math.min(times.length - 1, Math.ceil(times.length * share) - 1)];

/** Memory of a process and of those that it began, in MB: what is its own and its part of what is shared. */
const memory = (pid) => Number(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8").match(/^Pss:\s+(\d+)/m)[1]) / 1024;

export default async function budgets({ browser, origin, api, signIn, live, open, check, expect }) {
  const tenant = await api.tenant();
  const at = (path) => `${origin}/t/${tenant}${path}`;
  await check(`a tenant has ${TRACES} traces and one of ${EVENTS} events`, () => fill(api, tenant));
  const { context, page } = await open(browser, origin);
  page.setDefaultTimeout(60_000);
  await signIn(page, `/t/${tenant}/notifications`);

  await check("every page is drawn by the service", async () => {
    const paths = { overview: "", traces: "/traces", "traces, two filters": "/traces?status=open&policy=policy-3", "traces, words": "/traces?q=order-42", trace: "/traces/order-7",
      inbox: "/inbox", precedents: "/precedents?policy=policy-3", "graph of a trace": "/graph?node=trace:order-7", "graph of a policy": "/graph?node=policy:policy-3:1", events: "/events",
      projections: "/projections", failures: "/failures", replays: "/replays", audit: "/audit", studio: "/studio", notifications: "/notifications" };
    for (const [name, path] of Object.entries(paths)) {
      const times = [];
      for (let nth = 0; nth <= TIMES; nth += 1) {
        const began = performance.now();
        const answer = await context.request.get(at(path));
        const text = await answer.text();
        if (nth > 0) times.push(performance.now() - began);
        expect(answer.ok() && text.includes("<h1"), `${name} to be a page, got ${answer.status()}`);
      }
      figure(`${name}, p95`, percentile(times, 0.95), "ms", 300);
    }
  });

  await check("a long trace is shown and scrolls", async () => {
    await page.goto(at("/traces/long"));
    await live(page);
    const seen = await page.evaluate(async () => {
      const paint = performance.getEntriesByName("first-contentful-paint")[0].startTime;
      const frames = [];
      const bottom = () => document.documentElement.scrollHeight - innerHeight;
      const began = performance.now();
      for (let last = began; performance.now() - began < 3000;) {
        scrollTo(0, (bottom() * (performance.now() - began)) / 3000);
        const now = await new Promise(requestAnimationFrame);
        frames.push(now - last);
        last = now;
      }
      return { paint, frames: frames.length / 3, nodes: document.querySelectorAll("#timeline > li").length };
    });
    expect(seen.nodes > 0, "rows of the timeline");
    figure("long trace, first paint", seen.paint, "ms", 500);
    figure("long trace, frames while scrolling", seen.frames, "1/s", 60);
    figure("long trace, rows at once", seen.nodes, "", null);
    const session = await browser.newBrowserCDPSession();
    const { processInfo } = await session.send("SystemInfo.getProcessInfo");
    const renderers = processInfo.filter((one) => one.type === "renderer").map((one) => memory(one.id));
    figure("long trace, largest page process", Math.max(...renderers), "MB", 250);
  });

  if (process.env.SUITE) {
    await check(`${CONSOLES} consoles are open`, async () => {
      const pid = (name) => JSON.parse(readFileSync(join(process.env.SUITE, "status.json"), "utf8")).children.find((child) => child.name === name).pid;
      const metrics = readFileSync(join(process.env.SUITE, "run", "dg-apid.addr"), "utf8").match(/^admin (\S+)/m)[1].replace(/\/$/, "");
      const requests = async () => {
        const text = await (await fetch(`${metrics}/metrics`)).text();
        return text.split("\n").filter((line) => line.startsWith("dg_http_requests_total")).reduce((sum, line) => sum + Number(line.split(" ").pop()), 0);
      };
      figure("dg-consoled before", memory(pid("dg-consoled")), "MB", null);
      // No person may have more than a hundred.
      const people = await Promise.all(Array.from({ length: Math.ceil(CONSOLES / 50) }, async () => {
        const person = await api.account(tenant, ["writer"], ["workflow_review"]);
        const one = await open(browser, origin);
        await signIn(one.page, `/t/${tenant}/notifications`, person.token);
        await live(one.page);
        return one;
      }));
      const opened = await Promise.all(people.map((one) => one.page.evaluate(async (count) => {
        const script = new URL(document.querySelector("script[src]").src).pathname;
        const base = location.pathname.split("/").slice(0, 3).join("/");
        const places = ["/traces", "/inbox", "/events", "", "/traces/long"];
        window.__many = Array.from({ length: count }, (_, nth) => {
          const query = `?path=${encodeURIComponent(base + places[nth % places.length])}&script=${encodeURIComponent(script)}`;
          const socket = new WebSocket(`${location.origin.replace("http", "ws")}/live${query}`);
          setInterval(() => socket.readyState === 1 && socket.send(JSON.stringify({ method: "alive" })), 20_000);
          return socket;
        });
        const first = (socket) => new Promise((resolve) => { socket.onmessage = resolve; socket.onclose = resolve; });
        await Promise.all(window.__many.map(first));
        return window.__many.filter((socket) => socket.readyState === 1).length;
      }, Math.ceil(CONSOLES / people.length))));
      const count = opened.reduce((sum, one) => sum + one, 0);
      expect(count >= CONSOLES, `${CONSOLES} to be open, got ${count}`);
      await page.waitForTimeout(3000);
      const before = await requests();
      const began = performance.now();
      await page.waitForTimeout(QUIET_S * 1000);
      figure("requests to dg-apid, nothing happening", (await requests() - before) / ((performance.now() - began) / 1000), "1/s", 50);
      figure(`dg-consoled with ${count}`, memory(pid("dg-consoled")), "MB", 300);
      await Promise.all(people.map((one) => one.context.close()));
    });
  }
  await context.close();
  for (const { name, value, unit, asked } of figures) console.log(`     ${name.padEnd(42)} ${String(value).padStart(8)} ${unit.padEnd(4)}${asked === null ? "" : ` of ${asked}`}`);
}
