import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isStreamError } from "../../../protocol/index.ts";
import { demoProvider, isDemoProvider } from "../../../proxy/provider/demo.ts";
import type { DemoClock } from "../../../proxy/provider/demo-tempo.ts";
import { splitTokens } from "../../../proxy/provider/demo-tokens.ts";
import type { Provider, ProviderEvent, ProviderMessage, ProviderRequest } from "../../../proxy/provider/provider.ts";

const TIMERS = { connectMs: 10_000, firstContentMs: 30_000, livenessMs: 60_000, betweenContentMs: 60_000 };

test("splitTokens() loses nothing and cuts no surrogate pair, whatever the text", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const tokens = splitTokens(text);
      assert.equal(tokens.join(""), text);
      for (const token of tokens) assert.equal(token.isWellFormed(), true);
    }),
  );
});

test("the default answer thinks first, has every kind of markdown, and ends with stop and final usage", async () => {
  const { events, text, reasoning } = await ask("What is this?");
  assert.deepEqual(events[1], { type: "block.start", block: 0, kind: "reasoning" });
  assert.match(reasoning, /\w/);
  for (const construct of [/^## /m, /^1\. /m, /^\| --- /m, /^```ts$/m, /^> /m, /\]\(https:/, /\*\*/]) {
    assert.match(text, construct);
  }
  assert.deepEqual(events.at(-1), { type: "finish", reason: "stop", raw: "stop" });
  const usage = events.at(-2);
  assert(usage?.type === "usage");
  assert.equal(usage.usage.final, true);
  assert.equal(usage.usage.output, events.filter(({ type }) => type === "delta").length);
});

test("the same question gets the same tokens at the same times, near 50 a second", async () => {
  const first = await ask("Tell me a long story");
  const second = await ask("Tell me a long story");
  assert.deepEqual(second.events, first.events);
  assert.equal(Math.round(second.tookMs), Math.round(first.tookMs));
  const count = first.events.filter(({ type }) => type === "delta").length;
  assert(count > 3_000, `${count} tokens`);
  const perSecond = count / (first.tookMs / 1_000);
  assert(perSecond > 40 && perSecond < 60, `${perSecond} tokens/s`);
});

test("keywords choose the answer", async () => {
  assert.match((await ask("some emoji please")).text, /👩‍🚀[\s\S]*吾輩[\s\S]*العربية/);
  assert.match((await ask("Show me code")).text, /```ts/);
  assert.match((await ask("hello")).text, /^Hello!/);
  assert.match((await ask("help me with /fault what")).text, /\/fault die 50%/);
  const { events } = await ask("Cite your sources");
  assert.equal(events.filter(({ type }) => type === "source").length, 2);
});

test("a tool call has whole JSON arguments and ends with tool_calls; its result is answered", async () => {
  const { events } = await ask("What is the weather like?");
  const start = events.find((event) => event.type === "block.start" && event.kind === "tool");
  assert(start?.type === "block.start" && start.name === "get_weather" && start.callId !== undefined);
  const end = events.find((event) => event.type === "block.end" && event.block === start.block);
  assert(end?.type === "block.end");
  assert.deepEqual(end.args, { city: "Lisbon", unit: "celsius", days: 3 });
  assert.deepEqual(events.at(-1), { type: "finish", reason: "tool_calls", raw: "tool_calls" });

  const answered = await askAll([
    user("What is the weather like?"),
    { role: "tool", callId: start.callId, name: "get_weather", ok: true, result: '{"celsius":19}' },
  ]);
  assert.match(answered.text, /"celsius":19/);
});

test("asked for an agent it calls the tools it is offered, two at a time, then tells what came back", async () => {
  const tool = (name: string, properties: object = {}) => ({ name, description: name, parameters: { properties } });
  const tools = [tool("a", { n: { type: "integer", minimum: 2 }, city: { type: "string" } }), tool("b"), tool("c")];
  const messages: ProviderMessage[] = [user("Be an agent")];
  const called: string[][] = [];
  for (let step = 0; step < 3; step++) {
    const { events, text } = await askAll(messages, { tools });
    const calls = events.flatMap((event) =>
      event.type === "block.start" && event.kind === "tool" ? [event.name!] : [],
    );
    called.push(calls);
    if (calls.length === 0) assert.match(text, /`a` answered: 1[\s\S]*`b`[\s\S]*`c`/);
    if (step === 0) {
      assert.deepEqual(events.flatMap((event) => (event.type === "block.end" && event.args ? [event.args] : []))[0], {
        n: 2,
        city: "Lisbon",
      });
    }
    const parts = calls.map((name) => ({ type: "tool-call", callId: name, name, argsText: "{}" }) as const);
    messages.push({ role: "assistant", parts: [...parts, { type: "text", text }] });
    messages.push(...calls.map((name) => ({ role: "tool", callId: name, name, ok: true, result: "1" }) as const));
  }
  assert.deepEqual(called, [["a", "b"], ["c"], []]);
});

test("a second question is answered knowing the first, without its directives", async () => {
  const { text } = await askAll([user("Tell me about cuts /fault slow"), said("…"), user("And then?")]);
  assert.match(text, /^Earlier you asked “Tell me about cuts”; this is question 2\./);
});

test("maxOutputTokens ends the answer with length and every block closed", async () => {
  for (const maxOutputTokens of [1, 5, 24, 25, 40, 60]) {
    const { events } = await ask("weather", { maxOutputTokens });
    assert.equal(events.filter(({ type }) => type === "delta").length, Math.min(maxOutputTokens, 43));
    assert.equal(
      events.filter(({ type }) => type === "block.start").length,
      events.filter(({ type }) => type === "block.end").length,
    );
    const finish = events.at(-1);
    assert(finish?.type === "finish");
    assert.equal(finish.reason, maxOutputTokens < 43 ? "length" : "tool_calls");
  }
});

test("reasoning none leaves the thinking out", async () => {
  assert.equal((await ask("tour", { reasoning: "none" })).reasoning, "");
});

test("/tokens asks for exactly so many, each recognisable", async () => {
  const { events, text } = await ask("/tokens 1000", { model: "fast" });
  assert.equal(events.filter(({ type }) => type === "delta").length, 1_000);
  assert.deepEqual(
    text.split(" "),
    Array.from({ length: 1_000 }, (_, index) => `w${index + 1}`),
  );
});

test("/fault die hangs up at that point; the next attempt of the same question completes, a later question fails again", async () => {
  const provider = demoProvider("demo", { clock: fakeClock() });
  const whole = await ask("hello", {}, provider);
  for (let round = 0; round < 2; round++) {
    const first = await ask("hello /fault die 25%", {}, provider);
    assert.equal(code(first.error), "upstream_truncated");
    assert.equal(first.text, whole.text.slice(0, first.text.length));
    const ratio = first.text.length / whole.text.length;
    assert(ratio > 0.15 && ratio < 0.35, `${ratio}`);
    const second = await ask("hello /fault die 25%", {}, provider);
    assert.equal(second.error, null);
    assert.equal(second.text, whole.text);
  }
});

test("a fault with always meets every attempt", async () => {
  const provider = demoProvider("demo", { clock: fakeClock() });
  for (let attempt = 0; attempt < 3; attempt++) {
    assert.equal(code((await ask("hi /fault die always", {}, provider)).error), "upstream_truncated");
    assert.equal(code((await ask("hi /fault auth", {}, provider)).error), "provider_auth");
  }
});

test("refusals come before the first word, the rate limit with its hint", async () => {
  const limited = await ask("hi /fault rate-limit 1500ms");
  assert.equal(limited.text, "");
  assert(isStreamError(limited.error));
  assert.equal(limited.error.code, "provider_rate_limited");
  assert.equal(limited.error.retryAfterMs, 1_500);
  assert.equal(code((await ask("hi /fault overloaded")).error), "provider_overloaded");
});

test("/fault stall is silence of that length, or idle_timeout when the proxy's patience is shorter", async () => {
  const plain = await ask("hello");
  const stalled = await ask("hello /fault stall 7s");
  assert.equal(stalled.text, plain.text);
  const extraMs = stalled.tookMs - plain.tookMs;
  assert(extraMs >= 6_900 && extraMs <= 7_100, `${extraMs}`);
  const { error, tookMs } = await ask("hello /fault stall 90s");
  assert.equal(code(error), "idle_timeout");
  assert(tookMs < 65_000);
});

test("an unknown model is provider_not_found naming the known ones", async () => {
  const { error } = await ask("hi", { model: "gpt" });
  assert.equal(code(error), "provider_not_found");
  assert.match(String(error), /"gpt".*tour, slow, fast/);
});

test("aborting the signal ends the wait at once with cancelled, on the real clock too", async () => {
  const provider = demoProvider("demo");
  const stop = new AbortController();
  const answer = provider.stream(request([user("hello")], { model: "slow" }), TIMERS, stop.signal);
  const first = answer.next();
  stop.abort();
  await assert.rejects(first, (error) => code(error) === "cancelled");
  assert.equal((await answer.next()).done, true);
});

test("hangUp() ends every answer under way with upstream_truncated, and only those", async () => {
  const provider = demoProvider("demo");
  const answer = provider.stream(request([user("hello")], { model: "slow" }), TIMERS, new AbortController().signal);
  const first = answer.next();
  assert.equal(provider.hangUp(), 1);
  await assert.rejects(first, (error) => code(error) === "upstream_truncated");
  assert.equal(provider.hangUp(), 0);
});

test("returning early leaves nothing running", async () => {
  const provider = demoProvider("demo", { clock: fakeClock() });
  for await (const _batch of provider.stream(request([user("hello")], {}), TIMERS, new AbortController().signal)) break;
  assert.equal(provider.hangUp(), 0);
});

test("isDemoProvider() knows its own", () => {
  const provider = demoProvider("demo");
  assert.equal(isDemoProvider(provider), true);
  assert.equal(isDemoProvider({ ...provider, label: "another" } as Provider), false);
});

interface Asked {
  readonly events: readonly ProviderEvent[];
  readonly text: string;
  readonly reasoning: string;
  readonly error: unknown;
  readonly tookMs: number;
}

type RequestOptions = Partial<Pick<ProviderRequest, "model" | "maxOutputTokens" | "reasoning" | "tools">>;

const ask = (question: string, options: RequestOptions = {}, provider = demoProvider("demo", { clock: fakeClock() })) =>
  askAll([user(question)], options, provider);

async function askAll(
  messages: readonly ProviderMessage[],
  options: RequestOptions = {},
  provider = demoProvider("demo", { clock: fakeClock() }),
): Promise<Asked> {
  const events: ProviderEvent[] = [];
  const startedAt = time;
  let error: unknown = null;
  try {
    for await (const batch of provider.stream(request(messages, options), TIMERS, new AbortController().signal)) {
      assert(batch.length > 0);
      events.push(...batch);
    }
  } catch (thrown) {
    error = thrown;
  }
  const kinds = new Map(events.map((event) => (event.type === "block.start" ? [event.block, event.kind] : [-1, null])));
  const said = (kind: string) =>
    events.map((event) => (event.type === "delta" && kinds.get(event.block) === kind ? event.text : "")).join("");
  return { events, text: said("text"), reasoning: said("reasoning"), error, tookMs: time - startedAt };
}

const request = (messages: readonly ProviderMessage[], options: RequestOptions): ProviderRequest => ({
  model: "tour",
  messages,
  tools: [],
  ...options,
});

const user = (text: string): ProviderMessage => ({ role: "user", parts: [{ type: "text", text }] });
const said = (text: string): ProviderMessage => ({ role: "assistant", parts: [{ type: "text", text }] });
const code = (error: unknown): string | null => (isStreamError(error) ? error.code : null);

/** Time that passes only in sleeps. */
let time = 0;
const fakeClock = (): DemoClock => ({
  now: () => time,
  async sleep(ms, signal) {
    signal.throwIfAborted();
    time += ms;
  },
});
