// Starting a review of a trace that is finished; with and without scripts.

export default async function studio({ browser, origin, api, signIn, live, accessible, fits, open, check, expect, shoot }) {
  const tenant = await api.tenant();
  for (const [scripts, trace] of [[true, "failed-1"], [false, "failed-2"]]) {
    await api.start(tenant, trace, `Refund ${trace}`);
    await api.append(tenant, trace, "TraceFinished", { outcome: "failure", summary: "the bank said no" });
    const { context, page, complaints } = await open(browser, origin, { javaScriptEnabled: scripts });
    await signIn(page, `/t/${tenant}/studio`);
    await check(`a review of a finished trace is started ${scripts ? "with" : "without"} scripts`, async () => {
      if (scripts) await live(page);
      await page.getByLabel("Trace", { exact: true }).fill(trace);
      await page.getByRole("button", { name: "Try" }).click();
      await page.getByText("What stands out").waitFor();
      expect(await page.locator("#signals li").count() > 0, "something that stands out about a failure");
      if (scripts) { await shoot(page, "studio-trial"); await accessible(page); await fits(page); }
      await page.getByLabel("Why").fill("the bank should not have said no");
      await page.getByLabel("Priority").selectOption("urgent");
      await page.getByRole("button", { name: "Start the review" }).click();
      await page.locator("#said").getByText("The review is open.").waitFor();
      await page.locator("#actions").getByText("the bank should not have said no").waitFor();
      await page.goto(`${origin}/t/${tenant}`);
      await page.locator(".rows li").filter({ hasText: "urgent" }).filter({ hasText: trace }).first().waitFor();
      if (scripts) await live(page);
      expect(complaints.length === 0, `no complaint, got ${complaints.join(" | ")}`);
    });
    await context.close();
  }
}
