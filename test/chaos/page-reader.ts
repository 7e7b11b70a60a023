/** The element on its page, in a real browser, as a reader. */
import type { BrowserContext } from "playwright-core";
import { ChatPage, textOf } from "../e2e/world.ts";
import type { TcpFaults } from "../fakes/tcp-faults.ts";
import { difference, PATIENCE_MS } from "./reader.ts";
import type { Ended, Reader, Seen } from "./reader.ts";

/** Minutes in the world outside. */
const DEAD_MS = 5_000;

/** As it reads on the page, where white space is not kept. */
const plain = (text: string): string => text.replaceAll(/\s+/g, " ").trim();

export class PageReader implements Reader {
  readonly line: TcpFaults;
  /** A page does not tell its cursor: what it shows is looked at instead. */
  readonly seen: readonly Seen[] = [];
  readonly #context: BrowserContext;
  readonly #chat: ChatPage;

  private constructor(line: TcpFaults, context: BrowserContext, chat: ChatPage) {
    this.line = line;
    this.#context = context;
    this.#chat = chat;
  }

  /** @param line @param context its own: the reader closes both */
  static async open(line: TcpFaults, context: BrowserContext, transport: "ws" | "sse"): Promise<PageReader> {
    context.setDefaultTimeout(PATIENCE_MS);
    // Of the element itself, from its first moment, after a reload too.
    if (transport === "sse") await context.routeWebSocket(/\/v1\/ws$/, (socket) => socket.close({ code: 1011 }));
    return new PageReader(line, context, await ChatPage.open(await context.newPage(), line.url));
  }

  /** Asks, and returns the id of the stream that answers. */
  async ask(question: string): Promise<string> {
    await this.#chat.ask(question);
    await this.#until(
      () => `a stream for "${question}"`,
      async () => {
        const last = (await this.#chat.messages()).at(-1);
        return last?.role === "assistant" && last.stream !== "";
      },
    );
    return (await this.#chat.lastAnswer()).stream;
  }

  async reads(text: string): Promise<void> {
    const wanted = plain(text);
    let found = "";
    await this.#until(
      () => difference(found, wanted),
      async () => (found = await this.#shown()) === wanted,
    );
  }

  async ended(): Promise<Ended> {
    await this.#until(
      () => "the end",
      () =>
        this.#chat.page.evaluate(() => {
          const { status, messages } = document.querySelector("ai-stream")!;
          const last = messages.at(-1);
          return status === "idle" && last?.role === "assistant" && last.status !== "running";
        }),
    );
    const message = await this.#chat.lastAnswer();
    const text = textOf(message);
    // What the element says it has is what a person reads.
    await this.reads(text);
    if (this.#chat.errors.length > 0) throw new Error(`the page had errors: ${this.#chat.errors.join("; ")}`);
    return { status: message.status, text };
  }

  async reload(): Promise<void> {
    const { page } = this.#chat;
    const isLoaded = page.reload().then(() => page.locator("ai-stream [part~=frame]").waitFor());
    // A browser asks over a kept connection, and that one may be dead: sooner or later the system tells it so.
    const timer = setTimeout(() => this.line.reset(), DEAD_MS);
    await isLoaded.finally(() => clearTimeout(timer));
  }

  async offline(on: boolean): Promise<void> {
    // Emulated, it leaves an open socket alone; a network that is away does not.
    await this.#context.setOffline(on);
    if (on) this.line.reset();
  }

  async wake(): Promise<void> {
    await this.#chat.page.evaluate(() => window.dispatchEvent(new Event("online")));
  }

  async cancel(): Promise<void> {
    await this.#chat.page.evaluate(() => document.querySelector("ai-stream")!.stop());
  }

  async close(): Promise<void> {
    await this.#context.close();
    await this.line.close();
  }

  #shown(): Promise<string> {
    return this.#chat.text().then(plain);
  }

  /** Looks at each frame of the page. */
  async #until(what: () => string, condition: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    while (!(await condition())) {
      if (performance.now() > deadline)
        throw new Error(`not within ${PATIENCE_MS} ms: ${what()}; ${await this.#state()}`);
      await this.#chat.page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
    }
  }

  async #state(): Promise<string> {
    const state = await this.#chat.page.evaluate(() => {
      const { connection, status } = document.querySelector("ai-stream")!;
      return { connection, status };
    });
    return JSON.stringify({
      ...state,
      errors: this.#chat.errors,
      line: { open: this.line.open, accepted: this.line.accepted },
    });
  }
}
