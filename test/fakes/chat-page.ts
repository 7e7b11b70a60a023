/** A stream controller on a fake proxy, with a host that stands for the element. */
import { visibleText } from "../../protocol/index.ts";
import type { LogEntry } from "../../protocol/index.ts";
import type { ChatMessage } from "../../widget/chat.ts";
import { loadTalk, StreamController } from "../../widget/stream-controller.ts";
import type { StreamOptions } from "../../widget/stream-controller.ts";
import { NODE_WEBSOCKET } from "./client-world.ts";
import { FakeProxy } from "./fake-proxy.ts";
import { simpleLog } from "./random-log.ts";

/** Milliseconds: nothing is given up while a test looks. */
const TIMING = { welcomeMs: 500, silenceMs: 2_000, probeMs: 50, ackMs: 5, idleMs: 1_000, backoff: () => 1 };

export class ChatPage {
  readonly proxy: FakeProxy;
  readonly events: Event[] = [];
  readonly controller: StreamController;
  options: StreamOptions;
  #waiting: { readonly check: () => boolean; readonly resolve: () => void }[] = [];

  /** @param load what does the work, where a test wants it late */
  constructor(proxy: FakeProxy, options: Partial<StreamOptions> = {}, load = loadTalk) {
    this.proxy = proxy;
    this.options = {
      endpoint: proxy.url,
      WebSocket: NODE_WEBSOCKET,
      timing: TIMING,
      onEvent: (event) => this.events.push(event),
      ...options,
    };
    const host = {
      id: "chat",
      isConnected: true,
      addController: () => {},
      requestUpdate: () => {
        const due = this.#waiting.filter(({ check }) => check());
        this.#waiting = this.#waiting.filter((wait) => !due.includes(wait));
        for (const { resolve } of due) resolve();
      },
    };
    this.controller = new StreamController(
      host as unknown as ConstructorParameters<typeof StreamController>[0],
      () => this.options,
      load,
    );
    this.controller.hostConnected();
  }

  /** Resolves at the first update at which it holds. */
  until(check: (controller: StreamController) => boolean): Promise<void> {
    if (check(this.controller)) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ check: () => check(this.controller), resolve }));
  }

  get texts(): string[] {
    return this.controller.messages.map(textOf);
  }

  types(): string[] {
    return this.events.map(({ type }) => type.replace("ai-stream-", ""));
  }

  close(): void {
    this.controller.hostDisconnected();
  }
}

const textOf = (message: ChatMessage): string => (message.role === "user" ? message.text : visibleText(message));
export const isIdle = ({ status }: StreamController): boolean => status === "idle";

/** A log whose ids differ from those of other answers. */
export const answerLog = (number: number, texts: readonly string[], ended = true): LogEntry[] =>
  simpleLog(texts, ended).map((entry) =>
    entry.type === "stream.start" ? { ...entry, id: `s_${number}`, message: `m_${number}` } : entry,
  );

export async function onPage(run: (page: ChatPage) => Promise<void>, options?: Partial<StreamOptions>): Promise<void> {
  const proxy = await FakeProxy.open();
  const page = new ChatPage(proxy, options);
  await page.controller.ready;
  try {
    await run(page);
  } finally {
    page.close();
    await proxy.close();
  }
}
