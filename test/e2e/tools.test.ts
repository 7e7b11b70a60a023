/** Tools that run in the page run once, whatever is reloaded or open beside it; a person decides about the others. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { BrowserContext, Page } from "playwright-core";
import { defineTool } from "../../proxy/index.ts";
import type { ProviderCall } from "../fakes/scripted-provider.ts";
import { openWorld, useBrowser } from "./world.ts";
import type { ChatPage, World } from "./world.ts";

useBrowser();

/** A world whose pages have a tool `mark`; it runs until the test lets it. */
async function openToolWorld() {
  const paid: unknown[] = [];
  const looked: string[] = [];
  const looking = Promise.withResolvers<void>();
  const look = (what: string) =>
    defineTool({
      description: `Looks at the ${what}`,
      parameters: { type: "object" },
      async run() {
        looked.push(what);
        await looking.promise;
        return `${what} is fine`;
      },
    });
  const pay = defineTool({
    description: "Pays",
    parameters: { type: "object" },
    approval: "always",
    run: (args) => {
      paid.push(args);
      return "paid";
    },
  });
  const world = await openWorld({
    agents: {
      default: {
        models: ["scripted/scripted"],
        pageMay: ["tools"],
        tools: { pay, tide: look("tide"), weather: look("weather") },
        show: { toolArguments: true, toolResults: true },
      },
    },
  });
  const runs: Page[] = [];
  const started: PromiseWithResolvers<void>[] = [];
  const release: PromiseWithResolvers<string>[] = [];
  await offerMark(world.context, (page) => {
    const turn = runs.push(page) - 1;
    (started[turn] ??= Promise.withResolvers()).resolve();
    return (release[turn] ??= Promise.withResolvers()).promise;
  });
  return {
    world,
    paid,
    /** What the two tools of the proxy were asked for; they answer together, once `looking` resolves. */
    looked,
    looking,
    /** The pages it ran in, in order. */
    runs,
    started: (turn: number) => (started[turn] ??= Promise.withResolvers()).promise,
    release: (turn: number, value: string) => (release[turn] ??= Promise.withResolvers()).resolve(value),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

/** Sets the tool as a page does: in its script, at each load. */
async function offerMark(context: BrowserContext, run: (page: Page) => Promise<string>): Promise<void> {
  await context.exposeBinding("runMark", ({ page }) => run(page));
  await context.addInitScript(async () => {
    await customElements.whenDefined("ai-stream");
    const runMark = (globalThis as unknown as { runMark: () => Promise<string> }).runMark;
    document.querySelector("ai-stream")!.tools = { mark: { description: "Marks", run: () => runMark() } };
  });
}

/** The provider calls tools, and is asked again with what came of them. */
async function callTools(
  world: World,
  call: ProviderCall,
  calls: Readonly<Record<string, object>>,
): Promise<ProviderCall> {
  const fragments = Object.entries(calls).map(([name, args], index) => ({
    index,
    id: `call_${name}`,
    function: { name, arguments: JSON.stringify(args) },
  }));
  const event = (fields: object): string => `data: ${JSON.stringify({ id: "x", model: "scripted", ...fields })}\n\n`;
  await call.writeRaw(
    event({ choices: [{ index: 0, delta: { tool_calls: fragments } }] }) +
      event({ choices: [{ index: 0, delta: {}, finish_reason: "tool_calls" }] }),
  );
  await call.writeRaw("data: [DONE]\n\n");
  return world.provider.next();
}

const callTool = (world: World, call: ProviderCall, name: string, args: object): Promise<ProviderCall> =>
  callTools(world, call, { [name]: args });

const toolResultOf = ({ body }: ProviderCall): string => String(body.messages.at(-1)?.content);

async function finish(chat: ChatPage, call: ProviderCall): Promise<void> {
  await call.write("All done");
  call.finish();
  await chat.ended();
  await chat.reads("All done");
}

test("a page tool runs in the page, and the answer goes on with its result", async () => {
  await using tools = await openToolWorld();
  const { world } = tools;
  const chat = await world.openPage();
  await chat.ask("Mark it");
  const next = callTool(world, await world.provider.next(), "mark", {});
  await tools.started(0);
  assert.match((await chat.page.locator("ai-stream [part~=tool]").textContent()) ?? "", /mark\s+Running/);
  tools.release(0, "marked");
  const second = await next;
  assert.match(toolResultOf(second), /marked/);
  await finish(chat, second);
  assert.equal(tools.runs.length, 1);
  assert.deepEqual(chat.errors, []);
});

test("a page reloaded while its tool runs does not run it again: the model is told that the outcome is unknown", async () => {
  await using tools = await openToolWorld();
  const { world } = tools;
  const chat = await world.openPage();
  await chat.ask("Mark it");
  const next = callTool(world, await world.provider.next(), "mark", {});
  await tools.started(0);
  await chat.page.reload();
  const second = await next;
  assert.match(toolResultOf(second), /outcome is unknown/);
  await finish(chat, second);
  assert.equal(tools.runs.length, 1);
  assert.equal(world.provider.requests, 2);
});

test("a result that could not be delivered before a reload is delivered after it", async () => {
  await using tools = await openToolWorld();
  const { world } = tools;
  const chat = await world.openPage();
  const blocked = Promise.withResolvers<void>();
  await chat.page.route("**/tools/*", (route) => {
    blocked.resolve();
    return route.abort();
  });
  await chat.ask("Mark it");
  const next = callTool(world, await world.provider.next(), "mark", {});
  tools.release(0, "marked");
  await blocked.promise;
  await chat.page.unroute("**/tools/*");
  await chat.page.reload();
  const second = await next;
  assert.match(toolResultOf(second), /marked/);
  await finish(chat, second);
  assert.equal(tools.runs.length, 1);
});

test("with two tabs on one conversation a call runs in one of them, also when that one goes away", async () => {
  await using tools = await openToolWorld();
  const { world } = tools;
  const tabs = [await world.openPage(), await world.openPage()];
  await tabs[0]!.ask("Mark it");
  const call = await world.provider.next();
  await call.write("First ");
  await tabs[0]!.reads("First");
  await tabs[1]!.set("conversation", (await tabs[0]!.lastAnswer()).conversation);
  await tabs[1]!.reads("First");
  const next = callTool(world, call, "mark", {});
  await tools.started(0);
  for (const tab of tabs) await tab.page.locator("ai-stream [part~=tool][data-state=running]").waitFor();
  tools.release(0, "marked");
  const second = await next;
  assert.match(toolResultOf(second), /marked/);

  const third = callTool(world, second, "mark", {});
  await tools.started(1);
  const running = tabs.find(({ page }) => page === tools.runs[1])!;
  const other = tabs.find((tab) => tab !== running)!;
  await running.page.close();
  const last = await third;
  assert.match(toolResultOf(last), /outcome is unknown/);
  await last.write("All done");
  last.finish();
  await other.ended();
  assert.equal(tools.runs.length, 2);
});

test("a call that needs a yes waits for it over a reload, and runs once; without it it does not run", async () => {
  await using tools = await openToolWorld();
  const { world, paid } = tools;
  const chat = await world.openPage();
  const card = chat.page.locator("ai-stream [part~=tool]").last();
  for (const [button, outcome] of [
    ["approve", /paid/],
    ["deny", /Denied by the user/],
  ] as const) {
    await chat.ask("Pay");
    const next = callTool(world, await world.provider.next(), "pay", { usd: 9 });
    await chat.page.locator(`ai-stream [part~=${button}]`).waitFor();
    assert.match((await card.textContent()) ?? "", /Waits for approval[^]*"usd": 9/);
    await chat.page.reload();
    await chat.page.locator(`ai-stream [part~=${button}]`).click();
    const second = await next;
    assert.match(toolResultOf(second), outcome);
    await finish(chat, second);
    assert.deepEqual(paid, [{ usd: 9 }]);
  }
  assert.deepEqual(chat.errors, []);
});

test("an agent of three steps, with two tools of the proxy at once, one of the page and an approval, runs nothing twice over reloads", async () => {
  await using tools = await openToolWorld();
  const { world, paid, looked, looking } = tools;
  const chat = await world.openPage();
  const cards = chat.page.locator("ai-stream [part~=tool]");

  await chat.ask("Take me sailing");
  const second = callTools(world, await world.provider.next(), { tide: {}, weather: {} });
  await chat.until(async () => (await cards.count()) === 2);
  await chat.page.reload();
  await chat.until(async () => (await cards.count()) === 2);
  assert.deepEqual(looked.toSorted(), ["tide", "weather"]);
  looking.resolve();
  const asked = await second;
  assert.deepEqual(
    asked.body.messages.slice(-2).map(({ role, content }) => [role, String(content)]),
    [
      ["tool", "tide is fine"],
      ["tool", "weather is fine"],
    ],
  );

  const third = callTool(world, asked, "mark", {});
  await tools.started(0);
  tools.release(0, "marked");
  const fourth = callTool(world, await third, "pay", { usd: 9 });
  await chat.page.locator("ai-stream [part~=approve]").waitFor();
  await chat.page.reload();
  await chat.page.locator("ai-stream [part~=approve]").click();
  const last = await fourth;
  assert.match(toolResultOf(last), /paid/);
  await finish(chat, last);

  assert.deepEqual([looked.length, tools.runs.length, paid.length, world.provider.requests], [2, 1, 1, 4]);
  assert.equal((await chat.lastAnswer()).steps, 4);
  assert.equal(await cards.count(), 4);
  assert.deepEqual(chat.errors, []);
});
