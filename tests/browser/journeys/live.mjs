// How soon an event is on the screen: from the answer of the append to the row in the page. Times are told, not judged here.

const EVENTS = 25;

export default async function soon({ browser, origin, api, signIn, live, open, check, expect }) {
  const tenant = await api.tenant();
  await api.start(tenant, "soon", "A trace that grows");
  const { context, page } = await open(browser, origin);
  await signIn(page, `/t/${tenant}/traces/soon`);
  await live(page);

  await check("each event comes by itself", async () => {
    await page.evaluate(() => {
      window.__seen = new Map();
      new MutationObserver(() => {
        for (const node of document.querySelectorAll("#timeline > li")) {
          const name = node.textContent.match(/soon-\d+/)?.[0];
          if (name && !window.__seen.has(name)) window.__seen.set(name, Date.now());
        }
      }).observe(document.body, { childList: true, subtree: true, characterData: true });
    });
    const times = [];
    for (let nth = 0; nth < EVENTS; nth += 1) {
      const name = `soon-${nth}`;
      await api.read(tenant, "soon", name);
      const committed = Date.now();
      const shown = await page.waitForFunction((one) => window.__seen.get(one), name, { polling: 50 });
      times.push(Math.max(0, await shown.jsonValue() - committed));
      // Not in step with the console's own pauses.
      await page.waitForTimeout(200 + 137 * (nth % 11));
    }
    times.sort((a, b) => a - b);
    console.log(`     ${EVENTS} events on the screen after p50 ${times[Math.floor(EVENTS / 2)]} ms, p95 ${times[Math.ceil(EVENTS * 0.95) - 1]} ms, at most ${times.at(-1)} ms`);
    expect(times.length === EVENTS, "all of them");
  });
  await context.close();
}
