import assert from "node:assert/strict";
import { test } from "node:test";
import { randomId } from "../../widget/random-id.ts";
import { answerLog, isIdle, onPage } from "../fakes/chat-page.ts";

test("ids differ, and fit where the proxy takes them", () => {
  const ids = new Set(Array.from({ length: 1_000 }, randomId));
  assert.equal(ids.size, 1_000);
  for (const id of ids) assert.match(id, /^[\d-]{7,43}$/);
});

test("a page that came without TLS sends its messages", async (t) => {
  // What browsers leave out there.
  Object.defineProperty(crypto, "randomUUID", { value: undefined, configurable: true });
  t.after(() => Reflect.deleteProperty(crypto, "randomUUID"));
  await onPage(async (page) => {
    page.proxy.onStart = () => page.proxy.add("s_1", answerLog(1, ["ok"]));
    await page.controller.send("Hi");
    await page.until((controller) => isIdle(controller) && page.texts[1] === "ok");
  });
});
