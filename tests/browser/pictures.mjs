// Pictures for the documentation: each screen once in light and dark, as small as they may be.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SCREENS } from "./screens.mjs";

export async function pictures({ browser, origin, values, signIn, live, open, check }) {
  mkdirSync(values.pictures, { recursive: true });
  for (const colorScheme of ["light", "dark"]) {
    const { context, page } = await open(browser, origin, { colorScheme, viewport: { width: 1280, height: 800 } });
    if (values.token) await signIn(page, `/t/${values.tenant}`);
    const session = await context.newCDPSession(page);
    for (const { name, path, shows } of SCREENS) {
      await check(`a picture of ${name}, ${colorScheme}`, async () => {
        await page.goto(`${origin}/t/${values.tenant}${path}`);
        await page.waitForSelector(shows);
        await live(page);
        const { data } = await session.send("Page.captureScreenshot", { format: "webp", quality: 80 });
        writeFileSync(join(values.pictures, `${name}-${colorScheme}.webp`), Buffer.from(data, "base64"));
      });
    }
    await context.close();
  }
}
