// Who may do what: every row of one table, for every kind of person. What they may is there and works; what they may not says why or is not
// there, and the same form sent by hand is refused and changes nothing.

const ALL = ["workflow_review", "workflow_assign", "workflow_escalate", "workflow_override", "workflow_export", "workflow_configure",
  "projection_replay", "projection_rebuild", "projection_quarantine", "audit_read"];
const BASE = ["workflow_review", "workflow_assign"];

/** Kind of person: the role and the permissions. */
const PEOPLE = {
  reader: ["reader", []],
  "reader with every permission": ["reader", ALL],
  writer: ["writer", BASE],
  "writer without any": ["writer", []],
  "writer who escalates": ["writer", [...BASE, "workflow_escalate"]],
  "writer who overrides": ["writer", [...BASE, "workflow_override"]],
  "writer with every permission": ["writer", ALL],
  admin: ["admin", ALL],
  ...Object.fromEntries(ALL.map((one) => [`admin without ${one}`, ["admin", ALL.filter((other) => other !== one)]])),
};

const review = (action, fields = {}, decided = false) => ({ act: "review", action, fields, decided, page: (item) => `/reviews/${encodeURIComponent(item)}?do=${action}` });
const run = (mode, fields = {}) => ({ act: "start-run", mode, fields, page: () => `/replays?do=${mode}&of=trace_summary` });

/** Row: what it is, the least role, the permission, and how it is done. `hidden` belongs to another role's area, all else says why. */
const TABLE = [
  ["comment", "writer", "workflow_review", review("comment", { note: "looked at" })],
  ["claim", "writer", "workflow_review", review("claim")],
  ["snooze", "writer", "workflow_review", review("snooze", { until: "2031-01-01T10:00" })],
  ["approve", "writer", "workflow_review", review("approve", { reason: "right" })],
  ["reject", "writer", "workflow_review", review("reject", { reason: "wrong" })],
  ["request_change", "writer", "workflow_review", review("request_change", { reason: "more" })],
  ["reassign", "writer", "workflow_assign", review("reassign", { role: "writer", reason: "others know it" })],
  ["escalate", "writer", "workflow_escalate", review("escalate", { role: "writer", reason: "urgent" })],
  ["extend", "writer", "workflow_escalate", review("extend", { due_at: "2031-01-01T10:00", reason: "later" })],
  ["override", "writer", "workflow_override", review("override", { reason: "now", confirm_text: (item) => `OVERRIDE ${item.toUpperCase()}` })],
  ["reopen", "writer", "workflow_override", review("reopen", { reason: "again", confirm_text: (item) => `REOPEN ${item.toUpperCase()}` }, true)],
  ["start a review", "writer", "workflow_assign", { act: "start-review", fields: { reason: "look" }, page: (_, trace) => `/studio?trace_id=${trace}` }],
  ["verify", "admin", "projection_replay", run("verify", { reason: "sure?" })],
  ["catch up", "admin", "projection_replay", run("catch_up", { reason: "late", phrase: "CATCH_UP TRACE_SUMMARY" })],
  ["rebuild", "admin", "projection_rebuild", run("rebuild", { reason: "anew", phrase: "REBUILD TRACE_SUMMARY" })],
  ["export", "admin", "workflow_export", { hidden: true, page: (item) => `/reviews/${encodeURIComponent(item)}`, control: "a[download]", file: (item) => `/case.ndjson?workflow_id=${encodeURIComponent(item)}` }],
  ["audit", "admin", "audit_read", { page: () => "/audit", control: "#audit tbody tr", why: "audit_read" }],
];
const RANK = ["reader", "writer", "admin"];

export default async function roles({ browser, origin, api, signIn, open, check, expect }) {
  const tenant = await api.tenant();
  const at = (path) => `${origin}/t/${tenant}${path}`;
  const agent = await api.account(tenant, ["writer"], []);
  let made = 0;
  const item = async (decided) => {
    const name = await agent.ask(tenant, `roles-${made += 1}`, "please");
    if (decided) await api.act(tenant, name, { action: "approve", reason: "right" });
    return name;
  };
  /** Everything that the forms below could change. */
  const state = async (name) => {
    const paths = [`/workflows/${encodeURIComponent(name)}`, "/admin/replays", "/workflows?limit=1"];
    const [one, runs, all] = await Promise.all(paths.map((path) => api.get(path, tenant)));
    const { workflow, actions } = one.data;
    return JSON.stringify([workflow.version, workflow.status, actions.length, all.data.summary.total_count, runs.data.runs.map((run) => run.job_id)]);
  };
  /** No run is under way that another one would meet. */
  const quiet = async () => {
    for (const end = Date.now() + 30000; ;) {
      const { runs } = (await api.get("/admin/replays", tenant)).data;
      if (runs.every((one) => ["completed", "failed", "cancelled"].includes(one.status))) return;
      if (Date.now() > end) throw new Error("a run does not end");
      await new Promise((resolve) => { setTimeout(resolve, 100); });
    }
  };
  const written = (fields, name) => Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, typeof value === "function" ? value(name) : value]));
  // What is refused changes nothing, so one of each is enough for all that is.
  const [waits, done] = [await item(false), await item(true)];

  for (const [person, [role, permissions]] of Object.entries(PEOPLE)) {
    // Of an administrator who lacks one permission only its rows are of interest: the others are those of the one who has all.
    const rows = TABLE.filter(([, , permission]) => !person.startsWith("admin without") || !permissions.includes(permission));
    if (rows.length === 0) continue;
    await check(`what a ${person} may do works, and nothing else`, async () => {
      const who = await api.account(tenant, [role], permissions);
      const { context, page } = await open(browser, origin, { javaScriptEnabled: false });
      await signIn(page, `/t/${tenant}/traces`, who.token);
      const allowed = ([, least, permission]) => RANK.indexOf(role) >= RANK.indexOf(least) && permissions.includes(permission);
      const own = new Map(await Promise.all(rows.filter((row) => allowed(row) && row[3].act).map(async (row) => [row[0], await item(row[3].decided)])));
      const csrf = await page.locator("input[name=csrf]").first().inputValue();
      for (const [what, least, permission, how] of rows) {
        const may = allowed([what, least, permission]);
        const name = own.get(what) ?? (how.decided ? done : waits);
        const trace = name.split(":")[0];
        await page.goto(at(how.page(name, trace)));
        const form = page.locator(`form[action$="/do/${how.act}"]:has(button.primary)`), button = form.locator("button.primary");
        if (!how.act) {
          expect((await page.locator(how.control).count() > 0) === may, `${what} ${may ? "to be" : "not to be"} there`);
          if (!may && how.why) expect((await page.locator("main").innerText()).includes(how.why), `${what} to say what it needs`);
          if (how.file) expect((await context.request.get(at(how.file(name)))).ok() === may, `the file of ${what} ${may ? "" : "not "}to be given`);
          continue;
        }
        const fields = written(how.fields, name);
        if (may) {
          if (how.act === "start-run") await quiet();
          for (const [key, value] of Object.entries(fields)) await form.locator(`[name="${key}"]`).fill(value);
          await button.click();
          const said = await page.locator("#said").innerText();
          expect(said.startsWith("Done."), `${what} to be done, got ${said}`);
          continue;
        }
        const text = await page.locator("main").innerText();
        expect(await button.count() === 0 || await button.isDisabled(), `no way to send ${what}`);
        expect(text.includes(permission) || text.includes(`role ${least}`), `${what} to say what it needs`);
        const before = await state(name);
        const sent = { csrf, key: `by-hand-${who.account_id}-${what}`, next: how.page(name, trace).replace(/^/, `/t/${tenant}`), form: how.action ?? how.act, workflow_id: name, trace_id: trace, projection: "trace_summary",
          ...(how.action && { action: how.action }), ...(how.mode && { mode: how.mode }), ...fields };
        const answer = await context.request.post(at(`/do/${how.act}`), { form: sent, headers: { origin } });
        expect(/id="said" role="alert"[^]*<code>(forbidden)<\/code>/.test(await answer.text()), `${what} by hand to be refused as forbidden`);
        expect(await state(name) === before, `${what} by hand to change nothing`);
        const direct = how.act === "start-run" ? ["/admin/replays", { projection: "trace_summary", mode: how.mode, reason: "by hand" }]
          : how.act === "start-review" ? [`/workflow-studio/traces/${trace}/reviews`, { reason: "by hand" }]
            : [`/workflows/${encodeURIComponent(name)}/actions`, { action: how.action, ...fields, ...(fields.due_at && { due_at: `${fields.due_at}:00Z` }), ...(fields.until && { until: `${fields.until}:00Z` }), ...(fields.role && { assigned_role: fields.role, role: undefined }) }];
        const refused = await who.call(direct[0], tenant, direct[1]).catch((error) => String(error));
        expect(typeof refused === "string" && refused.includes(": 403 "), `${what} to be refused with 403, got ${typeof refused === "string" ? refused : "an answer"}`);
      }
      await context.close();
    });
  }
}
