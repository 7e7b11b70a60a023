/** What an end-to-end test plays in: a scripted provider, a real proxy, a breakable wire, and a page in a real browser. */
import assert from "node:assert/strict";
import { after, before } from "node:test";
import type { Browser, BrowserContext, Page } from "playwright-core";
import type { Message } from "../../protocol/index.ts";
import type { AssistantMessage, ChatMessage } from "../../widget/chat.ts";
import { createProxy } from "../../proxy/index.ts";
import type { ConfigInput, Proxy } from "../../proxy/index.ts";
import { openScriptedProvider } from "../fakes/scripted-provider.ts";
import type { ScriptedProvider } from "../fakes/scripted-provider.ts";
import { openTcpFaults } from "../fakes/tcp-faults.ts";
import type { TcpFaults } from "../fakes/tcp-faults.ts";
import { launchBrowser } from "./browser.ts";
import { ensureScriptBuild } from "./script-build.ts";

/** A condition of a page that is not met within this has failed: far above the longest wait the element makes. */
const PATIENCE_MS = 30_000;

export interface World extends AsyncDisposable {
  readonly provider: ScriptedProvider;
  /** Between the browser and the proxy. */
  readonly wire: TcpFaults;
  /** The proxy itself, past the wire. */
  readonly proxyUrl: string;
  readonly context: BrowserContext;
  /** Opens the demo page over the wire. */
  openPage(): Promise<ChatPage>;
}

let browser: Browser;

/** Starts one browser for the tests of a file; call at its top. */
export function useBrowser(): void {
  before(async () => {
    ensureScriptBuild();
    browser = await launchBrowser();
  });
  after(() => browser.close());
}

/** @param run what to put behind the wire in place of a proxy in this process */
export async function openWorld(
  input: ConfigInput = {},
  run: (config: ConfigInput) => Promise<RunningProxy> = runInProcess,
): Promise<World> {
  await using stack = new AsyncDisposableStack();
  const provider = stack.use(await openScriptedProvider());
  const proxy = stack.use(await run(configOf(provider, input)));
  const wire = stack.use(await openTcpFaults(Number(new URL(proxy.url).port)));
  const context = stack.use(await browser.newContext({ viewport: { width: 1000, height: 800 } }));
  context.setDefaultTimeout(PATIENCE_MS);
  const open = stack.move();
  return {
    provider,
    wire,
    proxyUrl: proxy.url,
    context,
    openPage: async () => ChatPage.open(await context.newPage(), wire.url),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

export interface RunningProxy extends AsyncDisposable {
  readonly url: string;
}

/** The scripted provider answers, unless the test names others. */
const configOf = ({ baseUrl }: ScriptedProvider, input: ConfigInput): ConfigInput => ({
  port: 0,
  store: "sqlite::memory:",
  providers: { scripted: { kind: "openai-compatible", baseUrl, apiKey: "test-key" } },
  ...(input.providers === undefined ? { agents: { default: { models: ["scripted/scripted"] } } } : {}),
  ...input,
});

async function runInProcess(config: ConfigInput): Promise<RunningProxy> {
  const proxy: Proxy = await createProxy(config, { env: {}, logLevel: "silent" });
  const { url } = await proxy.listen();
  return { url, [Symbol.asyncDispose]: () => proxy.close(0) };
}

/** The element on its page, as a reader and as the page's author see it. */
export class ChatPage {
  readonly page: Page;
  /** Errors the page threw or reported; a test that expects none asserts so. */
  readonly errors: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    page.on("pageerror", (error) => this.errors.push(error.message));
  }

  static async open(page: Page, url: string): Promise<ChatPage> {
    const chat = new ChatPage(page);
    await page.goto(url);
    await page.locator("ai-stream [part~=frame]").waitFor();
    return chat;
  }

  /** Writes into the composer and presses Enter. */
  async ask(question: string): Promise<void> {
    await this.page.locator("ai-stream [part~=input]").fill(question);
    await this.page.keyboard.press("Enter");
  }

  /** The text of the last answer as a person reads it: what is in the DOM, voided text included as long as it stands there. */
  async text(): Promise<string> {
    const blocks = await this.page.locator("ai-stream article.answer").last().locator("[part~=text]").allTextContents();
    return plain(blocks.join(" "));
  }

  /** Waits until exactly this can be read in the last answer. */
  async reads(expected: string): Promise<void> {
    const wanted = plain(expected);
    try {
      await this.until(async () => (await this.text()) === wanted);
    } catch (error) {
      assert.equal(await this.text(), wanted, { cause: error } as never);
      throw error;
    }
  }

  async messages(): Promise<readonly ChatMessage[]> {
    return this.page.evaluate(() => document.querySelector("ai-stream")!.messages);
  }

  async lastAnswer(): Promise<AssistantMessage> {
    const last = (await this.messages()).at(-1);
    assert(last?.role === "assistant", "the last message is no answer");
    return last;
  }

  /** Waits until nothing is on its way any more, and returns the last answer. */
  async ended(): Promise<AssistantMessage> {
    await this.until(() =>
      this.page.evaluate(() => {
        const { status, messages } = document.querySelector("ai-stream")!;
        const last = messages.at(-1);
        return status === "idle" && last?.role === "assistant" && last.status !== "running";
      }),
    );
    return this.lastAnswer();
  }

  connection(): Promise<string> {
    return this.page.evaluate(() => document.querySelector("ai-stream")!.connection.state);
  }

  async set(attribute: string, value: string): Promise<void> {
    await this.page.evaluate(
      ([name, text]) => document.querySelector("ai-stream")!.setAttribute(name!, text!),
      [attribute, value],
    );
  }

  /** Asks again at each frame of the page until the condition holds. */
  async until(condition: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    while (!(await condition())) {
      if (performance.now() > deadline)
        throw new Error(`not within ${PATIENCE_MS} ms; errors: ${this.errors.join("; ")}`);
      await this.page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
    }
  }
}

/** Words as read: white space between blocks and words counts as one space. */
const plain = (text: string): string => text.replaceAll(/\s+/g, " ").trim();

/** Numbered words in pieces: one that is missing, doubled or out of place shows. */
export const pieces = (count: number, wordsEach = 6): string[] =>
  Array.from({ length: count }, (_, piece) =>
    Array.from({ length: wordsEach }, (_unused, word) => `w${piece * wordsEach + word + 1} `).join(""),
  );

/** The visible text of an answer, from its message. */
export const textOf = ({ blocks }: Pick<Message, "blocks">): string =>
  blocks.map((block) => (block.kind === "text" ? block.text : "")).join("");
