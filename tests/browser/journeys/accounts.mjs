// Accounts, tokens and people looked after from the console: secrets are shown once, what is taken back is refused.

import { randomUUID } from "node:crypto";

export default async function accounts({ browser, origin, api, values, signIn, live, accessible, fits, open, check, expect, shoot }) {
  const tenant = await api.tenant();
  const at = (path) => `${origin}/t/${tenant}${path}`;
  const name = `bot-${randomUUID().slice(0, 8)}`, person = `maya-${randomUUID().slice(0, 8)}`;
  const { context, page, complaints } = await open(browser, origin);
  await signIn(page, `/t/${tenant}/accounts`);
  const frames = [];
  page.on("websocket", (socket) => socket.on("framereceived", ({ payload }) => frames.push(Buffer.from(payload).toString("latin1"))));
  const me = await fetch(`${api.url}/api/v1/me`, { headers: api.headers() });
  const owner = (await me.json()).data.account_id;
  /** What the API answers to a token. */
  const answers = async (token) => (await fetch(`${api.url}/api/v1/me`, { headers: { authorization: `Bearer ${token}` } })).status;
  const secret = async () => {
    const text = await page.locator("#secret").innerText();
    expect(!page.url().includes(text), "a secret that is not in the address");
    expect(await page.locator("script").count() === 0, "a page without a script");
    return text;
  };
  /** Told of the sockets, the pages and the addresses after all is done. */
  const secrets = [];

  await check("an account is made, and its token is shown once and opens the API", async () => {
    await live(page);
    await page.locator("#to-create").click();
    await page.waitForSelector("#do");
    await shoot(page, "account-form");
    await accessible(page);
    await page.getByLabel("Name", { exact: true }).fill(name);
    await page.getByLabel("Who answers for it (optional)").fill(owner);
    await page.getByLabel("writer", { exact: true }).check();
    await page.getByLabel("workflow_review", { exact: true }).check();
    const answer = page.waitForResponse((one) => one.url().endsWith("/issue/create-account"));
    await page.getByRole("button", { name: "Make it" }).click();
    expect((await (await answer).headerValue("cache-control")) === "no-store", "an answer that nothing keeps");
    const token = await secret();
    secrets.push(token);
    expect(/^dg_[0-9a-z]{12}_[0-9a-f]{64}$/.test(token), "a whole token");
    expect(await answers(token) === 200, "a token that opens the API");
    await shoot(page, "token-once");
    await accessible(page);
    await fits(page);
  });

  await check("a reload shows that it was shown, and makes nothing", async () => {
    await page.reload();
    await page.waitForSelector("#shown-before");
    expect(!(await page.content()).includes(secrets[0]), "no token the second time");
    await shoot(page, "token-shown-before");
    await page.getByRole("link", { name: `Go on to ${name}` }).click();
    await page.waitForSelector("#tokens tbody tr");
    expect(await page.locator("#tokens tbody tr").count() === 1, "one token");
    expect((await page.locator("#facts").innerText()).includes(owner), "somebody who answers for it");
    await shoot(page, "account");
    await live(page);
    await accessible(page);
    await page.goto(at("/issue/create-account"));
    await page.waitForURL(at("/accounts"));
    expect(!(await page.content()).includes(secrets[0]), "no token in the list");
  });

  await check("an account of that name is refused, and what was typed is there", async () => {
    await page.goto(at("/accounts?do=create"));
    await page.getByLabel("Name", { exact: true }).fill(name);
    await page.getByLabel("admin", { exact: true }).check();
    await page.getByRole("button", { name: "Make it" }).click();
    await page.getByText("Not done.").waitFor();
    expect(await page.getByLabel("Name", { exact: true }).inputValue() === name, "the name to come back");
    expect(await page.getByLabel("admin", { exact: true }).isChecked(), "the role to come back");
  });

  await check("a token is rotated with an overlap, and revoked with a phrase: it is refused", async () => {
    await page.goto(at(`/accounts/${name}`));
    await live(page);
    await page.getByRole("link", { name: /^Rotate/ }).click();
    await page.waitForSelector("#do");
    await page.getByLabel("The old one goes on").selectOption("3600");
    await page.getByRole("button", { name: "Make the new token" }).click();
    const token = await secret();
    secrets.push(token);
    expect(token !== secrets[0] && await answers(token) === 200 && await answers(secrets[0]) === 200, "both to open the API for a while");
    await shoot(page, "token-rotated");
    await page.getByRole("link", { name: `Go on to ${name}` }).click();
    await page.waitForSelector("#tokens tbody tr:nth-child(2)");
    const old = secrets[0].split("_")[1];
    await page.locator(`[data-token="${old}"]`).getByRole("link", { name: /^Revoke/ }).click();
    await page.waitForSelector("#do.danger");
    await accessible(page);
    await page.locator("#revoke-token-phrase").fill("REVOKE");
    await page.getByRole("button", { name: "Revoke it" }).click();
    await page.getByText("Not done.").waitFor();
    expect(await answers(secrets[0]) === 200, "nothing to be done without the phrase");
    await page.locator("#revoke-token-phrase").fill(`REVOKE ${name.toUpperCase()}`);
    await shoot(page, "token-revoke");
    await page.getByRole("button", { name: "Revoke it" }).click();
    await page.getByText("is revoked; it is refused from now on").waitFor();
    expect(await answers(secrets[0]) === 401 && await answers(token) === 200, "the old one to be refused, and only that");
  });

  await check("a disabled account is refused until it is enabled again", async () => {
    await page.locator("#to-disable").click();
    await page.locator("#switch-account-phrase").fill(`DISABLE ${name.toUpperCase()}`);
    await page.getByRole("button", { name: "Disable it" }).click();
    await page.getByText("is disabled and may do nothing").waitFor();
    expect(await answers(secrets[1]) === 401, "a disabled account to be refused");
    await page.locator("#to-enable").click();
    await page.getByRole("button", { name: "Enable it" }).click();
    await page.getByText("The account is enabled again.").waitFor();
    expect(await answers(secrets[1]) === 200, "an enabled one to come in");
    await page.locator("#to-change").click();
    await page.getByLabel("workflow_review", { exact: true }).uncheck();
    await page.getByRole("button", { name: "Change it" }).click();
    await page.getByText("The account is changed.").waitFor();
    expect(!(await page.locator("#facts").innerText()).includes("workflow_review"), "a permission that is gone");
  });

  await check("somebody is added, signs in with the password that was shown once, and their session is ended", async () => {
    await page.goto(at("/people?do=create"));
    await page.getByLabel("Name", { exact: true }).fill(person);
    await page.getByRole("button", { name: "Add them" }).click();
    const first = await secret();
    secrets.push(first);
    await shoot(page, "password-once");
    await accessible(page);
    await page.reload();
    await page.waitForSelector("#shown-before");
    const other = await open(browser, origin);
    await other.page.goto(`${origin}/sign-in?next=${encodeURIComponent(`/t/${tenant}/accounts`)}`);
    await other.page.getByLabel("Name", { exact: true }).fill(person);
    await other.page.getByLabel("Password", { exact: true }).fill(first);
    await other.page.getByRole("button", { name: "Sign in", exact: true }).click();
    await other.page.getByRole("heading", { name: "Choose a password" }).waitFor();
    await page.goto(at(`/people/${person}`));
    await page.waitForSelector("#sessions li");
    await live(page);
    await shoot(page, "person");
    await accessible(page);
    await page.getByRole("button", { name: /^End the session/ }).click();
    await page.waitForSelector("#no-sessions");
    // Whoever has a first password sees this form alone; it is the service that tells that the session has ended.
    await other.page.getByLabel("Current password").fill(first);
    await other.page.getByLabel("New password", { exact: true }).fill("a password of my own");
    await other.page.getByLabel("New password, once more").fill("a password of my own");
    await other.page.getByRole("button", { name: "Change password" }).click();
    await other.page.waitForURL(/\/sign-in/);
    await other.context.close();
    await page.locator("#to-password").click();
    await page.locator("#reset-password-phrase").fill(`RESET ${person.toUpperCase()}`);
    await page.getByRole("button", { name: "Reset it" }).click();
    const second = await secret();
    secrets.push(second);
    expect(second !== first, "another password");
  });

  await check("a tenant is counted, and bounded with a reason", async () => {
    await api.start(tenant, "counted", "A decision that is counted");
    await page.goto(at("/tenant"));
    await live(page);
    await page.waitForFunction(() => document.querySelector("#trace-counts strong")?.textContent === "1");
    await page.locator("#to-limits").click();
    await page.getByLabel(/^Events a second/).fill("250");
    await page.locator("#change-tenant-reason").fill("a check of the console");
    await accessible(page);
    await page.getByRole("button", { name: "Change them" }).click();
    await page.getByText("The tenant is changed; it is active.").waitFor();
    expect((await page.locator("#facts").innerText()).includes("250"), "the limit that was set");
    await page.locator("#to-status").click();
    await page.getByLabel("It becomes").selectOption("suspended");
    await page.locator("#change-tenant-reason").fill("a check of the console");
    await page.getByRole("button", { name: "Change it" }).click();
    await page.getByText("Not done.").waitFor();
    await shoot(page, "tenant-status");
    await page.locator("#change-tenant-phrase").fill(`SUSPEND ${tenant.toUpperCase()}`);
    await page.getByRole("button", { name: "Change it" }).click();
    await page.getByText("The tenant is changed; it is suspended.").waitFor();
    const refused = await api.start(tenant, "refused", "Too late").then(() => null, (error) => String(error));
    expect(refused !== null, "a suspended tenant to take nothing new");
  });

  await check("a reader is led to none of it, and is told why", async () => {
    const reader = await api.account(tenant, ["reader"], []);
    const other = await open(browser, origin);
    await signIn(other.page, `/t/${tenant}/traces`, reader.token);
    for (const area of ["Accounts", "People", "Tenant", "Environment"]) {
      expect(await other.page.locator(`.rail [data-name="${area}"]`).count() === 0, `no way to ${area}`);
    }
    for (const path of ["/accounts", "/people", `/accounts/${name}`, `/people/${person}`, "/environment"]) {
      await other.page.goto(at(path));
      await other.page.getByText("Only for administrators.").first().waitFor();
      expect(!(await other.page.locator("main").innerText()).includes("workflow_review"), "nothing of what others may do");
    }
    const looker = await api.account(tenant, ["admin"], []);
    await signIn(other.page, `/t/${tenant}/tenant`, looker.token);
    expect(await other.page.locator(".rail [data-name='Accounts']").count() === 0, "no way there without the permission");
    await other.page.goto(at("/accounts?do=create"));
    await other.page.getByText("It needs the permission accounts_manage").waitFor();
    expect(await other.page.getByRole("button", { name: "Make it" }).isDisabled(), "a form that cannot be sent");
    await other.context.close();
  });

  await check("it works without scripts too", async () => {
    const other = await open(browser, origin, { javaScriptEnabled: false });
    await signIn(other.page, `/t/${tenant}/accounts/${name}`);
    await other.page.locator("#to-token").click();
    await other.page.getByRole("button", { name: "Make the token" }).click();
    const token = await other.page.locator("#secret").innerText();
    secrets.push(token);
    expect(await answers(token) === 200, "a token that opens the API");
    await other.page.reload();
    await other.page.waitForSelector("#shown-before");
    await other.context.close();
  });

  await check("no secret went through a socket, and the browser complains of nothing", async () => {
    expect(frames.length > 0, "sockets that were listened to");
    for (const one of secrets) expect(!frames.some((frame) => frame.includes(one)), "no secret in a socket");
    expect(complaints.length === 0, `no complaint, got ${complaints.join(" | ")}`);
  });

  const screens = [["accounts", "/accounts", "#accounts tbody tr"], ["account-one", `/accounts/${name}?do=token`, "#do"], ["people-list", "/people", "#people tbody tr"],
    ["person-form", `/people/${person}?do=change`, "#do"], ["tenant", "/tenant", "#facts"], ["environment", "/environment", "#programs"]];
  for (const [eyes, options] of [["light", {}], ["dark", { colorScheme: "dark" }], ["narrow", { viewport: { width: 320, height: 720 } }]]) {
    await check(`accounts, people, tenant and environment fit ${eyes} eyes`, async () => {
      const other = await open(browser, origin, options);
      await signIn(other.page, `/t/${values.tenant}/traces`);
      for (const [screen, path, shows] of screens) {
        await other.page.goto(`${origin}/t/${values.tenant}${path}`);
        await other.page.waitForSelector(shows);
        await live(other.page);
        await shoot(other.page, `${screen}-${eyes}`);
        await fits(other.page);
        await accessible(other.page);
      }
      await other.context.close();
    });
  }
  await context.close();
}
