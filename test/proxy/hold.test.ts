import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text as readText } from "node:stream/consumers";
import { afterEach, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { crc32, emptyMessage, fold, place, StreamError, visibleText } from "../../protocol/index.ts";
import type { LogEntry, Message, WireEntry } from "../../protocol/index.ts";
import type { ConfigInput } from "../../proxy/config-schema.ts";
import { createClient } from "../../widget/client.ts";
import { fakeProvider, finish, more, text } from "../fakes/fake-provider.ts";
import type { Script } from "../fakes/fake-provider.ts";
import { openSocket, parseSse, runProxy } from "../fakes/running-proxy.ts";
import type { RunningProxy, SseEvent } from "../fakes/running-proxy.ts";

const CLI = fileURLToPath(new URL("../../proxy/cli.ts", import.meta.url));
const died = new StreamError("upstream_truncated", "died");
/** Says a half, dies, and says the whole when it is asked again. */
const AGAIN: readonly Script[] = [
  [text("Once upon "), more("a tim"), died],
  [text("There "), more("was "), more("a tide."), finish],
];
const WHOLE = "There was a tide.";

const entriesOf = (events: readonly SseEvent[]): WireEntry[] =>
  events.filter(({ event }) => event === null).map(({ data }) => JSON.parse(data) as WireEntry);

/** Folds entries as a held reader gets them: no gap, no reset, text that only grows. */
function foldHeld(message: Message, entries: readonly WireEntry[]): Message {
  let folded = message;
  for (const entry of entries) {
    assert.equal(place(entry, Number(folded.cursor.split(".")[1])), "apply");
    assert.notEqual(entry.type, "reset");
    const before = visibleText(folded);
    folded = fold(folded, [entry]);
    assert.ok(visibleText(folded).startsWith(before));
  }
  return folded;
}

describe("a reader that cannot take anything back", () => {
  let proxy: RunningProxy;
  afterEach(() => proxy?.close());

  const serve = async (scripts: readonly Script[], input: ConfigInput = {}) =>
    (proxy = await runProxy([fakeProvider("p", ...scripts)], input));
  const start = async () => {
    const response = await proxy.post("/v1/streams", { input: "x" });
    const { id, cursor } = (await response.json()) as { id: string; cursor: string };
    return { id, cursor, inc: cursor.split(".")[0]! };
  };
  const messageOf = async (id: string) => (await (await proxy.get(`/v1/streams/${id}/message`)).json()) as Message;
  const plain = (message: Message): unknown => JSON.parse(JSON.stringify(message));

  test("is sent over HTTP what stands and nothing that was voided, from the start and from every cursor", async () => {
    await serve(AGAIN);
    const response = await proxy.post("/v1/streams?hold=true", { input: "x" }, { accept: "text/event-stream" });
    const id = response.headers.get("location")!.split("/").at(-1)!;
    const events = parseSse(await response.text());
    const entries = entriesOf(events);
    const inc = events.find(({ id: cursor }) => cursor !== null)!.id!.split(".")[0]!;
    const message = await messageOf(id);
    assert.equal(visibleText(message), WHOLE);
    assert.equal(message.attempts, 2);
    assert.deepEqual(plain(foldHeld(emptyMessage(inc), entries)), message);
    for (const [index, { seq }] of entries.entries()) {
      if (index === entries.length - 1) break;
      const known = foldHeld(emptyMessage(inc), entries.slice(0, index + 1));
      const rest = await proxy.get(`/v1/streams/${id}/live?after=${inc}.${seq}&hold=true`);
      assert.deepEqual(plain(foldHeld(known, entriesOf(parseSse(await rest.text())))), message);
    }
    // Everybody else reads what was said and taken back.
    const { events: all } = (await (await proxy.get(`/v1/streams/${id}/events`)).json()) as { events: LogEntry[] };
    assert.equal(all.filter(({ type }) => type === "reset").length, 1);
  });

  test("is sent over WebSocket nothing of an attempt under way, then all of it, with no digest before", async () => {
    const gate = Promise.withResolvers<void>();
    await serve([AGAIN[0]!, [text("There "), gate.promise, more("was "), more("a tide."), finish]], {
      delivery: { heartbeatMs: 1_000 },
    });
    const { id, inc } = await start();
    const [held, other] = [await openSocket(proxy), await openSocket(proxy)];
    held.send({ type: "sub", s: 1, id, after: "0", hold: true });
    other.send({ type: "sub", s: 1, id, after: "0" });
    let shown = emptyMessage(inc);
    while (visibleText(shown) !== "There ") shown = fold(shown, (await other.next("ev")).e);
    // Whoever is shown everything has the digest of it; a held reader is sent a beat without.
    for (;;) {
      const { heads } = await other.next("ping");
      if (heads?.some(({ seq }) => seq === Number(shown.cursor.split(".")[1]))) break;
    }
    for (;;) {
      const { heads } = await held.next("ping");
      if (heads === undefined) break;
      // From before anything was said.
      assert.equal(heads[0]!.digest, crc32(""));
    }
    gate.resolve();
    let message = emptyMessage(inc);
    let beforeText = 0;
    while (message.end === undefined) {
      message = foldHeld(message, (await held.next("ev")).e);
      if (visibleText(message) === "") beforeText = message.attempts;
    }
    await held.next("end");
    // The failed attempt is told, though nothing that it said is.
    assert.deepEqual([visibleText(message), beforeText], [WHOLE, 2]);
    assert.deepEqual(plain(message), await messageOf(id));
    held.ws.terminate();
    other.ws.terminate();
  });

  test("gets a partial answer that nothing voids with the end of the stream", async () => {
    await serve([[text("Half a "), died]], { resilience: { attempts: 1 } });
    const { id, inc } = await start();
    const response = await proxy.get(`/v1/streams/${id}/live?hold=true`);
    const message = foldHeld(emptyMessage(inc), entriesOf(parseSse(await response.text())));
    assert.deepEqual([visibleText(message), message.status], ["Half a ", "interrupted"]);
  });

  test("reads along, word by word, where the agent keeps partial answers", async () => {
    const gate = Promise.withResolvers<void>();
    await serve([[text("There "), gate.promise, more("was a tide."), finish]], {
      agents: { default: { models: ["p/m"], onPartial: "end" } },
    });
    const { id, inc } = await start();
    const socket = await openSocket(proxy);
    socket.send({ type: "sub", s: 1, id, after: "0", hold: true });
    let message = emptyMessage(inc);
    while (visibleText(message) !== "There ") message = foldHeld(message, (await socket.next("ev")).e);
    gate.resolve();
    while (message.end === undefined) message = foldHeld(message, (await socket.next("ev")).e);
    assert.equal(visibleText(message), WHOLE);
    socket.ws.terminate();
  });

  for (const transport of ["ws", "sse"] as const) {
    test(`is given each token once by the client over ${transport} with hold, and again what is begun again without`, async () => {
      await serve([...AGAIN, ...AGAIN]);
      const client = createClient({ endpoint: proxy.url, transport });
      const read = async (hold: boolean) => {
        let said = "";
        const message = await client.stream({ input: "x" }, { hold, onToken: (token) => void (said += token) }).done;
        assert.equal(visibleText(message), WHOLE);
        return said;
      };
      assert.equal(await read(true), WHOLE);
      assert.equal(await read(false), `Once upon a tim${WHOLE}`);
      client.close();
    });
  }

  test("is a pipe: the provider dies in mid-answer, and `ai-stream ask | cat` gives the text once", async () => {
    await serve(AGAIN);
    const child = spawn("sh", ["-c", '"$0" "$1" ask "tell me" --url "$2" | cat', process.execPath, CLI, proxy.url], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [out, err] = [readText(child.stdout), readText(child.stderr)];
    await once(child, "exit");
    assert.deepEqual([await out, await err], [WHOLE, ""]);
  });

  test("is refused a hold that is neither true nor false, before anything is started", async () => {
    await serve(AGAIN);
    const { id } = await start();
    for (const path of [`/v1/streams/${id}/live?hold=1`, "/v1/streams?hold=yes"]) {
      const response = path.includes("live") ? await proxy.get(path) : await proxy.post(path, { input: "y" });
      const { error } = (await response.json()) as { error: { code: string; field: string } };
      assert.deepEqual([response.status, error.code, error.field], [400, "invalid_request", "hold"]);
    }
    const { conversations } = (await (await proxy.get("/v1/conversations")).json()) as { conversations: unknown[] };
    assert.equal(conversations.length, 1);
  });
});
