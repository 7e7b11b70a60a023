import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { Load } from "../../proxy/pump/load.ts";
import { fakeProvider, finish, more, text } from "../fakes/fake-provider.ts";
import { openSocket, runProxy } from "../fakes/running-proxy.ts";

test("while there is too much load no stream begins, every way says so, and those that run are finished", async (t) => {
  const gate = Promise.withResolvers<void>();
  const proxy = await runProxy([fakeProvider("p", [text("one"), gate.promise, more(" two"), finish])]);
  t.after(() => proxy.close());
  const start = (key: string) => proxy.post("/v1/streams", { input: "x" }, { "idempotency-key": key });
  const begun = (await (await start("a")).json()) as { id: string };

  const overloaded = mock.getter(Load.prototype, "isOverloaded", () => true);
  t.after(() => mock.restoreAll());
  const refused = await start("b");
  assert.equal(refused.status, 503);
  const { error } = (await refused.json()) as { error: { code: string; retryAfterMs: number } };
  assert.equal(error.code, "capacity");
  const seconds = Number(refused.headers.get("retry-after"));
  assert.ok(seconds >= 2 && seconds <= 6 && seconds * 1_000 >= error.retryAfterMs, `${seconds} s`);
  const socket = await openSocket(proxy);
  socket.send({ type: "start", rid: "r", input: "x" });
  const frame = await socket.next("err");
  assert.deepEqual([frame.rid, frame.error.code], ["r", "capacity"]);
  assert.ok(frame.error.retryAfterMs! >= 2_000);
  socket.close();
  const ready = await proxy.get("/readyz");
  assert.deepEqual([ready.status, ((await ready.json()) as { status: string }).status], [503, "overloaded"]);
  assert.match(await (await proxy.get("/metrics")).text(), /^ai_stream_starts_refused_total\{code="capacity"\} 2$/m);

  const again = await start("a");
  assert.deepEqual([again.status, ((await again.json()) as { id: string }).id], [200, begun.id], "it has begun");
  const live = proxy.get(`/v1/streams/${begun.id}/live`);
  gate.resolve();
  assert.match(await (await live).text(), /"stream\.end".*"reason":"stop"/);

  overloaded.mock.restore();
  assert.equal((await start("b")).status, 201, "what was refused has left no trace");
});
