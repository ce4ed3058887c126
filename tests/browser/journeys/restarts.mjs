// Open pages while dg-apid and dg-consoled are killed, frozen and started again. Only with a suite of this run's own: SUITE is its directory.

import { readFileSync } from "node:fs";
import { join } from "node:path";

export default async function restarts({ browser, origin, api, signIn, live, open, check, expect, shoot }) {
  if (!process.env.SUITE) return;
  const pid = (name) => JSON.parse(readFileSync(join(process.env.SUITE, "status.json"), "utf8")).children.find((child) => child.name === name)?.pid;
  const another = async (page, name, old) => {
    for (const end = Date.now() + 30000; [undefined, null, old].includes(pid(name));) {
      if (Date.now() > end) throw new Error(`${name} was not started again`);
      await page.waitForTimeout(50);
    }
  };
  const tenant = await api.tenant();
  const agent = await api.account(tenant, ["writer"], []);
  const workflow = await agent.ask(tenant, "kept", "to be decided after a restart");
  const review = `/t/${tenant}/reviews/${workflow}?do=approve`;
  const { context, page } = await open(browser, origin);
  page.setDefaultTimeout(30000);
  await signIn(page, `/t/${tenant}/traces`);
  await live(page);

  await check("a frozen service is told on the page, which keeps what it shows and recovers by itself", async () => {
    const frozen = pid("dg-apid");
    process.kill(frozen, "SIGSTOP");
    try {
      await page.getByText("The service does not answer.").waitFor();
      expect(await page.getByRole("link", { name: "Refund kept" }).count() === 1, "the list to be there still");
      await shoot(page, "outage");
    } finally {
      process.kill(frozen, "SIGCONT");
    }
    await page.getByText("The service does not answer.").waitFor({ state: "detached" });
  });

  await check("an open page goes on when dg-apid is killed and comes back", async () => {
    const old = pid("dg-apid");
    process.kill(old, "SIGKILL");
    await another(page, "dg-apid", old);
    for (const end = Date.now() + 30000; ;) {
      try { await agent.start(tenant, "after", "Begun after the restart"); break; } catch (error) { if (Date.now() > end) throw error; }
      await page.waitForTimeout(100);
    }
    await page.getByRole("link", { name: "Begun after the restart" }).waitFor();
  });

  await check("what was typed survives a restart of dg-consoled", async () => {
    await page.goto(`${origin}${review}`);
    await live(page);
    await page.getByLabel("Why").fill("typed before the restart");
    const old = pid("dg-consoled");
    process.kill(old, "SIGKILL");
    await another(page, "dg-consoled", old);
    // Whoever was signed in signs in again: sessions end with the process.
    for (const end = Date.now() + 30000; ;) {
      try { await signIn(page, review); break; } catch (error) { if (Date.now() > end) throw error; }
      await page.waitForTimeout(200);
    }
    await live(page);
    await page.waitForFunction(() => document.querySelector("textarea[name=reason]")?.value === "typed before the restart");
  });
  await context.close();
}
