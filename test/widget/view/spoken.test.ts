import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { emptyMessage } from "../../../protocol/index.ts";
import type { MessageBlock, TextBlock, ToolBlock } from "../../../protocol/index.ts";
import type { AssistantMessage } from "../../../widget/chat.ts";
import { en } from "../../../widget/labels/en.ts";
import type { Clock } from "../../../widget/view/live-region.ts";
import { endWords } from "../../../widget/view/message.ts";
import { Spoken } from "../../../widget/view/spoken.ts";
import type { Verbosity } from "../../../widget/view/spoken.ts";

const ONE = "This is the first sentence, and it is long enough. ";
const TWO = "This is the second one, which is as long as that. ";
const THREE = "A third sentence ends what there is to say here.";

/** What is heard and when, in milliseconds; nothing happens but what the script does. */
class Listener {
  readonly heard: [number, string][] = [];
  #nowMs = 0;
  #due: { readonly atMs: number; readonly run: () => void } | null = null;
  readonly #spoken: Spoken;
  readonly #verbosity: Verbosity;

  constructor(verbosity: Verbosity) {
    const clock: Clock = {
      now: () => this.#nowMs,
      after: (ms, run) => {
        this.#due = { atMs: this.#nowMs + ms, run };
        return () => (this.#due = null);
      },
    };
    this.#verbosity = verbosity;
    this.#spoken = new Spoken((text) => this.heard.push([this.#nowMs, text]), endWords, clock);
  }

  /** Until there is nothing left to say. */
  rest(): this {
    while (this.#due !== null) this.#wait(this.#due.atMs);
    return this;
  }

  at(ms: number, blocks: readonly MessageBlock[], change: Partial<AssistantMessage> = {}): this {
    this.#wait(ms);
    const message = { ...emptyMessage("i"), id: "m_a", parent: "m_q", status: "running", blocks, ...change } as const;
    this.#spoken.follow(message, en, this.#verbosity);
    return this;
  }

  #wait(ms: number): void {
    while (this.#due !== null && this.#due.atMs <= ms) {
      const { atMs, run } = this.#due;
      this.#due = null;
      this.#nowMs = atMs;
      run();
    }
    this.#nowMs = ms;
  }
}

const text = (words: string, open = true): TextBlock => ({ kind: "text", seq: 5, block: 1, text: words, open });
const thought = (words: string, open: boolean): TextBlock => ({
  kind: "reasoning",
  seq: 1,
  block: 0,
  text: words,
  open,
});
const tool = (state: ToolBlock["state"]): ToolBlock => ({
  kind: "tool",
  seq: 3,
  callId: "c",
  name: "search",
  args: {},
  argsText: "{}",
  state,
});
const ENDED = { status: "complete", end: { reason: "stop" } } as const;

/** A thought, a call, three sentences, the end: one and the same answer for everybody. */
const answerFor = (verbosity: Verbosity): [number, string][] =>
  new Listener(verbosity)
    .at(0, [])
    .at(100, [thought("I should look this up before I say something wrong.\n", true)])
    .at(200, [thought("I should look this up before I say something wrong.\n", false), tool("running")])
    .at(3_000, [thought("", false), tool("done"), text("")])
    .at(3_100, [thought("", false), tool("done"), text(ONE)])
    .at(3_300, [thought("", false), tool("done"), text(ONE + TWO)])
    .at(3_400, [thought("", false), tool("done"), text(ONE + TWO + THREE)])
    .at(6_000, [thought("", false), tool("done"), text(ONE + TWO + THREE, false)], ENDED)
    .rest().heard;

suite("what is said of an answer", () => {
  test("off: nothing", () => {
    assert.deepEqual(answerFor("off"), []);
  });

  test("status: that it is written, and that it is complete", () => {
    assert.deepEqual(answerFor("status"), [
      [0, "The answer is being written."],
      [6_000, "The answer is complete."],
    ]);
  });

  test("sentences: the first at once, then what came within a pause together, the rest at the end", () => {
    assert.deepEqual(answerFor("sentences"), [
      [3_100, ONE.trim()],
      [4_600, TWO.trim()],
      [6_100, THREE],
    ]);
  });

  test("full: its thinking and its tools as well", () => {
    assert.deepEqual(answerFor("full"), [
      [0, "The answer is being written."],
      [100, "Thinking…"],
      [200, "I should look this up before I say something wrong."],
      [200, "search: Running"],
      [3_000, "search: Done"],
      [4_500, `${ONE.trim()} ${TWO.trim()}`],
      [6_000, THREE],
      [6_000, "The answer is complete."],
    ]);
  });

  for (const verbosity of ["status", "sentences", "full"] as const) {
    test(`${verbosity}: a call that waits for a yes is said at once, and once`, () => {
      const heard = new Listener(verbosity)
        .at(0, [tool("input")])
        .at(10, [tool("awaiting")])
        .at(20, [tool("awaiting")]).heard;
      assert.deepEqual(
        heard.filter(([, words]) => words.includes("search")),
        [[10, "search: Waits for approval"]],
      );
    });

    test(`${verbosity}: how an answer ended is said where that is not simply its end`, () => {
      const heard = new Listener(verbosity)
        .at(0, [text("Half of")])
        .at(100, [text("Half of", false)], { status: "interrupted", end: { reason: "budget" } }).heard;
      assert.equal(heard.at(-1)?.[1], "The answer reached its spending limit.");
    });
  }

  test("a thousand tokens a second make one announcement per pause, and nothing is lost", () => {
    const listener = new Listener("sentences");
    let words = "";
    for (let ms = 0; ms < 6_000; ms += 20) listener.at(ms, [text((words += ms % 400 === 0 ? ONE : "and more, "))]);
    const { heard } = listener.at(6_000, [text(words, false)], ENDED).rest();
    assert.ok(heard.length <= 6, `${heard.length} announcements in 6 s`);
    assert.equal(heard.map(([, piece]) => piece).join(" "), words.replace(/\s+/g, " ").trim());
  });

  test("text that is being written again is told, and words that were said are not said twice", () => {
    const heard = new Listener("sentences")
      .at(0, [text(ONE)])
      .at(2_000, [text(ONE)], { voided: true })
      .at(2_100, [text(ONE)], { voided: true })
      .at(4_000, [text(ONE + TWO, false)], ENDED)
      .rest().heard;
    assert.deepEqual(
      heard.map(([, words]) => words),
      [ONE.trim(), "Being written again", TWO.trim()],
    );
  });

  test("a text that no model wrote is told to be one", () => {
    const heard = new Listener("sentences")
      .at(0, [text("")])
      .at(10, [{ ...text("We are back soon.", false), canned: true }], ENDED)
      .rest().heard;
    assert.deepEqual(heard, [
      [10, "Prepared text, not written by a model"],
      [1_510, "We are back soon."],
    ]);
  });

  test("an answer that was there already is not read out", () => {
    assert.deepEqual(new Listener("full").at(0, [text(ONE, false)], ENDED).heard, []);
  });
});
