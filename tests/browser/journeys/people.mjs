// People who sign in by name: the first password, another one, and ten wrong ones.

const FIRST = "first password 123", OWN = "a password of my own";

export default async function people({ browser, origin, api, live, accessible, open, check, expect, shoot }) {
  const tenant = await api.tenant();
  const person = async () => {
    const user_id = `person-${tenant.slice(-8)}-${Math.random().toString(36).slice(2, 8)}`;
    await api.call("/admin/users", null, { user_id, roles: ["reader"], permissions: [], tenant_ids: [tenant], password: FIRST });
    return user_id;
  };
  const enter = async (page, name, password) => {
    await page.getByLabel("Name", { exact: true }).fill(name);
    await page.getByLabel("Password", { exact: true }).fill(password);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
  };

  await check("a person chooses a password of their own before anything else", async () => {
    const { context, page, complaints } = await open(browser, origin);
    const name = await person();
    await page.goto(`${origin}/sign-in?next=${encodeURIComponent(`/t/${tenant}`)}`);
    const before = (await context.cookies()).map((cookie) => cookie.value);
    await enter(page, name, FIRST);
    await page.getByRole("heading", { name: "Choose a password" }).waitFor();
    await accessible(page);
    await page.goto(`${origin}/t/${tenant}/traces`);
    await page.getByRole("heading", { name: "Choose a password" }).waitFor();
    await page.getByLabel("Current password").fill(FIRST);
    await page.getByLabel("New password", { exact: true }).fill(OWN);
    await page.getByLabel("New password, once more").fill(OWN);
    await page.getByRole("button", { name: "Change password" }).click();
    await page.getByRole("heading", { name: "Traces" }).waitFor();
    await live(page);
    const session = (await context.cookies()).find((cookie) => cookie.name.endsWith("dg_session"));
    expect(session && !before.includes(session.value), "a session of its own after the sign-in");
    const text = await page.content();
    expect(!text.includes(OWN) && !text.includes(FIRST) && !text.includes(session.value), "no secret in the page");
    await page.locator("#account summary").click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.waitForURL(/\/sign-in/);
    await context.addCookies([session]);
    await page.goto(`${origin}/t/${tenant}/traces`);
    expect(!(await page.content()).includes(name), "a session that ended to open nothing");
    expect(complaints.length === 0, `no complaint, got ${complaints.join(" | ")}`);
    await context.close();
  });

  await check("ten wrong passwords lock a name for a while, and say so", async () => {
    const { context, page } = await open(browser, origin);
    const name = await person();
    await page.goto(`${origin}/sign-in`);
    for (let tries = 0; tries < 10; tries += 1) {
      await enter(page, name, `wrong password ${tries}`);
      await page.getByText("Name or password is wrong.").waitFor();
    }
    await enter(page, name, FIRST);
    await page.getByText("Too many tries failed.").waitFor();
    await shoot(page, "locked-out");
    await accessible(page);
    await context.close();
  });
}
