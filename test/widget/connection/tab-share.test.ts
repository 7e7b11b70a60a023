import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { CLOSE, visibleText } from "../../../protocol/index.ts";
import { Connection } from "../../../widget/connection/connection.ts";
import { ProxyApi } from "../../../widget/connection/proxy-api.ts";
import { TabShare } from "../../../widget/connection/tab-share.ts";
import { transports } from "../../../widget/connection/transports.ts";
import type { TabWorld } from "../../../widget/connection/tab-share.ts";
import { Feed } from "../../../widget/feed.ts";
import { readMessage } from "../../../widget/read-message.ts";
import { NODE_WEBSOCKET, QUICK, until } from "../../fakes/client-world.ts";
import { FakeProxy } from "../../fakes/fake-proxy.ts";
import { simpleLog } from "../../fakes/random-log.ts";
import { turns } from "../../fakes/turns.ts";

/** A tab with its own connection, which shares by the browser's own locks and channels. */
class Tab {
  readonly connection: Connection;
  text = "";
  /** Neither hears nor says anything, as a page that the browser put to sleep. */
  isAsleep = false;
  readonly #unheard: MessageEvent[] = [];
  #wake: () => void = () => {};

  constructor(proxy: FakeProxy, name: string, backoffMs: number) {
    const world: TabWorld = { locks: navigator.locks, openChannel: (channel) => this.#open(channel) };
    this.connection = new Connection({
      api: new ProxyApi({ endpoint: proxy.url }),
      transports,
      WebSocket: NODE_WEBSOCKET,
      timing: { ...QUICK, welcomeMs: 2_000, silenceMs: 5_000, backoff: () => backoffMs },
      tabs: async (connection) => new TabShare(connection, name, world),
    });
  }

  /** Reads a stream to its end, or until `signal` aborts. */
  async read(stream: string, signal?: AbortSignal): Promise<string> {
    const feed = new Feed(this.connection, stream, { signal });
    for await (const { message } of readMessage(feed)) this.text = visibleText(message);
    return this.text;
  }

  get isFollowing(): boolean {
    const { state, transport } = this.connection.view;
    return state === "open" && transport === "ws" && !this.isLeading;
  }

  isLeading = false;

  wakeUp(): void {
    this.isAsleep = false;
    this.#wake();
  }

  #open(name: string): ReturnType<TabWorld["openChannel"]> {
    const channel = new BroadcastChannel(name);
    const tab: ReturnType<TabWorld["openChannel"]> = {
      onmessage: null,
      close: () => channel.close(),
      postMessage: (message: { type: string }) => {
        if (message.type === "lead") this.isLeading = true;
        if (!this.isAsleep) channel.postMessage(message);
      },
    };
    const hear = (event: MessageEvent): void => void tab.onmessage?.call(channel, event);
    this.#wake = () => this.#unheard.splice(0).forEach(hear);
    channel.addEventListener("message", (event) => {
      if (this.isAsleep) this.#unheard.push(event as MessageEvent);
      else hear(event as MessageEvent);
    });
    return tab;
  }
}

let worlds = 0;

async function inTabs(
  run: (proxy: FakeProxy, open: (name?: string, backoffMs?: number) => Tab) => Promise<void>,
): Promise<void> {
  const proxy = await FakeProxy.open();
  const tabs: Tab[] = [];
  const world = ++worlds;
  const open = (name = "same", backoffMs = 1): Tab => {
    const tab = new Tab(proxy, `${world}:${name}`, backoffMs);
    tabs.push(tab);
    return tab;
  };
  try {
    await run(proxy, open);
  } finally {
    for (const { connection } of tabs) connection.close();
    await proxy.close();
  }
}

const WORDS = Array.from({ length: 40 }, (_, at) => `w${at} `);
const LOG = simpleLog(WORDS);
/** Everything before the words from `at` on. */
const upTo = (at: number): number => LOG.findIndex((entry) => entry.type === "delta" && entry.text === WORDS[at]);
const WHOLE = WORDS.join("");

test("ten tabs read by one connection, each from its own cursor", async () => {
  await inTabs(async (proxy, open) => {
    proxy.add("s_1", LOG.slice(0, upTo(10)));
    const tabs = Array.from({ length: 10 }, () => open());
    const texts = tabs.map((tab) => tab.read("s_1"));
    await until(() => tabs.every(({ text }) => text === WORDS.slice(0, 10).join("")));
    assert.equal(proxy.attempts.ws, 1);
    proxy.append("s_1", LOG.slice(upTo(10)));
    assert.deepEqual(await Promise.all(texts), Array(10).fill(WHOLE));
    assert.deepEqual({ ...proxy.attempts, post: 0 }, { ws: 1, sse: 0, post: 0 });
  });
});

test("a leader that is closed in mid-answer hands over without a gap", async () => {
  await inTabs(async (proxy, open) => {
    proxy.add("s_1", LOG.slice(0, upTo(10)));
    const leader = open();
    const leaving = new AbortController();
    void leader.read("s_1", leaving.signal);
    await until(() => leader.text !== "");
    const tabs = [open(), open(), open()];
    const texts = tabs.map((tab) => tab.read("s_1"));
    await until(() => tabs.every(({ text }) => text === leader.text));
    leaving.abort();
    leader.connection.close();
    proxy.append("s_1", LOG.slice(upTo(10), upTo(20)));
    await until(() => tabs.every(({ text }) => text === WORDS.slice(0, 20).join("")));
    proxy.append("s_1", LOG.slice(upTo(20)));
    assert.deepEqual(await Promise.all(texts), Array(3).fill(WHOLE));
    assert.equal(proxy.attempts.ws, 2);
  });
});

test("a leader that sleeps is deposed, and reads on through its successor once it wakes", async () => {
  await inTabs(async (proxy, open) => {
    proxy.add("s_1", LOG.slice(0, upTo(10)));
    const sleeper = open();
    const slept = sleeper.read("s_1");
    await until(() => sleeper.text !== "");
    const tab = open();
    const read = tab.read("s_1");
    await until(() => tab.text === sleeper.text);
    sleeper.isAsleep = true;
    proxy.append("s_1", LOG.slice(upTo(10), upTo(20)));
    await until(() => {
      // As a page does that is looked at again.
      tab.connection.reconnect();
      return tab.text === WORDS.slice(0, 20).join("");
    });
    assert.equal(tab.isLeading, true);
    sleeper.wakeUp();
    proxy.append("s_1", LOG.slice(upTo(20)));
    assert.deepEqual(await Promise.all([slept, read]), [WHOLE, WHOLE]);
    assert.equal(proxy.attempts.ws, 2);
  });
});

test("tabs with another endpoint or access token have a connection of their own", async () => {
  await inTabs(async (proxy, open) => {
    proxy.add("s_1", LOG);
    await Promise.all([open("one").read("s_1"), open("two").read("s_1")]);
    assert.equal(proxy.attempts.ws, 2);
  });
});

test("what the leader is refused a tab asks for itself", async () => {
  await inTabs(async (proxy, open) => {
    proxy.add("s_1", LOG.slice(0, upTo(10)));
    const leader = open();
    const read = leader.read("s_1");
    await until(() => leader.text !== "");
    const tab = open();
    await assert.rejects(tab.read("s_unknown"), { code: "not_found" });
    assert.equal(proxy.attempts.ws, 2);
    proxy.append("s_1", LOG.slice(upTo(10)));
    assert.equal(await read, WHOLE);
  });
});

test("the leader stops reading for a tab that is gone without a word", async () => {
  await inTabs(async (proxy, open) => {
    proxy.add("s_1", LOG.slice(0, upTo(10)));
    const leader = open();
    void leader.read("s_1");
    await until(() => leader.text !== "");
    const tab = open();
    void tab.read("s_1");
    await until(() => tab.text === leader.text);
    tab.isAsleep = true;
    tab.connection.close();
    await until(() => proxy.frames.some(({ type }) => type === "unsub"));
    assert.equal(proxy.attempts.ws, 1);
  });
});

test("a tab that follows says of the connection what the leader says", async () => {
  await inTabs(async (proxy, open) => {
    proxy.add("s_1", LOG.slice(0, upTo(10)));
    const leader = open();
    void leader.read("s_1");
    await until(() => leader.text !== "");
    const tab = open();
    void tab.read("s_1");
    await until(() => tab.isFollowing);
    assert.deepEqual(tab.connection.view, leader.connection.view);
  });
});

test("a wish to reconnect in a tab that follows reaches the one that holds the connection", async () => {
  await inTabs(async (proxy, open) => {
    proxy.add("s_1", LOG.slice(0, upTo(10)));
    const [leader, tab] = [open("same", 600_000), open("same", 600_000)];
    const reads = [leader.read("s_1"), tab.read("s_1")];
    await until(() => leader.text !== "" && tab.text === leader.text);
    proxy.closeAll(CLOSE.heartbeat);
    await until(() => tab.connection.view.state === "waiting");
    tab.connection.reconnect();
    proxy.append("s_1", LOG.slice(upTo(10)));
    assert.deepEqual(await Promise.all(reads), [WHOLE, WHOLE]);
    assert.equal(proxy.attempts.ws, 2);
  });
});

test("a page that goes into the back/forward cache holds nothing there, and reads on when it is shown again", async () => {
  const page = { window: new EventTarget(), document: new EventTarget() };
  Object.assign(globalThis, page);
  const held = async (): Promise<number> =>
    ((await navigator.locks.query()).held ?? []).filter(({ name }) => name?.includes("tabs:1:")).length;
  try {
    await inTabs(async (proxy, open) => {
      proxy.add("s_1", LOG.slice(0, upTo(10)));
      const tabs = [open(), open()];
      const reads = tabs.map((tab) => tab.read("s_1"));
      await until(() => tabs.every(({ text }) => text !== ""));
      // Who is there, and who leads.
      assert.equal(await held(), 3);
      page.window.dispatchEvent(new Event("pagehide"));
      await turns();
      assert.equal(await held(), 0);
      page.window.dispatchEvent(new Event("pageshow"));
      proxy.append("s_1", LOG.slice(upTo(10)));
      assert.deepEqual(await Promise.all(reads), [WHOLE, WHOLE]);
      assert.equal(proxy.attempts.ws, 2);
    });
  } finally {
    for (const name of Object.keys(page)) Reflect.deleteProperty(globalThis, name);
  }
});

test("whatever tabs come, sleep, wake and go, each reads all of it once", async () => {
  const step = fc.record({ what: fc.constantFrom("open", "close", "sleep", "wake", "say"), which: fc.nat(5) });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 16 }), async (steps) => {
      await inTabs(async (proxy, open) => {
        let said = 2;
        proxy.add("s_1", LOG.slice(0, upTo(said)));
        const begin = (): { tab: Tab; read: Promise<string>; leaving: AbortController } => {
          const leaving = new AbortController();
          const tab = open();
          return { tab, leaving, read: tab.read("s_1", leaving.signal) };
        };
        const here = [begin(), begin()];
        for (const { what, which } of steps) {
          const at = which % here.length;
          const { tab, leaving } = here[at]!;
          if (what === "open" && here.length < 6) here.push(begin());
          else if (what === "sleep") tab.isAsleep = true;
          else if (what === "wake") tab.wakeUp();
          else if (what === "close" && here.length > 1) {
            here.splice(at, 1);
            leaving.abort();
            tab.connection.close();
          } else if (what === "say" && said + 2 < WORDS.length) {
            proxy.append("s_1", LOG.slice(upTo(said), upTo(said + 2)));
            said += 2;
          }
          await turns();
        }
        for (const { tab } of here) tab.wakeUp();
        proxy.append("s_1", LOG.slice(proxy.streams.get("s_1")!.log.length));
        let isOver = false;
        const all = Promise.all(here.map(({ read }) => read)).finally(() => (isOver = true));
        await until(() => {
          // As a reader does who looks from tab to tab.
          for (const { tab } of here) tab.connection.reconnect();
          return isOver;
        });
        assert.deepEqual(
          await all,
          here.map(() => WHOLE),
        );
      });
    }),
    { numRuns: 40 },
  );
});
