import { createRequire } from "node:module";
import type { Page } from "playwright-core";

/** What axe-core finds wrong with the accessibility of a page as it is now. */
export async function violations(page: Page): Promise<unknown[]> {
  if (await page.evaluate("typeof axe") === "undefined") {
    await page.evaluate(
      await Deno.readTextFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js")),
    );
  }
  return await page.evaluate(`axe.run(document).then(({ violations }) => violations.map(
    ({ id, nodes }) => [id, ...nodes.map(({ html, failureSummary }) => html + failureSummary)]))`);
}
