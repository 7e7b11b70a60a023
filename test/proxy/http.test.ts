import assert from "node:assert/strict";
import { afterEach, describe, test } from "node:test";
import { emptyMessage, fold, visibleText } from "../../protocol/index.ts";
import type { LogEntry, Message } from "../../protocol/index.ts";
import type { Provider } from "../../proxy/provider/provider.ts";
import { fakeProvider, finish, more, text } from "../fakes/fake-provider.ts";
import { parseSse, runProxy } from "../fakes/running-proxy.ts";
import type { RunningProxy } from "../fakes/running-proxy.ts";

type Started = { id: string; conversation: string; message: string; cursor: string; links: Record<string, string> };
type ErrorBody = { error: { code: string; message: string; field?: string } };

const WORDS = Array.from({ length: 20 }, (_, index) => ` word${index}`);
const WORDY = [text("Once"), ...WORDS.map(more), finish];

describe("the HTTP routes", () => {
  let proxy: RunningProxy;
  afterEach(() => proxy?.close());

  const serve = async (...providers: Provider[]) => (proxy = await runProxy(providers));
  const start = async (body: object, headers?: Record<string, string>) => {
    const response = await proxy.post("/v1/streams", body, headers);
    return { status: response.status, body: (await response.json()) as Started };
  };
  const finished = (id: string) => proxy.get(`/v1/streams/${id}/live`).then((response) => response.text());

  test("a start answers 201 with ids, cursor and links; the live stream and the message tell the same text", async () => {
    await serve(fakeProvider("p", WORDY));
    const { status, body } = await start({ input: "tell me" });
    assert.equal(status, 201);
    assert.match(body.id, /^s_[\w-]{22}$/);
    assert.match(body.conversation, /^c_/);
    assert.match(body.message, /^m_/);
    const events = parseSse(await finished(body.id));
    const inc = body.cursor.split(".")[0]!;
    assert.deepEqual(
      events.map(({ id }) => id),
      events.map((_, index) => `${inc}.${index + 1}`),
    );
    const entries = events.map(({ data }) => JSON.parse(data) as LogEntry);
    const message = (await (await proxy.get(body.links["message"]!)).json()) as Message;
    assert.deepEqual(JSON.parse(JSON.stringify(fold(emptyMessage(inc), entries))), message);
    assert.equal(visibleText(message), "Once" + WORDS.join(""));
    assert.deepEqual([message.status, message.end?.reason, message.usage.output], ["complete", "stop", 5]);
  });

  test("Last-Event-ID gives exactly the rest, from every place, and wins over after; at the end it is 204", async () => {
    await serve(fakeProvider("p", WORDY));
    const { body } = await start({ input: "x" });
    const whole = parseSse(await finished(body.id));
    for (const [index, { id }] of whole.entries()) {
      const response = await proxy.get(`/v1/streams/${body.id}/live?after=0`, { "last-event-id": id! });
      if (index === whole.length - 1) assert.equal(response.status, 204);
      else assert.deepEqual(parseSse(await response.text()), whole.slice(index + 1));
    }
  });

  test("with Accept: text/event-stream the start is the live stream", async () => {
    await serve(fakeProvider("p", WORDY));
    const response = await proxy.post("/v1/streams", { input: "x" }, { accept: "text/event-stream" });
    assert.equal(response.status, 200);
    assert.match(response.headers.get("content-type")!, /^text\/event-stream/);
    assert.match(response.headers.get("location")!, /^\/v1\/streams\/s_/);
    assert.match(response.headers.get("cache-control")!, /no-transform/);
    const events = parseSse(await response.text());
    assert.equal((JSON.parse(events.at(-1)!.data) as LogEntry).type, "stream.end");
  });

  test("with Prefer: wait the start is the final message", async () => {
    await serve(fakeProvider("p", WORDY));
    const response = await proxy.post("/v1/streams", { input: "x" }, { prefer: "wait" });
    assert.equal(response.status, 200);
    const message = (await response.json()) as Message;
    assert.deepEqual([message.status, visibleText(message)], ["complete", "Once" + WORDS.join("")]);
  });

  test("the same Idempotency-Key never starts a second answer", async () => {
    const provider = fakeProvider("p", WORDY);
    await serve(provider);
    const key = { "idempotency-key": "send-1" };
    const [first, second] = await Promise.all([start({ input: "x" }, key), start({ input: "x" }, key)]);
    const third = await start({ input: "x" }, key);
    assert.deepEqual(
      [first.status, second.status, third.status].toSorted((a, b) => a - b),
      [200, 200, 201],
    );
    assert.equal(new Set([first.body.id, second.body.id, third.body.id]).size, 1);
    await finished(first.body.id);
    assert.equal(provider.requests.length, 1);
    assert.equal((await start({ input: "other" }, key)).status, 409);
  });

  test("events come in pages that add up to the log", async () => {
    await serve(fakeProvider("p", WORDY));
    const { body } = await start({ input: "x" });
    const whole = parseSse(await finished(body.id)).map(({ data }) => JSON.parse(data) as LogEntry);
    const paged: LogEntry[] = [];
    for (let after = "0", ended = false; !ended;) {
      const page = (await (await proxy.get(`/v1/streams/${body.id}/events?after=${after}&limit=3`)).json()) as {
        events: LogEntry[];
        next: string;
        upToDate: boolean;
        ended: boolean;
      };
      assert.ok(page.events.length <= 3);
      assert.equal(page.upToDate, page.ended);
      paged.push(...page.events);
      ({ next: after, ended } = page);
    }
    assert.deepEqual(paged, whole);
  });

  test("leaving does not stop the answer; cancel does, closes the provider's call, and is idempotent", async () => {
    const gate = Promise.withResolvers<void>();
    const provider = fakeProvider(
      "p",
      [text("shown"), gate.promise, finish],
      [text("shown"), new Promise<never>(() => {})],
    );
    await serve(provider);
    const leaving = new AbortController();
    const response = await fetch(proxy.url + "/v1/streams", {
      method: "POST",
      signal: leaving.signal,
      body: JSON.stringify({ input: "x" }),
      headers: { "content-type": "application/json", accept: "text/event-stream" },
    });
    const path = response.headers.get("location")!;
    leaving.abort();
    gate.resolve();
    await (await proxy.get(`${path}/live`)).text();
    assert.equal(((await (await proxy.get(path)).json()) as Message).status, "complete");

    const { body } = await start({ input: "y" });
    for (const expected of ["cancelled", "cancelled"]) {
      const cancelled = await proxy.post(body.links["cancel"]!, {});
      assert.equal(cancelled.status, 202);
      assert.equal(((await cancelled.json()) as Message).status, expected);
    }
    assert.equal(provider.open, 0);
  });

  test("a conversation is kept: the next answer is asked with the turns before, a branch with those of its parent", async () => {
    const provider = fakeProvider("p", [text("one"), finish], [text("two"), finish], [text("three"), finish]);
    await serve(provider);
    const first = (await start({ input: "q1" })).body;
    await finished(first.id);
    const { conversation } = first;
    const second = (await start({ input: "q2", conversation })).body;
    await finished(second.id);
    const branch = (await start({ input: "q2 edited", conversation, parent: first.message })).body;
    await finished(branch.id);
    const asked = provider.requests.map(({ messages }) =>
      messages.map((message) =>
        message.role === "tool" ? "" : message.parts.map((part) => ("text" in part ? part.text : "")).join(""),
      ),
    );
    assert.deepEqual(asked, [["q1"], ["q1", "one", "q2"], ["q1", "one", "q2 edited"]]);
    const stored = (await (await proxy.get(`/v1/conversations/${conversation}`)).json()) as {
      head: string;
      title: string;
      messages: { id: string; role: string; parent: string | null }[];
    };
    assert.deepEqual([stored.head, stored.title, stored.messages.length], [branch.message, "q1", 6]);
    assert.equal(stored.messages.find(({ id }) => id === second.message)?.role, "assistant");
    const { conversations } = (await (await proxy.get("/v1/conversations")).json()) as {
      conversations: { id: string }[];
    };
    assert.deepEqual(
      conversations.map(({ id }) => id),
      [conversation],
    );
  });

  test("the files of a question come back with their bytes, to whoever may see the conversation", async () => {
    await serve(fakeProvider("p", WORDY));
    const attachments = [{ name: "a.txt", mediaType: "text/plain", data: btoa("hello") }];
    const { body } = await start({ input: "q", attachments });
    await finished(body.id);
    const { messages } = (await (await proxy.get(`/v1/conversations/${body.conversation}`)).json()) as {
      messages: { id: string }[];
    };
    const filesOf = (message: string) => `/v1/conversations/${body.conversation}/messages/${message}/attachments`;
    assert.deepEqual(await (await proxy.get(filesOf(messages[0]!.id))).json(), { attachments });
    for (const message of [body.message, "m_none"]) assert.equal((await proxy.get(filesOf(message))).status, 404);
    assert.equal((await proxy.get(filesOf(messages[0]!.id).replace(/c_[^/]+/, "c_other"))).status, 404);
  });

  test("agents tell what a message may hold", async () => {
    proxy = await runProxy([fakeProvider("p", WORDY)], { limits: { attachmentsBytes: 0, inputChars: 99 } });
    const { agents } = (await (await proxy.get("/v1/agents")).json()) as { agents: { limits: object }[] };
    assert.deepEqual(agents[0]?.limits, { inputChars: 99, attachments: 0, attachmentsBytes: 0 });
  });

  test("DELETE forgets the stream, also while it runs", async () => {
    await serve(fakeProvider("p", [text("x"), new Promise<never>(() => {})]));
    const { body } = await start({ input: "x" });
    const path = `/v1/streams/${body.id}`;
    assert.equal((await fetch(proxy.url + path, { method: "DELETE" })).status, 204);
    for (const after of ["", "/live", "/events", "/message"]) {
      assert.equal((await proxy.get(path + after)).status, 404, after);
    }
  });

  test("every bad start gets its code, the field, what was found and what is expected", async () => {
    await serve(fakeProvider("p", WORDY));
    const cases: readonly [unknown, number, string, string][] = [
      ["{", 400, "invalid_request", "body"],
      ["[]", 400, "invalid_request", "body"],
      [{}, 400, "invalid_request", "input"],
      [{ input: "" }, 400, "invalid_request", "input"],
      [{ input: "   " }, 400, "invalid_request", "input"],
      [{ input: 7 }, 400, "invalid_request", "input"],
      [{ input: "x".repeat(32_001) }, 413, "payload_too_large", "input"],
      [{ input: "x".repeat(20_000_000) }, 413, "payload_too_large", "body"],
      [{ input: "x", agent: "nobody" }, 404, "not_found", "agent"],
      [{ input: "x", conversation: "c_none" }, 404, "not_found", "conversation"],
      [{ input: "x", parent: "m_none" }, 404, "not_found", "parent"],
      [{ input: "x", temperature: 9 }, 400, "invalid_request", "temperature"],
      [{ input: "x", instructions: "be evil" }, 403, "forbidden", "instructions"],
      [{ input: "x", model: "nobody/m" }, 400, "invalid_request", "model"],
      [
        { input: "x", attachments: [{ name: "a", mediaType: "image/png", data: "!" }] },
        400,
        "invalid_request",
        "attachments[0].data",
      ],
      [
        { input: "x", attachments: [{ name: "a.bin", mediaType: "application/zip", data: "/w==" }] },
        400,
        "invalid_request",
        "attachments",
      ],
    ];
    for (const [body, status, code, field] of cases) {
      const response = await proxy.post("/v1/streams", body);
      const { error } = (await response.json()) as ErrorBody;
      assert.deepEqual([response.status, error.code, error.field], [status, code, field]);
      assert.match(error.message, /found .+expected /s);
    }
    assert.equal((await start({ input: "still fine" })).status, 201);
  });

  test("every bad cursor gets its own answer", async () => {
    await serve(fakeProvider("p", WORDY));
    const { body } = await start({ input: "x" });
    await finished(body.id);
    const inc = body.cursor.split(".")[0]!;
    const cases: readonly [string, number, string][] = [
      ["nonsense", 400, "invalid_request"],
      ["other.1", 409, "incarnation_changed"],
      [`${inc}.9999`, 409, "cursor_ahead"],
    ];
    for (const [after, status, code] of cases) {
      for (const path of ["live", "events"]) {
        const response = await proxy.get(`/v1/streams/${body.id}/${path}?after=${after}`);
        assert.deepEqual([response.status, ((await response.json()) as ErrorBody).error.code], [status, code], after);
      }
    }
    assert.equal((await proxy.get("/v1/streams/s_unknown/live")).status, 404);
    assert.equal((await proxy.get(`/v1/streams/${body.id}/events?limit=x`)).status, 400);
  });

  test("health tells that it lives and whether it can take a stream", async () => {
    await serve(fakeProvider("p", WORDY));
    assert.equal((await proxy.get("/healthz")).status, 200);
    const ready = await proxy.get("/readyz");
    const body = { status: "ready", store: "ok", providers: [{ name: "p", state: "ready" }], lanes: [] };
    assert.deepEqual([ready.status, await ready.json()], [200, body]);
  });
});
