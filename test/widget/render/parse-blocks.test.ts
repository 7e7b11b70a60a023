import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BlockParser } from "../../../widget/render/parse-blocks.ts";
import type { Block } from "../../../widget/render/parse-blocks.ts";
import { longAnswer, longMarkdown, split, tidyMarkdown } from "./markdown.ts";

const cuts = fc.array(fc.nat(), { maxLength: 30 });

test("any split of a text gives the blocks of the whole text once it is final", () => {
  fc.assert(
    fc.property(longMarkdown, cuts, (text, at) => {
      const parser = new BlockParser();
      const shown = split(text, at).reduce<Block[]>((blocks, part) => follow(blocks, parser, part, true), []);
      assert.deepEqual(plain(follow(shown, parser, text, false)), whole(text));
    }),
    { numRuns: 2_000 },
  );
});

test("what is shown of an unfinished text does not depend on how it arrived", () => {
  fc.assert(
    fc.property(tidyMarkdown, cuts, fc.nat(), (source, at, to) => {
      const text = source.slice(0, to % (source.length + 1));
      const parser = new BlockParser();
      let shown: Block[] = [];
      let blocks: readonly Block[] = [];
      for (const part of split(text, at)) {
        const parsed = parser.parse(part, true);
        shown = [...(parsed.restarted ? [] : shown), ...parsed.settled];
        blocks = [...shown, ...parsed.live];
      }
      const once = new BlockParser().parse(text, true);
      assert.deepEqual(plain(blocks), plain([...once.settled, ...once.live]));
    }),
    { numRuns: 2_000 },
  );
});

const perChar = (text: string): number => {
  const parser = new BlockParser();
  for (let to = 4; to < text.length; to += 4) parser.parse(text.slice(0, to), true);
  parser.parse(text, false);
  return parser.lexedChars / text.length;
};

test("the cost per token does not grow with the length of the answer", () => {
  const short = perChar(longAnswer(4_000));
  const long = perChar(longAnswer(80_000));
  assert.ok(long <= short * 1.1, `${long} characters lexed per character at 80,000, ${short} at 4,000`);
  assert.ok(long < 60, `${long} characters lexed per character`);
});

test("the cost per token does not grow with the length of one listing, list or table", () => {
  const kinds = {
    listing: (lines: number) => "```js\n" + "const answer = 42;\n".repeat(lines),
    list: (lines: number) => "- an item of the list\n".repeat(lines),
    table: (lines: number) => "| a | b |\n|---|---|\n" + "| one | two |\n".repeat(lines),
  };
  for (const [kind, make] of Object.entries(kinds)) {
    const short = perChar(make(50));
    const long = perChar(make(2_000));
    assert.ok(long <= short * 1.25, `${kind}: ${long} characters lexed per character in 2,000 lines, ${short} in 50`);
  }
});

test("a paragraph that never ends costs at most 40 characters per character beyond its first 16 KiB", () => {
  const text = "word ".repeat(8_000);
  const parser = new BlockParser();
  for (let to = 16_384; to < text.length; to += 4) parser.parse(text.slice(0, to), true);
  assert.ok(parser.lexedChars / text.length < 40, `${parser.lexedChars / text.length} per character`);
});

test("an answer that arrives late and long goes on at once", () => {
  const parser = new BlockParser();
  const text = longAnswer(60_000);
  parser.parse(text, true);
  const { settled, live } = parser.parse(`${text}\n\nand on`, true);
  assert.deepEqual(plain([...settled, ...live]).at(-1), { words: [{ words: "and on" }] });
});

test("a text that is not a continuation starts over", () => {
  const parser = new BlockParser();
  parser.parse("one\n\ntwo\n\nthree\n", true);
  const parsed = parser.parse("other", true);
  assert.equal(parsed.restarted, true);
  assert.deepEqual(plain(parsed.live), whole("other"));
});

test("an unchanged text parses nothing", () => {
  const parser = new BlockParser();
  parser.parse("one *two*", true);
  const before = parser.lexedChars;
  parser.parse("one *two*", true);
  assert.equal(parser.lexedChars, before);
});

function follow(shown: readonly Block[], parser: BlockParser, text: string, open: boolean): Block[] {
  const parsed = parser.parse(text, open);
  const settled = [...(parsed.restarted ? [] : shown), ...parsed.settled];
  return open ? settled : [...settled, ...parsed.live];
}

const whole = (text: string): unknown => plain(new BlockParser().parse(text, false).settled);

/** What the renderer draws from, without how it was found. */
function plain(blocks: readonly unknown[]): unknown[] {
  return JSON.parse(
    JSON.stringify(blocks, (key, value: Block | string | null) => {
      if (key === "raw") return undefined;
      if (Array.isArray(value))
        return value.filter((token: Block) => !["space", "def", "checkbox"].includes(token?.type));
      if (value === null || typeof value !== "object") return value;
      if (value.type === "code") return { code: value.text.replace(/\n$/, ""), lang: value.lang ?? "" };
      if (value.type === "fence") return { code: value.parts.join("\n"), lang: value.lang };
      if (value.type === "list_item") return { task: value.task, checked: value.checked, tokens: value.tokens };
      if (value.type === "paragraph" || value.type === "text") return { words: value.tokens ?? value.text };
      return value;
    }),
  );
}
