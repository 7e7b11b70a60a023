import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { watchPage } from "../../../widget/connection/page-lifecycle.ts";
import { inClientWorld, QUICK, until } from "../../fakes/client-world.ts";
import { simpleLog } from "../../fakes/random-log.ts";
import { turns } from "../../fakes/turns.ts";

/** Just enough of a browser. */
class FakeDocument extends EventTarget {
  visibilityState = "visible";
}

let page: { readonly window: EventTarget; readonly document: FakeDocument };

beforeEach(() => {
  page = { window: new EventTarget(), document: new FakeDocument() };
  Object.assign(globalThis, page);
});
afterEach(() => {
  for (const name of Object.keys(page)) Reflect.deleteProperty(globalThis, name);
});

const say = (type: string): boolean => page.window.dispatchEvent(new Event(type));

test("the page's and the network's events become inputs, until it is told to stop", () => {
  const inputs: string[] = [];
  const input = (name: string) => () => void inputs.push(name);
  const stop = watchPage({
    wake: input("wake"),
    offline: input("offline"),
    suspend: input("suspend"),
    resume: input("resume"),
  });
  for (const type of ["offline", "online", "pagehide", "pageshow"]) say(type);
  page.document.dispatchEvent(new Event("resume"));
  page.document.visibilityState = "hidden";
  page.document.dispatchEvent(new Event("visibilitychange"));
  page.document.visibilityState = "visible";
  page.document.dispatchEvent(new Event("visibilitychange"));
  assert.deepEqual(inputs, ["offline", "wake", "suspend", "resume", "wake", "wake"]);
  stop();
  say("online");
  assert.equal(inputs.length, 6);
});

for (const transport of ["ws", "sse"] as const) {
  test(`a page that goes away closes its connection, and reads on when it is shown again (${transport})`, async () => {
    await inClientWorld(async ({ proxy, connect }) => {
      const log = simpleLog(["a", "b"]);
      proxy.add("s_1", log.slice(0, 5));
      const client = connect({ transport });
      let entries = 0;
      for await (const batch of client.follow("s_1")) {
        entries += batch.entries.length;
        if (entries !== 5) continue;
        say("pagehide");
        assert.equal(client.connection.view.state, "idle");
        await until(() => proxy.viewers === 0);
        proxy.append("s_1", log.slice(5));
        say("pageshow");
      }
      assert.equal(entries, log.length);
    });
  });
}

test("being online again ends a long wait at once", async () => {
  await inClientWorld(async ({ proxy, connect }) => {
    const log = simpleLog(["a", "b"]);
    proxy.add("s_1", log.slice(0, 5));
    const client = connect({ transport: "ws", timing: { ...QUICK, backoff: () => 1_000_000 } });
    let entries = 0;
    for await (const batch of client.follow("s_1")) {
      entries += batch.entries.length;
      if (entries !== 5) continue;
      proxy.cutAll();
      await until(() => client.connection.view.state === "waiting");
      say("offline");
      assert.equal(client.connection.view.state, "offline");
      proxy.append("s_1", log.slice(5));
      await turns();
      say("online");
    }
    assert.equal(entries, log.length);
  });
});

test("a socket that died in its sleep is found out soon after waking", async () => {
  await inClientWorld(async ({ proxy, connect }) => {
    const log = simpleLog(["a", "b"]);
    proxy.add("s_1", log.slice(0, 5));
    let deliveries = 0;
    proxy.mischief = () => ({ length: 5, what: deliveries++ === 1 ? "stall" : "none" });
    const client = connect({ transport: "ws", timing: { ...QUICK, silenceMs: 1_000_000 } });
    let entries = 0;
    for await (const batch of client.follow("s_1")) {
      entries += batch.entries.length;
      if (entries !== 5) continue;
      proxy.isDeaf = true;
      proxy.append("s_1", log.slice(5));
      say("online");
      await until(() => proxy.attempts.ws === 2);
      proxy.isDeaf = false;
    }
    assert.equal(entries, log.length);
  });
});
