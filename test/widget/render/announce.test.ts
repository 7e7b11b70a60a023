import assert from "node:assert/strict";
import { suite, test } from "node:test";

import fc from "fast-check";

import { Announcer } from "../../../widget/render/announce.ts";

/** What is said of a text that arrives in these pieces, one call each. */
function said(pieces: readonly string[], code: string | null = null): string[] {
  const announcer = new Announcer(code);
  let text = "";
  const open = pieces.map((piece) => announcer.next((text += piece), true));
  return [...open, announcer.next(text, false)].filter((words) => words !== "");
}

const letters = (text: string): string[] => Array.from(text);

suite("an announcer", () => {
  test("says sentences once they are complete, and the rest at the end", () => {
    assert.deepEqual(said(letters("A first sentence that is long enough to say. A second one. And a rest")), [
      "A first sentence that is long enough to say.",
      "A second one. And a rest",
    ]);
  });

  test("puts short sentences together", () => {
    assert.deepEqual(said(letters("Yes. No. Maybe. It depends on what you mean by that. So")), [
      "Yes. No. Maybe. It depends on what you mean by that.",
      "So",
    ]);
  });

  test("does not end a sentence at the number of a point", () => {
    assert.deepEqual(said(letters("Do these things in this very order:\n1. Open the window\n2. Close it again\n")), [
      "Do these things in this very order: 1. Open the window",
      "2. Close it again",
    ]);
  });

  for (const [script, text, expected] of [
    ["Japanese", "今日はとても良い天気です。明日は雨でしょう。", ["今日はとても良い天気です。", "明日は雨でしょう。"]],
    [
      "Hindi",
      "यह पहला वाक्य है जो काफ़ी लंबा होना चाहिए ताकि बोला जाए। दूसरा",
      ["यह पहला वाक्य है जो काफ़ी लंबा होना चाहिए ताकि बोला जाए।", "दूसरा"],
    ],
    [
      "Arabic",
      "هل هذه الجملة الأولى طويلة بما يكفي لكي تُقال الآن؟ نعم",
      ["هل هذه الجملة الأولى طويلة بما يكفي لكي تُقال الآن؟", "نعم"],
    ],
  ] as const) {
    test(`knows where sentences end in ${script}`, () => {
      assert.deepEqual(said(letters(text)), expected);
    });
  }

  test("leaves out what is only written: markup, addresses, notes, the bars of tables", () => {
    const text = [
      "## A *title* with `code_name`",
      "- [x] **done** and ~~gone~~",
      "See [the manual](https://example.org/a/b?c=d) or https://www.example.org/very/long#part for more.[^1]",
      "| a | b |",
      "|---|---|",
      "| 1 | 2 |",
    ].join("\n");
    assert.deepEqual(said([text]), [
      "A title with code_name done and gone See the manual or example.org for more. a, b",
      "1, 2",
    ]);
  });

  test("leaves listings out, or reads them where somebody wants all", () => {
    const pieces = ["Here is how:\n```js\nlet a = 1;\n", "let b = 2;\n```\n", "That was it."];
    assert.deepEqual(said(pieces), ["Here is how:", "That was it."]);
    assert.deepEqual(said(pieces, "Code"), ["Here is how: Code: let a = 1; let b = 2;", "That was it."]);
  });

  test("says every word once and in order, however the text is cut", () => {
    const word = fc.string({ unit: fc.constantFrom("a", "b", "c"), minLength: 1, maxLength: 9 });
    const text = fc
      .array(fc.tuple(word, fc.constantFrom(" ", " ", ". ", "? ", "\n", ", ")), { maxLength: 40 })
      .map((parts) => parts.flat().join(""));
    const cut = fc.array(fc.nat(400), { maxLength: 12 });
    fc.assert(
      fc.property(text, cut, (whole, cuts) => {
        const at = [0, ...cuts.filter((index) => index < whole.length).toSorted((a, b) => a - b), whole.length];
        const pieces = at.slice(1).map((end, index) => whole.slice(at[index], end));
        assert.equal(said(pieces).join(" "), whole.replace(/\s+/g, " ").trim());
      }),
    );
  });
});
