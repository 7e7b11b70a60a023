import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { loadEntities } from "../../../widget/render/entities.ts";
import { longAnswer, longMarkdown, split, tidyMarkdown } from "./markdown.ts";
import { installTinyDom, markupOf, tinyRoot } from "./tiny-dom.ts";
import type { TinyElement } from "./tiny-dom.ts";

installTinyDom();
const { MarkdownView } = await import("../../../widget/render/markdown-view.ts");
await loadEntities();

const CONTEXT = { copy: "Copy", image: "Image", table: "Table" };
/** A token, roughly. */
const STEP = 4;

class Shown {
  readonly root: TinyElement = tinyRoot();
  readonly view = new MarkdownView(this.root as unknown as HTMLElement);

  grow(text: string): this {
    this.view.update(text, true, CONTEXT);
    return this;
  }
  end(text: string): string {
    this.view.update(text, false, CONTEXT);
    return markupOf(this.root);
  }
  get markup(): string {
    return markupOf(this.root);
  }
}

const cuts = fc.array(fc.nat(), { maxLength: 30 });
const whole = (text: string): string => new Shown().end(text);
const growing = (text: string): string => new Shown().grow(text).markup;

test("any split of a text draws the same as the whole text once it is final", () => {
  fc.assert(
    fc.property(longMarkdown, cuts, (text, at) => {
      const shown = new Shown();
      for (const part of split(text, at)) shown.grow(part);
      assert.equal(shown.end(text), whole(text));
    }),
    { numRuns: 2_000 },
  );
});

test("a label may be any character, that of an entity among them", async () => {
  for (const label of "&^]*\\") {
    const shown = new Shown().grow(`[${label}] [^${label}]\n\n`);
    const text = shown.end(`[${label}] [^${label}]\n\nEnd`);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(shown.markup, text);
  }
});

test("any characters in any pieces draw the same as at once", () => {
  const marks = fc.constantFrom(
    ...Array.from("*_~`[]()!<>&#-+=|:$\\\n\r\t 1.ax\0"),
    "```",
    "$$",
    "\n\n",
    "\n> ",
    "\n- ",
    "[^1]: ",
    "[a]: b",
    "\na|b\n-|-\n",
  );
  fc.assert(
    fc.property(fc.array(marks, { maxLength: 60 }), cuts, (pieces, at) => {
      const text = pieces.join("");
      const shown = new Shown();
      for (const part of split(text, at)) shown.grow(part);
      assert.equal(shown.end(text), whole(text));
    }),
    { numRuns: 3_000 },
  );
});

test("what is shown of an unfinished text does not depend on how it arrived", () => {
  fc.assert(
    fc.property(tidyMarkdown, cuts, fc.nat(), (source, at, to) => {
      const text = source.slice(0, to % (source.length + 1));
      const shown = new Shown();
      for (const part of split(text, at)) shown.grow(part);
      assert.equal(shown.markup, growing(text));
    }),
    { numRuns: 2_000 },
  );
});

test("no prefix of a tidy text shows a half-written mark, link or table row", () => {
  fc.assert(
    fc.property(tidyMarkdown, (text) => {
      const shown = new Shown();
      for (let to = 1; to <= text.length; to++) {
        const outsideCode = shown.grow(text.slice(0, to)).markup.replace(/<code>.*?<\/code>/gs, "");
        assert.doesNotMatch(outsideCode, /\*\*|~~|`|\]\(|!\[|\|/, JSON.stringify(text.slice(0, to)));
      }
    }),
    { numRuns: 300 },
  );
});

test("blocks that are final keep their nodes, at any depth", () => {
  const shown = new Shown();
  const text =
    "# Title\n\n- one\n- two\n\n  more\n\n> - quoted\n> - again\n\n| a |\n|---|\n| 1 |\n\n```js\nx\n```\n\nend";
  const seen = new Map<string, unknown>();
  for (let to = 1; to <= text.length; to++) {
    shown.grow(text.slice(0, to));
    const now = nodesOf(shown.root);
    // All but what is on the way to the last leaf.
    for (const [path, node] of seen) assert.equal(now.get(path), node, `${path} after ${to} characters`);
    for (const [path, node] of now) if (isPassed(path, now)) seen.set(path, node);
  }
  assert.ok(seen.size > 10);
});

const perChar = (text: string): number => {
  const shown = new Shown();
  for (let to = STEP; to < text.length; to += STEP) shown.grow(text.slice(0, to));
  shown.end(text);
  return shown.view.readChars / text.length;
};

test("the cost per token does not grow with the length of the answer", () => {
  const short = perChar(longAnswer(4_000));
  const long = perChar(longAnswer(400_000));
  assert.ok(long <= short * 1.05, `${long} characters read per character at 400,000, ${short} at 4,000`);
  assert.ok(long < 20, `${long} characters read per character`);
});

const GIANTS: Readonly<Record<string, (chars: number) => string>> = {
  "a list": (chars) => "- an item of the list\n".repeat(chars / 22),
  "a list in a quotation": (chars) => "> - an item of the list\n".repeat(chars / 24),
  "a table": (chars) => "| a | b |\n|---|---|\n" + "| one | two |\n".repeat(chars / 14),
  "a listing": (chars) => "```js\n" + "const answer = 42;\n".repeat(chars / 19),
  "a quotation": (chars) => "> words in a quotation\n".repeat(chars / 23),
  "a paragraph of lines": (chars) => "one line after another\n".repeat(chars / 23),
  "a line": (chars) => "some words and *more* of them ".repeat(chars / 30),
};
for (const [name, make] of Object.entries(GIANTS)) {
  test(`the cost per token does not grow with the length of ${name}`, () => {
    const short = perChar(make(20_000));
    const long = perChar(make(200_000));
    assert.ok(long <= short * 1.1, `${long} characters read per character at 200,000, ${short} at 20,000`);
    assert.ok(long < 200, `${long} characters read per character`);
  });
}

test("a text full of openings without ends costs no more per token when it is longer", () => {
  for (const opening of [
    "*a ",
    "_a ",
    "**a ",
    "~~a ",
    "[a ",
    "![a ",
    "`a ``b ",
    "$a ",
    "\\(a ",
    "<a b='",
    "<!-- ",
    "[a](b",
    "&a ",
    "a@",
  ]) {
    const short = perChar(opening.repeat(8_000 / opening.length));
    const long = perChar(opening.repeat(40_000 / opening.length));
    assert.ok(long <= short * 1.1, `${opening}: ${long} characters read per character at 40,000, ${short} at 8,000`);
  }
});

test("containers and emphasis deeper than any reader goes are plain text", () => {
  for (const text of [
    ">".repeat(5_000),
    "- ".repeat(5_000),
    "*a **b ".repeat(2_000) + "b** a* ".repeat(2_000),
    "[".repeat(5_000) + "]".repeat(5_000),
  ]) {
    const markup = whole(text + "x");
    assert.ok((markup.match(/<(?:blockquote|ul|em|strong)/g) ?? []).length < 5_000);
    let depth = 0;
    let deepest = 0;
    for (const [tag] of markup.matchAll(/<\/?[a-z]+/g)) {
      depth += tag[1] === "/" ? -1 : 1;
      deepest = Math.max(deepest, depth);
    }
    assert.ok(deepest <= 70, `${deepest} deep`);
  }
});

test("a text that is not a continuation starts over", () => {
  const shown = new Shown().grow("one\n\ntwo\n\nthree\n").grow("other");
  assert.equal(shown.markup, "<p>other</p>");
});

test("an unchanged text reads nothing", () => {
  const shown = new Shown().grow("one *two*");
  const before = shown.view.readChars;
  shown.grow("one *two*");
  assert.equal(shown.view.readChars, before);
});

test("a definition that comes late makes links of what refers to it, and of nothing else", () => {
  const shown = new Shown().grow("[a][1] and [b][2]\n\nmore\n\n");
  assert.equal(shown.markup, "<p>a and b</p><p>more</p>");
  shown.grow("[a][1] and [b][2]\n\nmore\n\n[1]: https://e.example/x\n\n");
  assert.equal(shown.markup, "<p><a href=https://e.example/x>a</a> and b</p><p>more</p>");
  const text = "[a][1] and [b][2]\n\nmore\n\n[1]: https://e.example/x\n\nend";
  assert.equal(shown.end(text), "<p><a href=https://e.example/x>a</a> and [b][2]</p><p>more</p><p>end</p>");
});

/** Elements by their way from the root. */
function nodesOf(element: TinyElement, path = "", found = new Map<string, unknown>()): Map<string, unknown> {
  element.children.forEach((child, at) => {
    const own = `${path}/${String(at).padStart(3, "0")}`;
    found.set(own, child);
    nodesOf(child, own, found);
  });
  return found;
}

/** True when a later sibling of it, or of what it is in, is followed by another: the last two may still be one. */
const isPassed = (path: string, all: ReadonlyMap<string, unknown>): boolean =>
  path
    .split("/")
    .slice(1)
    .some((step, at, steps) => {
      const later = `/${[...steps.slice(0, at), String(Number(step) + 2).padStart(3, "0")].join("/")}`;
      return all.has(later);
    });

test("a reference in a list that became loose finds its definition", () => {
  const text = "- [a][b]\n- c\n\n- d\n\n[b]: https://e.example/x\n";
  const shown = new Shown();
  for (let to = STEP; to < text.length; to += STEP) shown.grow(text.slice(0, to));
  assert.equal(
    shown.end(text),
    "<ul><li><p><a href=https://e.example/x>a</a></p></li><li><p>c</p></li><li><p>d</p></li></ul>",
  );
});

test("blocks stand in runs of 32, and these in groups of 16, so that a frame of a long answer passes few of them", () => {
  const shown = new Shown();
  shown.end("a\n\n".repeat(2 * 16 * 32 + 1));
  const counts = (elements: readonly unknown[]): number[] =>
    (elements as readonly TinyElement[]).map(({ childNodes }) => childNodes.length);
  const groups = shown.root.childNodes;
  assert.deepEqual(counts(groups), [16, 16, 1]);
  assert.deepEqual(counts((groups[0] as TinyElement).childNodes), Array<number>(16).fill(32));
});
