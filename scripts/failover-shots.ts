/** Photographs a provider that dies in the middle of a long answer: the moment before, while another takes over, and after. */
import type { Browser } from "playwright-core";
import { createProxy } from "../proxy/index.ts";
import { openScriptedProvider } from "../test/fakes/scripted-provider.ts";

const INTRODUCTION = `## Moving a database without downtime

A move in **four steps**, each of which can be undone:

1. **Copy** the schema, then the rows, while the old database goes on serving.
2. **Follow** the changes that are made meanwhile, until both are the same.
3. **Compare** counts and checksums, table by table.
4. **Switch** readers first and writers last.

`;
const REST = `| step | can be undone by | takes |
| ---- | ---------------- | ----- |
| copy | deleting the copy | hours |
| follow | stopping the follower | minutes |
| compare | nothing was changed | minutes |
| switch | switching back | seconds |

Keep the old database for a week. Nobody has ever regretted that.
`;

/** @param take photographs under the name of a moment */
export async function photographFailover(
  browser: Browser,
  take: (page: Awaited<ReturnType<Browser["newPage"]>>, moment: string) => Promise<unknown>,
): Promise<void> {
  await using first = await openScriptedProvider();
  await using second = await openScriptedProvider();
  const provider = (baseUrl: string) => ({ kind: "openai-compatible", baseUrl, apiKey: "none" }) as const;
  const proxy = await createProxy(
    {
      port: 0,
      store: "sqlite::memory:",
      providers: { north: provider(first.baseUrl), south: provider(second.baseUrl) },
      agents: { default: { models: ["north/large-1", "south/small-2"], show: { model: true } } },
    },
    { env: {}, logLevel: "silent" },
  );
  const { url } = await proxy.listen();
  await using context = await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme: "light" });
  const page = await context.newPage();
  const shows = (text: string) => page.locator("ai-stream article.answer").getByText(text).last().waitFor();
  try {
    await page.goto(url);
    await page.locator('ai-stream [part~="input"]').fill("How do I move a database without downtime?");
    await page.keyboard.press("Enter");
    const call = await first.next();
    await call.write(INTRODUCTION);
    await shows("writers last");
    await take(page, "before");

    call.die();
    const again = await second.next();
    await page.getByText("south").or(page.getByText("small-2")).first().waitFor();
    await take(page, "notice");
    await again.write(INTRODUCTION.slice(0, 120));
    await page.locator("ai-stream [part~=voided]").waitFor();
    await take(page, "during");

    await again.write(INTRODUCTION.slice(120), REST);
    again.finish();
    await shows("Nobody has ever");
    await page.waitForFunction(() => document.querySelector("ai-stream")?.status === "idle");
    await take(page, "after");
  } finally {
    await proxy.close(0);
  }
}
