// Projections looked after from the console: digests proved, runs asked for and steered, the log followed.

import { execFileSync } from "node:child_process";

export default async function runs({ browser, origin, api, values, live, shoot, accessible, fits, open, check, expect }) {
  const tenant = await api.tenant();
  for (let nth = 0; nth < 12; nth += 1) await api.start(tenant, `runs-${nth}`, `Decision ${nth}`);
  const at = (path) => `${origin}/t/${tenant}${path}`;
  const { context, page, complaints } = await open(browser, origin);
  const signIn = async (page, token) => {
    await page.goto(`${origin}/sign-in?next=${encodeURIComponent(`/t/${tenant}/projections`)}`);
    await page.getByLabel("API token").fill(token);
    await page.locator("form:has(#token) button").click();
    await page.waitForURL(at("/projections"));
  };
  const ended = (page) => page.waitForSelector("#steps .now:has-text('completed')");
  const verdict = (page) => page.locator("#verdict .chip").innerText();
  /** A run that has not ended and does not move: on a small log it may end before it can be paused. */
  const paused = async () => {
    for (let tries = 0; tries < 40; tries += 1) {
      const { data } = await api.call("/admin/replays", tenant, { projection: "all", mode: "verify", reason: "to be steered" });
      const id = data.run.job_id;
      const answer = await api.call(`/admin/replays/${id}/pause`, tenant, {}).catch((error) => error);
      if (!(answer instanceof Error)) return id;
      if (!String(answer).includes(" 409 ")) throw answer;
    }
    throw new Error("no run could be paused");
  };

  await signIn(page, values.token);

  await check("health names every projection, and digests are computed when asked for", async () => {
    await live(page);
    expect(await page.locator("#health tbody tr").count() === 4, "four projections");
    await page.getByRole("link", { name: "Digests", exact: true }).click();
    await page.getByRole("link", { name: "Compute now" }).click();
    await page.waitForSelector("#digests-now");
    expect((await page.locator("#digests-now code").allInnerTexts()).every((text) => /^sha256:[0-9a-f]{64}$/.test(text)), "four digests");
    await accessible(page);
    await api.start(tenant, "runs-more", "One more decision");
    await page.getByText("1 event behind.").waitFor();
    await page.getByRole("link", { name: "Compute again" }).click();
    await page.getByText("For log position 13").waitFor();
  });

  await check("a verification proves that the digests are equal", async () => {
    await page.goto(at("/projections"));
    await live(page);
    await page.getByRole("link", { name: "Verify against the log" }).click();
    await page.waitForSelector("#do");
    await page.locator("#start-reason").fill("a check of the console");
    await shoot(page, "verify-form");
    await page.getByRole("button", { name: "Queue the run" }).click();
    await page.waitForURL(/\/replays\/[0-9a-f-]+\?said=/);
    await ended(page);
    expect((await verdict(page)).includes("equal"), "an equal digest");
    for (const chip of await page.locator("#digests .chip").allInnerTexts()) expect(chip.includes("equal"), `equal, got ${chip}`);
    await shoot(page, "run-equal");
    await accessible(page);
  });

  await check("a rebuild is refused for a wrong phrase, and done for the right one", async () => {
    await page.goto(at("/replays"));
    await live(page);
    await page.locator("#do-mode").selectOption("rebuild");
    await page.getByRole("button", { name: "Continue" }).click();
    await page.waitForSelector("#do.danger");
    await accessible(page);
    await page.locator("#start-reason").fill("built anew by a check");
    await page.locator("#start-phrase").fill("rebuild all");
    await page.getByRole("button", { name: "Queue the run" }).click();
    await page.getByText("Not done.").waitFor();
    expect(await page.locator("#start-reason").inputValue() === "built anew by a check", "the reason to come back");
    await shoot(page, "rebuild-refused");
    await live(page);
    await page.locator("#start-phrase").fill("REBUILD ALL");
    await page.getByRole("button", { name: "Queue the run" }).click();
    await page.waitForURL(/\/replays\/[0-9a-f-]+\?said=/);
    await ended(page);
    expect((await verdict(page)).includes("equal"), "the same digests before and after");
  });

  await check("a paused run is cancelled with a reason, and another one goes on in sight", async () => {
    await page.goto(at(`/replays/${await paused()}`));
    await live(page);
    await page.locator("#to-cancel").click();
    await page.waitForSelector("#do");
    await page.locator("#step-reason").fill("not needed any more");
    await page.getByRole("button", { name: "Cancel the run" }).click();
    await page.waitForSelector("#steps .now:has-text('cancelled')");
    const id = await paused();
    await page.goto(at(`/replays/${id}`));
    await live(page);
    await page.evaluate(() => { window.__same = true; });
    await page.waitForSelector("#steps .now:has-text('paused')");
    await shoot(page, "run-paused");
    await api.call(`/admin/replays/${id}/resume`, tenant, { reason: "go on" });
    await ended(page);
    expect(await page.evaluate(() => window.__same === true), "the same page, not loaded anew");
    await page.goto(at("/replays"));
    expect(await page.locator("#runs tbody tr").count() >= 4, "the runs in the list");
    await shoot(page, "replays-filled");
    await accessible(page);
  });

  await check("the log is followed: an appended event shows within a second or two, without a reload", async () => {
    await page.goto(at("/events"));
    await page.mouse.move(1, 1); // rows under the pointer are held still
    await live(page);
    await page.evaluate(() => { window.__same = true; });
    const began = Date.now();
    await api.read(tenant, "runs-0", "order-followed");
    await page.locator("#log").getByText("order-followed", { exact: true }).first().waitFor();
    console.log(`     shown ${Date.now() - began} ms after the append began`);
    expect(await page.evaluate(() => window.__same === true), "the same page, not loaded anew");
    await page.locator("#log li").first().hover();
    await api.read(tenant, "runs-0", "order-waits");
    await page.getByRole("button", { name: "Show 1 new event" }).click();
    await page.locator("#log").getByText("order-waits", { exact: true }).first().waitFor();
    await page.locator("#log details summary").first().click();
    await shoot(page, "events-live");
  });

  await check("a held log counts what comes, and filters find one trace", async () => {
    await page.locator("#pause").click();
    await page.waitForURL(/until=\d+/);
    await api.read(tenant, "runs-1", "order-later");
    await page.locator("#standing").getByText("1 newer event since").waitFor();
    expect(await page.locator("#log").getByText("order-later").count() === 0, "the held page to stand still");
    await page.locator("#resume").click();
    await page.locator("#log").getByText("order-later", { exact: true }).first().waitFor();
    await page.locator("#trace").fill("runs-1");
    await page.getByRole("button", { name: "Filter" }).click();
    await page.waitForURL(/trace=runs-1/);
    await page.waitForFunction(() => document.querySelectorAll("#log > li").length === 2);
    await accessible(page);
  });

  // Only beside a suite of its own: a console elsewhere has tables that nobody tampers with.
  if (process.env.DATABASE_URL) {
    const tamper = (sql) => execFileSync("psql", ["-qX", "-v", "ON_ERROR_STOP=1", "-c", sql, process.env.DATABASE_URL]);
    const log = (change) => tamper(`ALTER TABLE dg_event_log DISABLE TRIGGER USER; UPDATE dg_event_log SET payload_json = ${change}
      WHERE tenant_id = '${tenant}' AND log_seq = 3; ALTER TABLE dg_event_log ENABLE TRIGGER USER`);
    const rebuild = async (projection) => {
      const { data } = await api.call("/admin/replays", tenant, { projection, mode: "rebuild", reason: "as the log says" });
      await page.goto(at(`/replays/${data.run.job_id}`));
      await live(page);
      await ended(page);
    };

    await check("a row that other hands changed is found and shown field by field", async () => {
      tamper(`UPDATE dg_trace_summary SET title = 'another' WHERE tenant_id = '${tenant}' AND trace_id = 'runs-0'`);
      await page.goto(at("/replays?do=verify&of=trace_summary"));
      await live(page);
      await page.locator("#start-reason").fill("was it touched?");
      await page.getByRole("button", { name: "Queue the run" }).click();
      await ended(page);
      expect((await verdict(page)).includes("different"), "a different digest");
      const title = page.locator("#difference tr.differs").filter({ hasText: "title" });
      expect((await title.innerText()).includes("Decision 0") && (await title.innerText()).includes("another"), "both titles");
      await shoot(page, "run-different");
      await accessible(page);
      await rebuild("trace_summary");
      await page.goto(at("/replays?do=verify&of=trace_summary"));
      await live(page);
      await page.locator("#start-reason").fill("is it mended?");
      await page.getByRole("button", { name: "Queue the run" }).click();
      await ended(page);
      expect((await verdict(page)).includes("equal"), "an equal digest after the rebuild");
    });

    await check("an event that cannot be folded is tried again, accepted, and projected after all", async () => {
      log("' ' || payload_json");
      await rebuild("all");
      await page.goto(at("/failures?status=open&projection=context_graph"));
      await live(page);
      expect(await page.locator("#failures tbody tr").count() === 1, "one failure of the projection");
      const id = await page.locator("#failures tbody tr").first().getAttribute("data-failure");
      await shoot(page, "failures-open");
      await accessible(page);
      await page.getByRole("link", { name: "Retry" }).click();
      await page.waitForSelector("#do");
      await page.getByRole("button", { name: "Try the event again" }).click();
      await page.waitForURL(/\/replays\//);
      await page.waitForSelector("#steps .now:not(:has-text('queued')):not(:has-text('running'))");
      await page.goto(at(`/failures?do=quarantine&failure=${id}`));
      await live(page);
      await page.locator("#decide-reason").fill("known to be broken");
      await page.locator("#decide-phrase").fill("QUARANTINE");
      await page.getByRole("button", { name: "Accept that the event is missing" }).click();
      await page.getByText("Type QUARANTINE 3 to confirm").waitFor();
      await live(page);
      await shoot(page, "quarantine-refused");
      await page.locator("#decide-phrase").fill("QUARANTINE 3");
      await page.getByRole("button", { name: "Accept that the event is missing" }).click();
      await page.getByText("The event is accepted as missing.").waitFor();
      await page.locator(`[data-failure="${id}"] .chip`).getByText("quarantined").waitFor();
      log("substr(payload_json, 2)");
      await page.goto(at(`/failures?do=resolve&failure=${id}`));
      await live(page);
      await page.locator("#decide-reason").fill("the log was mended");
      await page.getByRole("button", { name: "Project the event after all" }).click();
      await page.waitForURL(/\/replays\//);
      await ended(page);
      await page.goto(at("/failures?projection=context_graph&status=resolved"));
      await page.locator(`[data-failure="${id}"]`).waitFor();
      await rebuild("all");
    });
  }

  await check("a reader sees why they may not", async () => {
    const name = `reader-${tenant}`;
    const { data } = await api.call("/admin/accounts", null, { account_id: name, roles: ["reader"], permissions: [], tenant_ids: [tenant] });
    const eyes = await open(browser, origin);
    await signIn(eyes.page, data.token.token);
    await eyes.page.goto(at("/replays?do=rebuild&of=all"));
    await live(eyes.page);
    await eyes.page.getByText("permission projection_rebuild").waitFor();
    expect(await eyes.page.getByRole("button", { name: "Queue the run" }).isDisabled(), "a form that cannot be sent");
    await eyes.page.getByText("Only for administrators.").waitFor();
    await shoot(eyes.page, "replays-reader");
    await accessible(eyes.page);
    expect(eyes.complaints.length === 0, `no complaint, got ${eyes.complaints.join(" | ")}`);
    await eyes.context.close();
  });

  await check("the same forms work without scripts", async () => {
    const plain = await open(browser, origin, { javaScriptEnabled: false });
    await signIn(plain.page, values.token);
    await plain.page.goto(at("/replays"));
    await plain.page.getByRole("button", { name: "Continue" }).click();
    await plain.page.locator("#start-reason").fill("without scripts");
    await plain.page.getByRole("button", { name: "Queue the run" }).click();
    await plain.page.getByText("The run is queued.").waitFor();
    await plain.page.goto(at("/projections"));
    await plain.page.getByRole("button", { name: "Compare reviews with the log" }).click();
    await plain.page.getByText("are as the log says").waitFor();
    await plain.context.close();
  });

  await check("the screens of projections fit a narrow window", async () => {
    await page.setViewportSize({ width: 320, height: 720 });
    for (const [name, path] of [["replays", "/replays?do=rebuild&of=all"], ["digests", "/digests?now=1"], ["events", "/events"]]) {
      await page.goto(at(path));
      await live(page);
      await shoot(page, `${name}-filled-narrow`);
      await fits(page);
      await accessible(page);
    }
  });

  await check("no complaint of the browser about runs", async () => {
    expect(complaints.length === 0, `no complaint, got ${complaints.join(" | ")}`);
  });
  await context.close();
}
