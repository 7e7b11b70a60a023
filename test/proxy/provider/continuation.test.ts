import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { StreamError } from "../../../protocol/index.ts";
import { continuation, trimmedLead, wholeLead } from "../../../proxy/provider/continuation.ts";
import type { Lead } from "../../../proxy/provider/continuation.ts";
import type { Decoder } from "../../../proxy/provider/decoder.ts";
import type { ProviderEvent } from "../../../proxy/provider/provider.ts";

const started: ProviderEvent = { type: "block.start", block: 0, kind: "text" };
const ended: ProviderEvent = { type: "block.end", block: 0 };

/** What is left of a text block that says `texts`, and the reader's text before it. */
function said(lead: Lead, texts: readonly string[]): string {
  const pieces = texts.map((text) => ({ type: "delta", block: 0, text }) as const);
  const events: ProviderEvent[] = [];
  const decoder = continuation(replaying([started, ...pieces, ended]), lead);
  for (let frame = 0; frame < texts.length + 2; frame++) decoder.decode(frame, events);
  assert.deepEqual([events[0], events.at(-1)], [started, ended]);
  assert.ok(events.every((event) => event.type !== "delta" || event.text !== ""));
  return events.map((event) => (event.type === "delta" ? event.text : "")).join("");
}

/** Frame n means the nth event. */
const replaying = (script: readonly ProviderEvent[]): Decoder<number> => ({
  complete: false,
  done: false,
  decode: (frame, events) => void events.push(script[frame]!),
  end() {},
});

/** The text in pieces of one or more characters. */
const pieces = (text: string): fc.Arbitrary<string[]> =>
  fc
    .array(fc.integer({ min: 0, max: text.length }), { maxLength: 8 })
    .map((offsets) => [0, ...offsets.toSorted((a, b) => a - b), text.length])
    .map((at) => at.slice(1).map((end, index) => text.slice(at[index], end)))
    .map((cut) => cut.filter((piece) => piece !== ""));

const word = fc.string({ unit: fc.constantFrom("a", "b", "é", "🛥️"), minLength: 1, maxLength: 6 });
const space = fc.string({ unit: fc.constantFrom(" ", "\n", "\t"), maxLength: 4 });

suite("continuation()", () => {
  test("white space the reader has comes once, however it is cut", () => {
    fc.assert(
      fc.property(
        fc
          .tuple(word, space, word)
          .chain(([before, gap, after]) => fc.tuple(fc.constant([before, gap, after] as const), pieces(gap + after))),
        ([[before, gap, after], texts]) => {
          const lead = trimmedLead(before + gap);
          assert.equal(lead.sent, before);
          assert.equal(before + gap + said(lead, texts), before + gap + after);
        },
      ),
    );
  });

  test("an echo of what was sent comes once, however it is cut", () => {
    fc.assert(
      fc.property(
        fc
          .tuple(word, space, word)
          .chain(([before, gap, after]) =>
            fc.tuple(fc.constant([before, gap, after] as const), pieces(before + gap + after)),
          ),
        ([[before, gap, after], texts]) => assert.equal(said(trimmedLead(before + gap, true), texts), after),
      ),
    );
  });

  test("what only begins like the echo is news", () => {
    assert.equal(said(trimmedLead("The tide", true), ["The ", "time is noon."]), "The time is noon.");
    assert.equal(said(trimmedLead("The tide", true), ["The"]), "The");
  });

  test("white space the reader does not have stays", () => {
    assert.equal(said(trimmedLead("One. "), ["\n\nTwo."]), "\n\nTwo.");
    assert.equal(said(trimmedLead("One.\n"), ["\n", "\nTwo."]), "\nTwo.");
  });

  test("a later block is as it came", () => {
    const events: ProviderEvent[] = [];
    const script: ProviderEvent[] = [
      { type: "block.start", block: 0, kind: "reasoning" },
      { type: "delta", block: 0, text: " hm" },
      { type: "block.end", block: 0 },
      { type: "block.start", block: 1, kind: "text" },
      { type: "delta", block: 1, text: " so" },
      { type: "block.end", block: 1 },
      { type: "block.start", block: 2, kind: "text" },
      { type: "delta", block: 2, text: " then" },
    ];
    const decoder = continuation(replaying(script), trimmedLead("And "));
    for (const frame of script.keys()) decoder.decode(frame, events);
    const texts = events.flatMap((event) => (event.type === "delta" ? [event.text] : []));
    assert.deepEqual(texts, [" hm", "so", " then"]);
  });

  test("what came before a failure is told", () => {
    const failing: Decoder<null> = {
      ...replaying([]),
      decode(_frame, events) {
        events.push(started, { type: "delta", block: 0, text: " so" });
        throw new StreamError("provider_overloaded", "busy");
      },
    };
    const events: ProviderEvent[] = [];
    assert.throws(() => continuation(failing, trimmedLead("And ")).decode(null, events), {
      code: "provider_overloaded",
    });
    assert.deepEqual(events, [started, { type: "delta", block: 0, text: "so" }]);
  });

  test("where nothing can come twice the decoder is left alone", () => {
    const decoder = replaying([]);
    assert.equal(continuation(decoder, wholeLead("And ")), decoder);
    assert.equal(continuation(decoder, trimmedLead("And")), decoder);
  });
});
