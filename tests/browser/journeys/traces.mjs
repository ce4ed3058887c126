// Finding traces: words, what they touched, facts, and how many fit; with and without scripts.

export default async function traces({ browser, origin, api, values, signIn, live, accessible, fits, open, check, expect, shoot }) {
  const tenant = await api.tenant();
  for (const [trace, amount] of [["cheap", 40], ["dear", 400], ["dearest", 4000]]) {
    await api.start(tenant, trace, `Refund that is ${trace}`);
    await api.append(tenant, trace, "InputObserved", {
      input_id: `input:${trace}`, source: { system: "shop", object_type: "order", object_id: trace },
      facts: [{ key: "amount", value: { type: "int", value: String(amount) }, as_of: null }],
    });
  }
  const list = `/t/${tenant}/traces`;
  for (const scripts of [true, false]) {
    const { context, page, complaints } = await open(browser, origin, { javaScriptEnabled: scripts });
    await signIn(page, list);
    const ids = () => page.locator("#traces tbody tr code").allInnerTexts();
    await check(`traces are found by facts and words ${scripts ? "with" : "without"} scripts`, async () => {
      if (scripts) await live(page);
      await page.locator("#closer summary").click();
      await page.getByLabel("Facts").fill("amount>=100");
      await page.getByLabel("Entity").fill("order");
      await page.getByRole("button", { name: "Filter" }).click();
      await page.getByText("of 2 traces that fit").waitFor();
      expect((await ids()).join() === "dearest,dear", `the two, got ${await ids()}`);
      expect(await page.getByLabel("Facts").inputValue() === "amount>=100", "the filter to stay to be seen");
      if (scripts) { await shoot(page, "traces-found"); await accessible(page); await fits(page); }
      await page.getByLabel("Words").fill("dearest");
      await page.getByRole("button", { name: "Filter" }).click();
      await page.getByText("of 1 trace that fit").waitFor();
      await page.goto(`${origin}${list}?fact=amount%3E%3E1`);
      await page.getByText("The list could not be read.").waitFor();
      expect((await page.locator("main").innerText()).includes("fact"), "what is wrong to be said");
      complaints.length = 0;
    });
    await context.close();
  }
}
