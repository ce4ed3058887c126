// The frame: keys, the way to anywhere, colours, and forms that are sent once.

export default async function shell({ browser, origin, api, values, signIn, live, accessible, open, check, expect, shoot }) {
  const { context, page, complaints } = await open(browser, origin);
  await signIn(page, `/t/${values.tenant}/traces`);
  await live(page);

  await check("keys lead to areas, rows and the search", async () => {
    await page.keyboard.press("g");
    await page.keyboard.press("o");
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    await page.keyboard.press("g");
    await page.keyboard.press("t");
    await page.locator("#traces tbody tr").first().waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    expect(await page.evaluate(() => document.activeElement.closest("tr")?.sectionRowIndex) === 1, "the second row");
    await page.keyboard.press("k");
    await page.keyboard.press("Enter");
    await page.waitForSelector("#timeline");
    await page.goBack();
    await page.locator("#traces tbody tr").first().waitFor();
    await page.keyboard.press("/");
    expect(await page.evaluate(() => document.activeElement.id) === "q", "the first filter");
    await page.keyboard.type("go?");
    expect(await page.getByLabel("Words").inputValue() === "go?", "letters in a field to be letters");
    await page.getByLabel("Words").fill("");
    await page.locator("h1").click();
    await page.keyboard.press("?");
    await page.getByRole("heading", { name: "Keys" }).waitFor();
    await accessible(page);
    await page.getByLabel("Without single keys").check();
    await page.keyboard.press("Escape");
    await page.keyboard.press("?");
    expect(await page.locator("dialog[open]").count() === 0, "keys to be off");
    await page.evaluate(() => localStorage.removeItem("keys"));
    await page.reload();
    await live(page);
  });

  await check("the palette leads anywhere", async () => {
    await page.keyboard.press("Control+k");
    await page.keyboard.type("aud");
    await shoot(page, "palette");
    await accessible(page);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Audit" }).waitFor();
    await page.keyboard.press("Control+k");
    await page.keyboard.type("trace-precedent-renewal-001");
    await page.keyboard.press("Enter");
    await page.waitForSelector("#timeline");
  });

  await check("colours are chosen and stay", async () => {
    const colour = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await colour();
    for (const [name, differs] of [["Dark", true], ["Light", false], ["System", false]]) {
      await page.locator("#account summary").click();
      await page.getByRole("button", { name }).click();
      await page.waitForSelector("#timeline");
      await live(page);
      expect((await colour() !== light) === differs, `${name} to be kept`);
    }
    expect(page.url().endsWith("/trace-precedent-renewal-001"), `the same page, got ${page.url()}`);
  });

  await check("no complaint of the browser about the frame", async () => {
    expect(complaints.length === 0, `no complaint, got ${complaints.join(" | ")}`);
  });
  await context.close();
}
