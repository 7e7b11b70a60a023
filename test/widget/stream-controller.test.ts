import assert from "node:assert/strict";
import { test } from "node:test";
import { WebSocket } from "ws";
import { emptyMessage, fold, isStreamError, visibleText } from "../../protocol/index.ts";
import type { LogEntry } from "../../protocol/index.ts";
import type { ChatMessage } from "../../widget/chat.ts";
import { remember } from "../../widget/connection/tab-memory.ts";
import { StreamController } from "../../widget/stream-controller.ts";
import type { StreamOptions } from "../../widget/stream-controller.ts";
import { FakeProxy } from "../fakes/fake-proxy.ts";
import { simpleLog } from "../fakes/random-log.ts";

const TIMING = { welcomeMs: 500, silenceMs: 2_000, probeMs: 50, ackMs: 5, idleMs: 1_000, backoff: () => 1 };

/** Stands for the element: counts updates and collects events. */
class Page {
  readonly proxy: FakeProxy;
  readonly events: Event[] = [];
  readonly controller: StreamController;
  options: StreamOptions;
  #waiting: { readonly check: () => boolean; readonly resolve: () => void }[] = [];

  constructor(proxy: FakeProxy, options: Partial<StreamOptions> = {}) {
    this.proxy = proxy;
    this.options = {
      endpoint: proxy.url,
      WebSocket: WebSocket as unknown as typeof globalThis.WebSocket,
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
const isIdle = ({ status }: StreamController): boolean => status === "idle";

/** A log whose ids differ from those of other answers. */
const answerLog = (number: number, texts: readonly string[], ended = true): LogEntry[] =>
  simpleLog(texts, ended).map((entry) =>
    entry.type === "stream.start" ? { ...entry, id: `s_${number}`, message: `m_${number}` } : entry,
  );

async function onPage(run: (page: Page) => Promise<void>, options?: Partial<StreamOptions>): Promise<void> {
  const proxy = await FakeProxy.open();
  const page = new Page(proxy, options);
  try {
    await run(page);
  } finally {
    page.close();
    await proxy.close();
  }
}

test("send() shows the question, then the answer as it streams, and ends idle", async () => {
  await onPage(async (page) => {
    const log = answerLog(1, ["Hello", " you"]);
    page.proxy.onStart = () => page.proxy.add("s_1", log.slice(0, 5));
    await page.controller.send("Hi");
    await page.until(() => page.texts[1] === "Hello");
    assert.equal(page.controller.status, "streaming");
    page.proxy.append("s_1", log.slice(5));
    await page.until(isIdle);
    assert.deepEqual(page.texts, ["Hi", "Hello you"]);
    assert.deepEqual(
      page.types().filter((type) => type !== "connection"),
      ["status", "start", "status", "token", "token", "block", "message", "status"],
    );
    const [question, answer] = page.controller.messages;
    assert.equal(question?.role === "user" && question.state, "sent");
    assert.equal(answer?.parent, question?.id);
    assert.deepEqual(answer, { ...fold(emptyMessage("i1"), log), parent: question?.id });
    assert.equal(page.controller.conversation, "c_1");
  });
});

test("messages sent while an answer streams wait for their turn and follow it", async () => {
  await onPage(async (page) => {
    const logs = [answerLog(1, ["one"]), answerLog(2, ["two"])];
    page.proxy.onStart = (_request, number) => page.proxy.add(`s_${number}`, logs[number - 1]!.slice(0, 4));
    await page.controller.send("first");
    const second = page.controller.send("second");
    await page.until(({ messages }) => messages.length === 3);
    assert.deepEqual(page.texts, ["first", "", "second"]);
    const queued = page.controller.messages[2];
    assert.equal(queued?.role === "user" && queued.state, "queued");
    page.proxy.append("s_1", logs[0]!.slice(4));
    await second;
    page.proxy.append("s_2", logs[1]!.slice(4));
    await page.until((controller) => isIdle(controller) && controller.messages.length === 4);
    assert.deepEqual(page.texts, ["first", "one", "second", "two"]);
    assert.deepEqual(
      page.proxy.starts.map(({ input, conversation, parent }) => [input, conversation, parent]),
      [
        ["first", undefined, undefined],
        ["second", "c_1", "m_1"],
      ],
    );
  });
});

test("a message whose answer was lost on the way is delivered once", async () => {
  await onPage(async (page) => {
    let posts = 0;
    page.proxy.http = ({ method, url }) => (method === "POST" && url === "/v1/streams" && posts++ < 3 ? "cut" : null);
    page.proxy.onStart = () => page.proxy.add("s_1", answerLog(1, ["ok"]));
    await page.controller.send("Hi");
    await page.until(isIdle);
    assert.equal(page.proxy.attempts.post, 4);
    assert.equal(page.proxy.starts.length, 1);
    assert.deepEqual(page.texts, ["Hi", "ok"]);
  });
});

test("while the proxy cannot be reached the message is queued and the connection says that it waits", async () => {
  await onPage(async (page) => {
    let isDown = true;
    page.proxy.http = () => (isDown ? "cut" : null);
    page.proxy.onStart = () => page.proxy.add("s_1", answerLog(1, ["ok"]));
    const sent = page.controller.send("Hi");
    await page.until(({ connection }) => connection.state === "waiting" && connection.error !== undefined);
    const [question] = page.controller.messages;
    assert.equal(question?.role === "user" && question.state, "queued");
    assert.equal(page.controller.connection.error?.code, "connect_timeout");
    isDown = false;
    await sent;
    await page.until(isIdle);
    assert.deepEqual(page.texts, ["Hi", "ok"]);
  });
});

test("a refused message stays, marked with the error; retry() sends it again under the same id", async () => {
  await onPage(async (page) => {
    page.proxy.http = ({ method }) => (method === "POST" ? 429 : null);
    await assert.rejects(
      () => page.controller.send("Hi"),
      (error) => isStreamError(error) && error.code === "rate_limited",
    );
    const [failed] = page.controller.messages;
    assert.equal(failed?.role === "user" && failed.state, "failed");
    assert.equal(failed?.role === "user" && failed.error?.code, "rate_limited");
    assert.ok(page.types().includes("error"));
    page.proxy.http = () => null;
    page.proxy.onStart = () => page.proxy.add("s_1", answerLog(1, ["ok"]));
    await page.controller.retry();
    await page.until(isIdle);
    assert.deepEqual(page.texts, ["Hi", "ok"]);
    assert.equal(page.proxy.starts[0]?.sendId, failed?.id);
  });
});

test("stop() tells the proxy and waits for the end in the stream", async () => {
  await onPage(async (page) => {
    const log = answerLog(1, ["Hello", " you"]);
    page.proxy.onStart = () => page.proxy.add("s_1", log.slice(0, 5));
    await page.controller.send("Hi");
    await page.until(() => page.texts[1] === "Hello");
    await page.controller.stop();
    assert.deepEqual(page.proxy.cancelled, ["s_1"]);
    assert.equal(page.controller.status, "stopping");
    const end = { ...log.at(-1)!, seq: 6, reason: "cancelled" } as LogEntry;
    page.proxy.append("s_1", [{ ...end, digest: 0xf7d18982 } as LogEntry]);
    await page.until(isIdle);
    const answer = page.controller.messages[1];
    assert.equal(answer?.role === "assistant" && answer.status, "cancelled");
    assert.equal(page.texts[1], "Hello");
  });
});

test("stop() while starting cancels the answer once it has begun", async () => {
  await onPage(async (page) => {
    page.proxy.onStart = () => page.proxy.add("s_1", answerLog(1, ["a"], false));
    void page.controller.send("Hi");
    await page.until(({ status }) => status === "starting");
    await page.controller.stop();
    await page.until(() => page.proxy.cancelled.length === 1);
    assert.deepEqual(page.proxy.cancelled, ["s_1"]);
  });
});

test("regenerate() and edit() branch off where the question stood", async () => {
  await onPage(async (page) => {
    page.proxy.onStart = (_request, number) => page.proxy.add(`s_${number}`, answerLog(number, [`answer ${number}`]));
    await page.controller.send("one");
    await page.until(isIdle);
    await page.controller.send("two");
    await page.until(isIdle);
    await page.controller.regenerate();
    await page.until(isIdle);
    assert.deepEqual(page.texts, ["one", "answer 1", "two", "answer 3"]);
    await page.controller.edit(page.controller.messages[0]!.id, "uno");
    await page.until(isIdle);
    assert.deepEqual(page.texts, ["uno", "answer 4"]);
    assert.deepEqual(
      page.proxy.starts.map(({ parent }) => parent),
      [undefined, "m_1", "m_1", null],
    );
  });
});

test("after a reload the tab's conversation is shown and its running answer goes on", async () => {
  await onPage(async (page) => {
    const log = answerLog(1, ["Hello", " you"]);
    page.proxy.onStart = () => page.proxy.add("s_1", log.slice(0, 5));
    await page.controller.send("Hi");
    await page.until(() => page.texts[1] === "Hello");
    page.close();
    page.proxy.conversations.set("c_1", {
      id: "c_1",
      agent: "default",
      head: "m_1",
      messages: [
        { role: "user", id: "m_0", parent: null, text: "Hi", attachments: [], ts: 1 },
        { ...page.proxy.message("s_1"), parent: "m_0", ts: 2 },
      ],
    });
    const reloaded = new Page(page.proxy);
    await reloaded.until(() => reloaded.texts[1] === "Hello");
    assert.equal(reloaded.controller.conversation, "c_1");
    page.proxy.append("s_1", log.slice(5));
    await reloaded.until(isIdle);
    assert.deepEqual(reloaded.texts, ["Hi", "Hello you"]);
    assert.equal(page.proxy.starts.length, 1);
    reloaded.close();
  });
});

test("a message that was on its way at a reload is not asked twice", async () => {
  await onPage(async (page) => {
    page.proxy.http = ({ method }) => (method === "POST" ? "cut" : null);
    page.proxy.onStart = () => page.proxy.add("s_1", answerLog(1, ["ok"]));
    void page.controller.send("Hi").catch(() => {});
    await page.until(() => page.proxy.attempts.post > 0 && page.controller.connection.state === "waiting");
    page.close();
    page.proxy.http = () => null;
    const reloaded = new Page(page.proxy);
    await reloaded.until((controller) => isIdle(controller) && controller.messages.length === 2);
    assert.deepEqual(reloaded.texts, ["Hi", "ok"]);
    assert.equal(page.proxy.starts.length, 1);
    reloaded.close();
  });
});

test("an element moved in the page keeps its messages and reads on", async () => {
  await onPage(async (page) => {
    const log = answerLog(1, ["Hello", " you"]);
    page.proxy.onStart = () => page.proxy.add("s_1", log.slice(0, 5));
    await page.controller.send("Hi");
    await page.until(() => page.texts[1] === "Hello");
    page.controller.hostDisconnected();
    page.controller.hostConnected();
    assert.deepEqual(page.texts, ["Hi", "Hello"]);
    page.proxy.append("s_1", log.slice(5));
    await page.until((controller) => isIdle(controller) && page.texts[1] === "Hello you");
    assert.equal(page.proxy.attempts.ws, 1);
  });
});

test("a remembered conversation that is gone is a new conversation, not a failure", async () => {
  const proxy = await FakeProxy.open();
  remember(`chat:${proxy.url}||chat`, JSON.stringify({ conversation: "c_gone", waiting: [] }));
  const page = new Page(proxy);
  await page.until(({ conversation }) => conversation === null);
  assert.deepEqual(
    page.types().filter((type) => type === "error"),
    [],
  );
  page.close();
  await proxy.close();
});

test("clear() begins a new conversation and forgets the old one", async () => {
  await onPage(async (page) => {
    page.proxy.onStart = (_request, number) => page.proxy.add(`s_${number}`, answerLog(number, ["ok"]));
    await page.controller.send("one");
    await page.until(isIdle);
    page.controller.clear();
    assert.deepEqual(page.texts, []);
    assert.equal(page.controller.conversation, null);
    await page.controller.send("two");
    await page.until(isIdle);
    assert.deepEqual(page.texts, ["two", "ok"]);
    assert.equal(page.proxy.starts[1]?.conversation, undefined);
  });
});

test("a stream that is gone ends the answer with the error, keeping what was shown", async () => {
  await onPage(async (page) => {
    page.proxy.onStart = () => page.proxy.add("s_1", answerLog(1, ["Hello"], false));
    await page.controller.send("Hi");
    await page.until(() => page.texts[1] === "Hello");
    page.proxy.streams.delete("s_1");
    page.proxy.cutAll();
    await page.until(isIdle);
    const answer = page.controller.messages[1];
    assert.deepEqual(answer?.role === "assistant" && [answer.status, answer.end?.error?.code], ["error", "not_found"]);
    assert.equal(page.texts[1], "Hello");
  });
});

test("a bad endpoint shows as a failed connection naming the field", async () => {
  await onPage(
    async (page) => {
      assert.equal(page.controller.connection.state, "failed");
      assert.equal(page.controller.connection.error?.field, "endpoint");
      await assert.rejects(() => page.controller.send("Hi"), /not connected/);
    },
    { endpoint: "ftp://example.com" },
  );
});

test("options that change begin anew at the next update", async () => {
  await onPage(async (page) => {
    page.proxy.onStart = () => page.proxy.add("s_1", answerLog(1, ["ok"]));
    await page.controller.send("one");
    await page.until(isIdle);
    page.options = { ...page.options, agent: "other" };
    page.controller.hostUpdate();
    assert.deepEqual(page.texts, []);
    await page.controller.send("two");
    assert.equal(page.proxy.starts[1]?.agent, "other");
  });
});

test("the first agent greets, or the one that was asked for", async () => {
  await onPage(async (page) => {
    await page.until(({ agent }) => agent !== null);
    assert.deepEqual(page.controller.agent, { name: "default", greeting: "Hello" });
  });
});
