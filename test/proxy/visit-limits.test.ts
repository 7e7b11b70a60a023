/** How often, and how many at once, as a client meets it. */
import assert from "node:assert/strict";
import { afterEach, describe, test } from "node:test";
import type { ServerFrame, WireError } from "../../protocol/index.ts";
import type { ConfigInput } from "../../proxy/config-schema.ts";
import { mintAccessToken } from "../../proxy/guard/access-token.ts";
import { fakeProvider, finish, text } from "../fakes/fake-provider.ts";
import { openSocket, runProxy } from "../fakes/running-proxy.ts";
import type { RunningProxy } from "../fakes/running-proxy.ts";

const SECRET = "a secret for tests only";
const as = (sub: string) => {
  const token = mintAccessToken({ sub, exp: Math.floor(Date.now() / 1_000) + 600 }, SECRET);
  return { authorization: `Bearer ${token}` };
};

let proxy: RunningProxy;
afterEach(() => proxy?.close());

/** One provider whose answers end when they are let. */
async function open(access: ConfigInput["access"]) {
  const gate = Promise.withResolvers<void>();
  proxy = await runProxy(
    [fakeProvider("p", [text("one"), gate.promise, finish])],
    access === undefined ? {} : { access },
  );
  return gate;
}

async function start(headers: Record<string, string> = {}) {
  const response = await proxy.post("/v1/streams", { input: "x" }, headers);
  const { id = "", error } = (await response.json()) as { id?: string; error?: WireError };
  return { id, status: response.status, error, retryAfter: Number(response.headers.get("retry-after")) };
}

describe("limits of a visitor", () => {
  test("one more at once than may be is refused, over HTTP and WebSocket, until one has ended", async () => {
    const gate = await open({ secret: SECRET, perVisitor: { concurrent: 2, streamsPerMinute: 100 } });
    const begun = [await start(as("ann")), await start(as("ann"))];
    const { status, error, retryAfter } = await start(as("ann"));
    assert.deepEqual([status, error?.code, error?.retryable, retryAfter], [429, "rate_limited", true, 2]);
    assert.equal(error?.message, "You may begin 2 answers at once: another has to end first");
    const socket = await openSocket(proxy, { hello: false });
    socket.send({ type: "hello", v: 1, accessToken: as("ann").authorization.slice("Bearer ".length) });
    await socket.next("welcome");
    socket.send({ type: "start", rid: "r", input: "x" });
    assert.equal((await socket.next("err")).error.code, "rate_limited");
    socket.close();
    assert.equal((await start(as("bob"))).status, 201, "another visitor's own");
    assert.match(await (await proxy.get("/metrics")).text(), /starts_refused_total\{code="rate_limited"\} 2/);
    gate.resolve();
    await proxy.get(`/v1/streams/${begun[0]!.id}/live`, as("ann")).then((live) => live.text());
    assert.equal((await start(as("ann"))).status, 201);
  });

  test("so many begin in a minute; a start that is sent again is no other", async () => {
    await open({ secret: SECRET, perVisitor: { streamsPerMinute: 2, concurrent: 100 } });
    const first = { ...as("ann"), "idempotency-key": "k" };
    const { id } = await start(first);
    assert.deepEqual([(await start(first)).id, (await start(first)).status], [id, 200]);
    assert.equal((await start(as("ann"))).status, 201);
    const { status, error, retryAfter } = await start(as("ann"));
    assert.deepEqual([status, error?.code, error?.message], [429, "rate_limited", "You may begin 2 answers a minute"]);
    assert.ok(retryAfter > 50 && retryAfter <= 60, String(retryAfter));
    assert.deepEqual([(await start(first)).id, (await start(first)).status], [id, 200], "what has begun can be joined");
  });

  test("a start that is sent twice at once is one, also where there is room for one only", async () => {
    await open({ secret: SECRET, perVisitor: { streamsPerMinute: 1, concurrent: 1 } });
    const socket = await openSocket(proxy, { hello: false });
    socket.send({ type: "hello", v: 1, accessToken: as("ann").authorization.slice("Bearer ".length) });
    await socket.next("welcome");
    const answered = Promise.withResolvers<void>();
    const answers: ServerFrame[] = [];
    socket.ws.on("message", (bytes: Buffer) => {
      if (answers.push(JSON.parse(bytes.toString()) as ServerFrame) === 8) answered.resolve();
    });
    for (let n = 0; n < 8; n++) socket.send({ type: "start", rid: `r${n}`, input: "x", sendId: "k" });
    await answered.promise;
    assert.equal(
      new Set(answers.map((frame) => (frame.type === "started" ? frame.id : JSON.stringify(frame)))).size,
      1,
    );
    socket.close();
  });

  test("ten a minute and two at once where nothing is written and visitors are told apart; none on an open proxy", async () => {
    await open({ secret: SECRET });
    for (let n = 0; n < 2; n++) assert.equal((await start(as("ann"))).status, 201);
    assert.equal((await start(as("ann"))).status, 429);
    await proxy.close();
    await open(undefined);
    for (let n = 0; n < 12; n++) assert.equal((await start()).status, 201);
  });

  test("an address is limited across its visitors", async () => {
    await open({ secret: SECRET, trustedProxies: 1, perAddress: { streamsPerMinute: 1 } });
    const from = (sub: string, address: string) => start({ ...as(sub), "x-forwarded-for": address });
    assert.equal((await from("ann", "192.0.2.1")).status, 201);
    assert.equal((await from("bob", "192.0.2.1")).error?.message, "Your address may begin one answer a minute");
    assert.equal((await from("bob", "192.0.2.2")).status, 201);
  });

  test("a start that is refused for another reason takes no place", async () => {
    await open({ secret: SECRET, perVisitor: { streamsPerMinute: 1, concurrent: 1 } });
    const wrong = { input: "x", conversation: "c_unknown" };
    assert.equal((await proxy.post("/v1/streams", wrong, as("ann"))).status, 404);
    assert.equal((await start(as("ann"))).status, 201);
  });
});

describe("access.paused", () => {
  test("no answer begins, and every way says so and when to ask again; all else goes on", async () => {
    await open({ paused: true });
    const { status, error, retryAfter } = await start();
    assert.deepEqual([status, error?.code, error?.retryable], [503, "paused", true]);
    assert.ok(retryAfter >= 30 && retryAfter <= 90, String(retryAfter));
    const socket = await openSocket(proxy);
    socket.send({ type: "start", rid: "r", input: "x" });
    assert.equal((await socket.next("err")).error.code, "paused");
    socket.close();
    assert.deepEqual([(await proxy.get("/v1/conversations")).status, (await proxy.get("/readyz")).status], [200, 200]);
  });
});
