// What another site, another page and another session try with somebody's browser: planted sessions, frames, and forms sent from elsewhere.

import { createServer } from "node:http";
import { SCREENS } from "../screens.mjs";

const HEADERS = {
  "x-frame-options": "DENY", "x-content-type-options": "nosniff", "referrer-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin", "cross-origin-resource-policy": "same-origin",
};
const POLICY = ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"];

export default async function sessions({ browser, origin, api, values, signIn, open, check, expect }) {
  const tenant = await api.tenant();
  const agent = await api.account(tenant, ["writer"], []);
  const eve = await api.account(tenant, ["reader"], []);
  const item = await agent.ask(tenant, "wanted", "please");
  const { context, page } = await open(browser, origin);
  const cookie = async (of = context) => (await of.cookies(origin)).find((one) => one.name.endsWith("dg_session"));
  const review = `/t/${tenant}/reviews/${encodeURIComponent(item)}?do=approve`;

  await check("a session that was planted before the sign-in is nobody's after it", async () => {
    const planted = "f".repeat(64);
    await context.addCookies([{ name: "dg_session", value: planted, url: origin, httpOnly: true, sameSite: "Strict" }]);
    await signIn(page, `/t/${tenant}/traces`);
    const own = await cookie();
    expect(own.value !== planted, "a session of its own");
    const open = (value) => fetch(`${origin}/t/${tenant}/traces`, { headers: { cookie: `dg_session=${value}` }, redirect: "manual" });
    const stranger = await fetch(`${origin}/t/${tenant}/traces`, { redirect: "manual" });
    expect((await open(planted)).status === stranger.status, "the planted one to open what strangers see");
    // A session that is real, of somebody else.
    const other = await browser.newContext();
    const theirs = await other.newPage();
    await signIn(theirs, `/t/${tenant}/traces`, eve.token);
    const lent = await cookie(other);
    await context.addCookies([lent]);
    await signIn(page, `/t/${tenant}/traces`);
    const after = await cookie();
    expect(after.value !== lent.value && after.value !== own.value, "another session after each sign-in");
    expect(!(await (await open(lent.value)).text()).includes(values.token.slice(3, 15)), "nothing of whoever signed in for whoever lent it");
    expect((await open(lent.value)).status === stranger.status, "the lent one to have ended");
    await other.close();
  });

  await check("every answer forbids frames, foreign scripts and guessing", async () => {
    const paths = [...SCREENS.map(({ path }) => `/t/${values.tenant}${path}`), "/sign-in", "/password", "/", "/no-such-page", "/t/x/no-such-screen", "/assets/nothing", "/live",
      `/t/${values.tenant}/graph.svg?node=trace:trace-precedent-renewal-001`, `/t/${tenant}/case.html?workflow_id=${item}`, `/t/${tenant}/trace.ndjson?trace_id=wanted`];
    for (const path of paths) {
      const answer = await context.request.get(`${origin}${path}`, { maxRedirects: 0 });
      const headers = answer.headers();
      for (const [name, value] of Object.entries(HEADERS)) expect(headers[name] === value, `${name} at ${path}, got ${headers[name]}`);
      for (const part of POLICY) expect(headers["content-security-policy"]?.includes(part), `${part} at ${path}`);
      expect(headers["cache-control"] === "no-store", `no copy of ${path} to be kept, got ${headers["cache-control"]}`);
    }
  });

  await check("forms that the console did not draw for this session do nothing", async () => {
    await page.goto(`${origin}${review}`);
    const drawn = Object.fromEntries(await page.locator("#doing form input[type=hidden]").evaluateAll((all) => all.map((one) => [one.name, one.value])));
    const other = await browser.newContext();
    const theirs = await other.newPage();
    await signIn(theirs, `/t/${tenant}/traces`, eve.token);
    const foreign = await theirs.locator("input[name=csrf]").first().inputValue();
    await other.close();
    const without = ({ [`csrf`]: _, ...rest }) => rest;
    const form = { ...drawn, reason: "by another" };
    const tries = {
      "from another site": [form, { origin: "https://evil.example" }],
      "from another port": [form, { origin: origin.replace(/\d+$/, "1") }],
      "from a sandboxed frame": [form, { origin: "null" }],
      "without an origin": [form, {}],
      "without a key of the session": [without(form), { origin }],
      "with an empty key": [{ ...form, csrf: "" }, { origin }],
      "with a made-up key": [{ ...form, csrf: "0".repeat(64) }, { origin }],
      "with the key of another session": [{ ...form, csrf: foreign }, { origin }],
      "without the form's own key": [(({ key: _, ...rest }) => rest)(form), { origin }],
    };
    const state = async () => JSON.stringify((await api.get(`/workflows/${encodeURIComponent(item)}`, tenant)).data);
    const before = await state();
    for (const [how, [sent, headers]] of Object.entries(tries)) {
      const answer = await fetch(`${origin}/t/${tenant}/do/review`, {
        method: "POST", redirect: "manual", body: new URLSearchParams(sent), headers: { cookie: `dg_session=${(await cookie()).value}`, ...headers },
      });
      expect(await state() === before, `a form ${how} to do nothing`);
      const said = await context.request.get(new URL(answer.headers.get("location"), origin).href);
      expect((await said.text()).includes("form_too_old"), `a form ${how} to be told as too old`);
      const out = await fetch(`${origin}/sign-out`, { method: "POST", redirect: "manual", body: new URLSearchParams(sent), headers: { cookie: `dg_session=${(await cookie()).value}`, ...headers } });
      expect(how === "without the form's own key" || out.headers.get("set-cookie") === null, `a sign-out ${how} to end nothing`);
      if (how === "without the form's own key") await signIn(page, `/t/${tenant}/traces`);
    }
    // The same form does something when it is right: none of the above was refused for another reason.
    await page.goto(`${origin}${review}`);
    await page.getByLabel("Why").fill("by its own page");
    await page.locator("#doing button[type=submit]").click();
    await page.locator("#said[role=status]").waitFor();
    expect(await state() !== before, "the form of the page to be done");
  });

  await check("a page elsewhere neither frames the console nor sends its forms nor listens", async () => {
    const again = await agent.ask(tenant, "wanted-too", "please");
    const site = createServer((request, response) => {
      response.setHeader("content-type", "text/html");
      const form = `<form method=post target=sent action="${origin}/t/${tenant}/do/review"><input name=action value=approve><input name=workflow_id value="${again}"><input name=reason value=x><input name=csrf value=x><input name=key value=x></form>`;
      response.end(`<!doctype html><iframe name=framed src="${origin}/t/${tenant}/traces"></iframe><iframe name=sent></iframe>${form}<script>
        window.line = new Promise((done) => { const socket = new WebSocket("${origin.replace("http", "ws")}/live"); socket.onmessage = () => done("listens"); socket.onclose = socket.onerror = () => done("closed"); });
        window.reading = fetch("${origin}/t/${tenant}/traces", { credentials: "include" }).then((answer) => answer.text(), () => "refused");
        document.forms[0].submit();</script>`);
    });
    await new Promise((resolve) => { site.listen(0, "127.0.0.1", resolve); });
    try {
      const before = JSON.stringify((await api.get(`/workflows/${encodeURIComponent(again)}`, tenant)).data);
      const evil = await context.newPage();
      // The same machine and so the same cookies as far as ports go: the hardest case.
      const sent = evil.waitForRequest((request) => request.method() === "POST" && request.url().includes("/do/review"));
      await evil.goto(`http://${new URL(origin).hostname}:${site.address().port}/`);
      await (await sent).response().catch(() => null);
      expect(await evil.evaluate(() => window.line) === "closed", "no line for another site");
      expect(await evil.evaluate(() => window.reading) === "refused", "no page read by another site");
      const framed = evil.frames().find((frame) => frame.name() === "framed");
      expect(await framed.locator("main").count() === 0, "nothing of the console in a frame");
      expect(JSON.stringify((await api.get(`/workflows/${encodeURIComponent(again)}`, tenant)).data) === before, "nothing done for another site");
      await evil.close();
    } finally {
      site.close();
    }
  });
  await context.close();
}
