// From a trace to what it is connected to, what is like it, and how it was decided; with scripts and without.

import { readFileSync } from "node:fs";

const TRACE = "trace-precedent-renewal-001", OTHER = "trace-incident-review-003";

export default async function knowledge(world) {
  const { browser, origin, values, signIn, live, accessible, shoot, open, check, expect } = world;
  const tenant = `${origin}/t/${values.tenant}`;
  for (const scripts of [true, false]) {
    const how = scripts ? "" : " without scripts";
    const { context, page, complaints } = await open(browser, origin, { javaScriptEnabled: scripts });
    const there = async (selector) => {
      await page.waitForSelector(selector);
      if (scripts) await live(page);
    };
    await signIn(page, `/t/${values.tenant}/traces`);

    await check(`a trace has views${how}`, async () => {
      await page.goto(`${tenant}/traces/${TRACE}`);
      await there("#timeline");
      const tabs = page.getByRole("navigation", { name: "Views of this trace" });
      await tabs.getByRole("link", { name: "Policy" }).click();
      await there("#decision-path");
      const types = await page.locator("#decision-path .event-type").allInnerTexts();
      const expected = ["PolicyEvaluated", "ExceptionRequested", "ApprovalRecorded", "ActionProposed", "ActionCommitted", "TraceFinished"];
      expect(JSON.stringify(types) === JSON.stringify(expected), `the steps of the decision, got ${types}`);
      expect((await page.locator("#evaluations").innerText()).includes("discount_threshold"), "the violation of the policy");
      if (scripts) await accessible(page);
      await tabs.getByRole("link", { name: "Review" }).click();
      await there("#reviews li");
      const review = await page.locator("#reviews a").first().getAttribute("href");
      expect(review.startsWith(`/t/${values.tenant}/reviews/`), `a link to the item, got ${review}`);
      await tabs.getByRole("link", { name: "Raw" }).click();
      await there("#raw");
      const [file] = await Promise.all([page.waitForEvent("download"), page.locator("#save-events").click()]);
      const lines = readFileSync(await file.path(), "utf8").trimEnd().split("\n").map((line) => JSON.parse(line));
      expect(lines.length === 9 && lines.every((line, at) => line.trace_id === TRACE && line.trace_seq === at), `nine events in order, got ${lines.length}`);
      await tabs.getByRole("link", { name: "Graph" }).click();
      await there("#graph");
    });

    await check(`a trace leads through the graph to its policy and an entity${how}`, async () => {
      await page.locator("#explore").click();
      await page.waitForURL(/\/graph\?node=trace:/);
      // The address comes first, and the view of the trace that is left has a drawing too.
      await there("#depth");
      await there("#graph [role=img]");
      const summary = await page.locator("#graph [role=img]").getAttribute("aria-label");
      expect(/^\d+ nodes, \d+ edges, centre trace trace-precedent/.test(summary), `a summary, got ${summary}`);
      expect(summary.split(",")[0] === `${await page.locator("#graph .g-node").count()} nodes`, "as many links as nodes");
      await page.locator("#graph [data-key='policy:discount-cap:2026.03']").click();
      await page.waitForURL(/sel=policy:discount-cap/);
      await page.locator("#picked").getByRole("heading", { name: "policy" }).waitFor();
      await page.locator("#center-here").click();
      await page.waitForURL(/node=policy:discount-cap/);
      await page.waitForFunction(() => document.querySelector("#graph .center")?.dataset.key.startsWith("policy:"));
      expect(await page.locator(`#graph [data-key='trace:${OTHER}']`).count() === 1, "the other trace that the policy was evaluated in");
      await page.locator("#graph [data-key='entity:account:acct-delta-logistics']").click();
      await page.locator("#picked").getByText("account:acct-delta-logistics").first().waitFor();
      await page.getByLabel("Path to", { exact: true }).selectOption(`trace:${TRACE}`);
      await page.getByRole("button", { name: "Find path" }).click();
      await page.locator("#path").waitFor();
      expect((await page.locator("#path").innerText()).includes("Path of 3 steps"), "the path over the other trace and the policy");
    });

    await check(`the graph is a table too, of the same and of what it was${how}`, async () => {
      await page.goto(`${tenant}/graph?node=trace:${TRACE}`);
      await there("#graph");
      const nodes = await page.locator("#graph .g-node").count();
      await page.locator("#other-view").click();
      await there("#nodes");
      expect(await page.locator("#nodes tbody tr").count() === nodes, `${nodes} rows`);
      expect((await page.locator("#edges").innerText()).includes("approved by"), "an approval by its decision");
      if (scripts) await accessible(page);
      await page.getByRole("checkbox", { name: /^policy/ }).uncheck();
      await page.getByRole("button", { name: "Show", exact: true }).click();
      await page.waitForURL(/types=/);
      await there("#nodes");
      await page.locator("#nodes tr[data-key^='policy:']").waitFor({ state: "detached" });
      expect(await page.locator("#nodes tr[data-key^='policy:']").count() === 0, "no policy");
      await page.goBack();
      await page.locator("#nodes tr[data-key^='policy:']").waitFor();
      // Without scripts the browser itself brings back what was ticked before leaving.
      if (scripts) expect(await page.getByRole("checkbox", { name: /^policy/ }).isChecked(), "the box to be ticked again");
      await page.goto(`${tenant}/graph?node=trace:${TRACE}&as_of=2&view=table`);
      await there("#nodes");
      const then = await page.locator("#nodes tbody tr").count();
      expect(then > 0 && then < nodes, `fewer nodes at log position 2, got ${then} of ${nodes}`);
    });

    await check(`the drawing can be kept and moved${how}`, async () => {
      await page.goto(`${tenant}/graph?node=trace:${TRACE}`);
      await there("#graph");
      const [drawing] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Save as SVG" }).click()]);
      const text = readFileSync(await drawing.path(), "utf8");
      expect(text.startsWith("<svg xmlns=") && text.includes("discount-cap:2026.03"), "a drawing with its nodes");
      if (scripts) {
        const wrong = await page.evaluate((svg) => new DOMParser().parseFromString(svg, "image/svg+xml").querySelector("parsererror")?.textContent, text.replace(/<style>.*?<\/style>/, "")); // its style is none of this page
        expect(!wrong, `a drawing that is XML, got ${wrong}`);
      }
      const [data] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Save as JSON" }).click()]);
      const graph = JSON.parse(readFileSync(await data.path(), "utf8"));
      expect(graph.center === `trace:${TRACE}` && graph.nodes.length === await page.locator("#graph .g-node").count(), "the same nodes as data");
      const width = async () => Number((await page.locator("#graph").getAttribute("viewBox")).split(" ")[2]);
      const before = await width();
      await page.getByRole("link", { name: "Nearer" }).click();
      await page.waitForURL(/zoom=1/);
      await there("#graph[data-pan='1']");
      expect(await width() < before, "to see less of it from nearer");
      if (scripts) {
        const near = await width();
        await page.locator("#graph").hover();
        await page.keyboard.down("Control");
        await page.mouse.wheel(0, -200);
        await page.keyboard.up("Control");
        await page.waitForFunction((near) => Number(document.getElementById("graph").getAttribute("viewBox").split(" ")[2]) < near, near);
      }
    });

    await check(`precedents are found and compared${how}`, async () => {
      await page.goto(`${tenant}/precedents`);
      await there("#precedents tbody tr");
      await page.getByLabel("Policy", { exact: true }).fill("discount-cap");
      await page.getByRole("button", { name: "Find", exact: true }).click();
      await page.waitForURL(/policy=discount-cap/);
      await page.getByText("policy discount-cap @ 2026.03").first().waitFor();
      if (scripts) await live(page);
      await page.locator(`tr[data-trace='${TRACE}'] input[name=a]`).check();
      await page.locator(`tr[data-trace='${OTHER}'] input[name=b]`).check();
      await page.getByRole("button", { name: "Compare A with B" }).click();
      await page.waitForURL(/\/compare\?/);
      await there("#sentence");
      expect(await page.locator("#sentence").innerText() === "A ended with success, B ended with failure. A was approved, B was rejected.", "what came of both");
      const fact = page.locator("#facts tr[data-line=requested_discount_pct]");
      expect(/different\s*\+8/.test(await fact.innerText()), `the difference of a number, got ${await fact.innerText()}`);
      expect((await page.locator("#facts tr[data-line=term_months]").innerText()).includes("only in A"), "what only one has");
      await shoot(page, `compare${scripts ? "" : "-plain"}`);
      await page.locator("#only-differences").click();
      await page.waitForURL(/only=differences/);
      await page.locator("#decision tr[data-line=Workflow]").waitFor({ state: "detached" });
      await page.goto(`${tenant}/traces/${TRACE}?tab=precedents`);
      await there("#by-policy");
      expect(await page.locator(`#by-policy tr[data-trace='${TRACE}']`).count() === 0, "a trace not to be its own precedent");
      await page.locator("#by-policy").getByRole("link", { name: /^Compare with/ }).first().click();
      await there("#sentence");
    });

    await check(`what is not there is said${how}`, async () => {
      await page.goto(`${tenant}/graph?node=trace:no-such-trace`);
      await page.getByText("Nothing is connected to this node.").waitFor();
      await page.goto(`${tenant}/graph?node=no-such-trace`);
      await page.getByText("A node is named by its kind and id").waitFor();
      await page.goto(`${tenant}/compare?a=${TRACE}&b=no-such-trace`);
      await page.getByText("There is no trace no-such-trace.").waitFor();
      const answer = await context.request.get(`${tenant}/trace.ndjson?trace_id=no-such-trace`);
      expect(answer.status() === 404, `no file of it, got ${answer.status()}`);
    });

    await check(`no complaint of the browser on the way${how}`, async () => {
      expect(complaints.length === 0, `no complaint, got ${complaints.join(" | ")}`);
    });
    await context.close();
  }
}
