// The first run: the first person makes themselves with the code that the installation showed. Comes before anybody can sign in.

const OWN = "a password of my own";

export default async function setup({ browser, origin, accessible, fits, open, check, expect, shoot }) {
  if (!process.env.SETUP_CODE) return;

  for (const scheme of ["light", "dark"]) {
    await check(`the page of the first run is whole and accessible, ${scheme}`, async () => {
      const { context, page } = await open(browser, origin, { colorScheme: scheme });
      await page.goto(`${origin}/setup`);
      await accessible(page);
      await shoot(page, `setup-${scheme}`);
      await page.setViewportSize({ width: 320, height: 640 });
      await fits(page);
      await context.close();
    });
  }

  await check("the first person makes themselves with the setup code, by keyboard alone and without scripts", async () => {
    const { context, page } = await open(browser, origin, { javaScriptEnabled: false });
    await page.goto(`${origin}/sign-in`);
    await page.getByRole("link", { name: "Make the first person" }).click();
    await page.getByRole("heading", { name: "First run" }).waitFor();
    const fill = async (code) => {
      await page.getByLabel("Setup code").focus();
      for (const text of [code, "first.person", "Fi Rst", OWN, OWN]) {
        await page.keyboard.press("ControlOrMeta+A");
        await page.keyboard.type(text);
        await page.keyboard.press("Tab");
      }
      await page.keyboard.press("Enter");
    };
    await fill("wrong-wrong-wrong-wrong");
    await page.getByText("The setup code is wrong").waitFor();
    expect(await page.getByLabel("Name to sign in with").inputValue() === "first.person", "the name to be there still");
    expect(!(await page.content()).includes(OWN), "no password in the page");
    await fill(process.env.SETUP_CODE);
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    expect((await page.content()).includes("first.person"), "the person in the frame");
    await page.goto(`${origin}/setup`);
    expect(!(await page.content()).includes("First run"), "nobody else to be the first");
    await context.close();
  });

  await check("the first person signs in again, and sees what administrators see", async () => {
    const { context, page, complaints } = await open(browser, origin);
    await page.goto(`${origin}/sign-in`);
    expect(await page.getByText("Nobody can sign in here yet").count() === 0, "no way to the first run");
    await page.getByLabel("Name", { exact: true }).fill("first.person");
    await page.getByLabel("Password", { exact: true }).fill(OWN);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    expect(complaints.length === 0, `no complaint, got ${complaints.join(" | ")}`);
    await context.close();
  });
}
