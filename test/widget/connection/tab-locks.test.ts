/** What becomes of tabs' agreements where the browser does not let a page have what it takes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { visibleText } from "../../../protocol/index.ts";
import { alone } from "../../../widget/connection/alone.ts";
import { Connection } from "../../../widget/connection/connection.ts";
import { ProxyApi } from "../../../widget/connection/proxy-api.ts";
import { TabShare } from "../../../widget/connection/tab-share.ts";
import type { TabWorld } from "../../../widget/connection/tab-share.ts";
import { transports } from "../../../widget/connection/transports.ts";
import { Feed } from "../../../widget/feed.ts";
import { readMessage } from "../../../widget/read-message.ts";
import { NODE_WEBSOCKET, QUICK } from "../../fakes/client-world.ts";
import { FakeProxy } from "../../fakes/fake-proxy.ts";
import { simpleLog } from "../../fakes/random-log.ts";

const openChannel: TabWorld["openChannel"] = () => ({ onmessage: null, close: () => {}, postMessage: () => {} });
/** As in a frame that is sandboxed: there are locks, and none for an opaque origin. */
const refusing = {
  request: () => Promise.reject(new DOMException("Access to the Locks API is denied", "SecurityError")),
} as unknown as TabWorld["locks"];

test("a page that is refused locks, as in a sandboxed frame, has a connection of its own", async (t) => {
  const proxy = await FakeProxy.open();
  t.after(() => proxy.close());
  proxy.add("s_1", simpleLog(["Hello", " you"]));
  const connection = new Connection({
    api: new ProxyApi({ endpoint: proxy.url }),
    transports,
    WebSocket: NODE_WEBSOCKET,
    timing: QUICK,
    tabs: async (own) => new TabShare(own, "refused", { locks: refusing, openChannel }),
  });
  t.after(() => connection.close());
  let text = "";
  for await (const { message } of readMessage(new Feed(connection, "s_1"))) text = visibleText(message);
  assert.equal(text, "Hello you");
});

test("what only one tab may do is done there all the same, unless it is given up", async (t) => {
  t.mock.method(navigator.locks, "request", refusing.request);
  // That of a page: only there other tabs are waited for.
  Object.defineProperty(globalThis, "document", { value: {}, configurable: true });
  t.after(() => Reflect.deleteProperty(globalThis, "document"));
  const stop = new AbortController();
  assert.equal(await alone("a", async () => "done"), "done");
  assert.equal(await alone("a", async () => "done", stop.signal), "done");
  stop.abort(new Error("given up"));
  await assert.rejects(
    alone("a", async () => "done", stop.signal),
    /given up/,
  );
});
