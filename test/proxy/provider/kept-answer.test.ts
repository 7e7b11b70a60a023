/** An answer cut at any byte and read on says what it would have said uncut, once. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "node:test";
import fc from "fast-check";
import { isStreamError } from "../../../protocol/index.ts";
import { BrokenAnswers } from "../../../proxy/provider/broken-answers.ts";
import { sseFrames } from "../../../proxy/provider/frames.ts";
import type { SseFrame } from "../../../proxy/provider/frames.ts";
import { KeptAnswer } from "../../../proxy/provider/kept-answer.ts";
import { openAiResponsesDecoder } from "../../../proxy/provider/openai-responses-decoder.ts";
import type { ProviderEvent, Received } from "../../../proxy/provider/provider.ts";
import { fixturesMissing, streamFixtures } from "../../fixtures.ts";

/** Cuts tried per answer, of each way to go on. */
const CUTS = 60;

const TRANSCRIPT = readFileSync(join(import.meta.dirname, "transcripts/openai-responses.sse"));

suite("an answer that is kept", () => {
  checkAnswer("transcript openai-responses.sse", TRANSCRIPT);

  test("each single byte at which it may be cut gives the same", () => {
    const whole = told(readWithBreaks(TRANSCRIPT, []));
    for (let end = 0; end < TRANSCRIPT.length; end++) {
      assert.deepEqual(told(readWithBreaks(TRANSCRIPT, [end])), whole, `cut after ${end} bytes`);
    }
  });
});

suite("recorded answers, kept", { skip: fixturesMissing }, () => {
  for (const { name, body, expected } of streamFixtures("openai-responses")) {
    if (expected.complete && expected.error === null) checkAnswer(name, body);
  }
});

function checkAnswer(name: string, body: Uint8Array): void {
  const whole = readAll(new KeptAnswer(openAiResponsesDecoder()), framesOf(body));
  const cut = fc.integer({ min: 0, max: body.length - 1 });

  test(`${name}: cut at any byte and read on where it broke off, it is the same`, () => {
    fc.assert(
      fc.property(fc.array(cut, { minLength: 1, maxLength: 3 }), (cuts) => {
        assert.deepEqual(told(readWithBreaks(body, cuts)), told(whole));
      }),
      { numRuns: CUTS },
    );
  });

  test(`${name}: read on by another process, it is the same`, () => {
    const content = fc.tuple(fc.nat(whole.length), fc.nat(50));
    fc.assert(
      fc.property(content, ([last, chars]) => {
        const committed = committedPart(whole, last, chars);
        const received = receivedOf(committed);
        const again = readAll(new KeptAnswer(openAiResponsesDecoder(), { id: "resp", received }), framesOf(body));
        const events = [...upToContent(committed), ...again];
        assert.deepEqual(told(events.filter(isNoResume)), told(whole.filter(isNoResume)));
      }),
      { numRuns: CUTS },
    );
  });
}

/** Each connection breaks after so many bytes, the last one does not. */
function readWithBreaks(body: Uint8Array, cuts: readonly number[]): ProviderEvent[] {
  const broken = new BrokenAnswers<SseFrame>();
  let answer = new KeptAnswer(openAiResponsesDecoder());
  let events: ProviderEvent[] = [];
  for (const end of [...cuts, Infinity]) {
    for (const frame of framesOf(bodyAfter(body, answer.position).subarray(0, end))) answer.decode(frame, events);
    if (answer.complete) break;
    broken.keep(answer);
    const received = receivedOf(events);
    const { id } = answer;
    const kept = id === null ? null : broken.take(id, received);
    assert.equal(kept !== null, id !== null && answer.position !== null);
    // From its start; without an id the reader had nothing to ask for and asks anew.
    if (kept === null) events = id === null ? [] : upToContent(events);
    answer = kept ?? new KeptAnswer(openAiResponsesDecoder(), id === null ? null : { id, received });
  }
  answer.end(events);
  return events;
}

/** The body after a number, as `starting_after` has it. */
function bodyAfter(body: Uint8Array, position: number | null): Uint8Array {
  if (position === null) return body;
  const events = Buffer.from(body)
    .toString("utf8")
    .split(/(?<=\r?\n\r?\n)/);
  return Buffer.from(events.filter((event) => !(numberOf(event) <= position)).join(""));
}

const numberOf = (event: string): number => Number(/"sequence_number":\s*(\d+)/.exec(event)?.[1] ?? Number.NaN);

function framesOf(body: Uint8Array): SseFrame[] {
  const frames: SseFrame[] = [];
  sseFrames((frame) => frames.push(frame)).push(body);
  return frames;
}

function readAll(answer: KeptAnswer<SseFrame>, frames: readonly SseFrame[]): ProviderEvent[] {
  const events: ProviderEvent[] = [];
  for (const frame of frames) if (!answer.done) answer.decode(frame, events);
  answer.end(events);
  return events;
}

/** Where it can be taken up is known already. */
const isNoResume = ({ type }: ProviderEvent): boolean => type !== "resumable";

function receivedOf(events: readonly ProviderEvent[]): Received {
  const received = new Map<number, number>();
  for (const event of events) {
    if (event.type === "block.start") received.set(event.block, 0);
    if (event.type === "delta") received.set(event.block, received.get(event.block)! + event.text.length);
  }
  return received;
}

/** Neighbouring deltas of a block as one: how the text was cut means nothing. */
function told(events: readonly ProviderEvent[]): ProviderEvent[] {
  const merged: ProviderEvent[] = [];
  for (const event of events) {
    const last = merged.at(-1);
    if (event.type === "delta" && last?.type === "delta" && last.block === event.block) {
      merged[merged.length - 1] = { ...last, text: last.text + event.text };
    } else merged.push(event);
  }
  return merged;
}

/** What was committed before the process died: the events up to one, and of that only so many characters. */
function committedPart(whole: readonly ProviderEvent[], last: number, chars: number): ProviderEvent[] {
  const part = whole.slice(0, last);
  const next = whole[last];
  if (next?.type !== "delta" || chars === 0) return part;
  return [...part, { ...next, text: next.text.slice(0, chars) }];
}

/**
 * What is certain to have been received when its content was. Ends, sources and records after it come again: nothing
 * in `received` tells whether they were committed, and a reader knows what it has.
 */
const upToContent = (events: readonly ProviderEvent[]): ProviderEvent[] => {
  const last = events.findLastIndex(({ type }) => type === "delta" || type === "block.start" || type === "resumable");
  return events.slice(0, last + 1);
};

suite("KeptAnswer", () => {
  test("tells once, before any content, where it can be taken up", () => {
    const events = readAll(new KeptAnswer(openAiResponsesDecoder()), framesOf(TRANSCRIPT));
    assert.deepEqual(events[0], { type: "resumable", resume: { id: "resp_1" } });
    assert.equal(events.filter(({ type }) => type === "resumable").length, 1);
  });

  test("passes over what a server sends again although it was asked not to", () => {
    const answer = new KeptAnswer(openAiResponsesDecoder());
    const frames = framesOf(TRANSCRIPT);
    const events: ProviderEvent[] = [];
    for (const frame of frames.slice(0, 8)) answer.decode(frame, events);
    answer.goOn();
    events.push(...readAll(answer, frames));
    assert.deepEqual(events, readAll(new KeptAnswer(openAiResponsesDecoder()), frames));
  });

  test("an event without a number moves nothing, content without one ends the trust in numbers", () => {
    const answer = new KeptAnswer(openAiResponsesDecoder());
    const decode = (event: object) => answer.decode({ data: JSON.stringify(event) }, []);
    decode({ type: "response.created", sequence_number: 4, response: { id: "resp_1" } });
    decode({ type: "response.something_new" });
    assert.equal(answer.position, 4);
    decode({ type: "response.output_text.delta", delta: "a" });
    assert.equal(answer.position, null);
  });

  test("an answer that lacks what was received is another answer", () => {
    const received: Received = new Map([[0, 10_000]]);
    const answer = new KeptAnswer(openAiResponsesDecoder(), { id: "resp_1", received });
    assert.throws(
      () => readAll(answer, framesOf(TRANSCRIPT)),
      (thrown) => isStreamError(thrown) && thrown.code === "upstream_protocol",
    );
  });
});

suite("BrokenAnswers", () => {
  /** An answer that broke off after its first thought. */
  const begun = (id: string): KeptAnswer<SseFrame> => {
    const answer = new KeptAnswer(openAiResponsesDecoder());
    const decode = (event: object) => answer.decode({ data: JSON.stringify(event) }, []);
    decode({ type: "response.created", sequence_number: 0, response: { id } });
    decode({ type: "response.output_text.delta", sequence_number: 1, delta: "abc" });
    return answer;
  };
  const received: Received = new Map([[0, 3]]);

  test("gives an answer once", () => {
    const broken = new BrokenAnswers<SseFrame>();
    const answer = begun("r1");
    broken.keep(answer);
    assert.equal(broken.take("r1", received), answer);
    assert.equal(broken.take("r1", received), null);
  });

  test("an answer it gave passes over what comes again", () => {
    const broken = new BrokenAnswers<SseFrame>();
    broken.keep(begun("r1"));
    const answer = broken.take("r1", received)!;
    const events: ProviderEvent[] = [];
    const decode = (sequence_number: number, delta: string) =>
      answer.decode({ data: JSON.stringify({ type: "response.output_text.delta", sequence_number, delta }) }, events);
    decode(1, "abc");
    decode(2, "def");
    assert.deepEqual(events, [{ type: "delta", block: 0, text: "def" }]);
  });

  for (const [what, behind] of [
    ["fewer characters", new Map([[0, 2]])],
    ["no block", new Map()],
    ["another block", new Map([[1, 3]])],
  ] as const) {
    test(`a reader with ${what} reads from the start`, () => {
      const broken = new BrokenAnswers<SseFrame>();
      broken.keep(begun("r1"));
      assert.equal(broken.take("r1", behind), null);
    });
  }

  test("keeps 256, for ten minutes", () => {
    let now = 0;
    const broken = new BrokenAnswers<SseFrame>(() => now);
    for (let index = 0; index < 257; index++) broken.keep(begun(`r${index}`));
    assert.equal(broken.take("r0", received), null);
    assert.notEqual(broken.take("r1", received), null);
    now = 599_999;
    assert.notEqual(broken.take("r2", received), null);
    now = 600_000;
    assert.equal(broken.take("r3", received), null);
  });
});
