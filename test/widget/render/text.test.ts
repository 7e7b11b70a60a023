import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Announcer } from "../../../widget/render/announce.ts";
import { decodeEntities } from "../../../widget/render/entities.ts";
import { healTail } from "../../../widget/render/heal-tail.ts";
import { safeHref } from "../../../widget/render/safe-href.ts";

test("safeHref() lets absolute web and mail addresses pass, and nothing else", () => {
  for (const href of ["https://e.example/a?b#c", "HTTP://e.example/", "mailto:a@e.example"]) {
    assert.equal(safeHref(href)?.toLowerCase(), new URL(href).href.toLowerCase());
  }
  const refused = ["javascript:x()", " javascript:x()", "java\nscript:x()", "data:text/html,x", "vbscript:x", "blob:x"];
  for (const href of [...refused, "file:///etc", "/path", "//e.example", "#a", "", "https://", "tel:1"]) {
    assert.equal(safeHref(href), null, href);
  }
});

test("safeHref() never gives a script, whatever it is given", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.webUrl()), (href) => {
      assert.match(safeHref(href) ?? "https:", /^(https?|mailto):/);
    }),
  );
});

test("decodeEntities() knows what people write and leaves the rest as written", () => {
  assert.equal(decodeEntities("&lt;a&gt; &amp;amp; &#65;&#x42; &hellip;"), "<a> &amp; AB …");
  assert.equal(
    decodeEntities("&#0; &#x110000; &nope; &toString; AT&T &amp"),
    "\ufffd \ufffd &nope; &toString; AT&T &amp",
  );
});

test("healTail() closes marks, and only outside code and words", () => {
  const cases = {
    "a **b": "a **b**",
    "a **b _c": "a **b _c_**",
    "a *b **c** d": "a *b **c** d*",
    "a `b *c": "a `b *c`",
    "a `` b ` c": "a `` b ` c``",
    "# a **b": "# a **b**",
    "- a\n- b **c": "- a\n- b **c**",
    "snake_case_word and 2 * 3": "snake_case_word and 2 * 3",
    "a [b **c** d](https://e": "a b **c** d",
    "| a |\n|---|\n| **b": "| a |\n|---|\n| **b**",
    "```js\nlet a = b * c": "```js\nlet a = b * c",
    "- ```js\n  a ** b": "- ```js\n  a ** b",
    "done **b**\n\nand": "done **b**\n\nand",
  };
  for (const [text, healed] of Object.entries(cases)) assert.equal(healTail(text), healed);
});

test("an Announcer says every word of plain sentences once, in order, however they arrive", () => {
  const sentence = fc
    .array(fc.stringMatching(/^[a-z]{1,9}$/), { minLength: 1, maxLength: 9 })
    .map((words) => `${words.join(" ")}. `);
  fc.assert(
    fc.property(fc.array(sentence), fc.array(fc.nat()), (sentences, cuts) => {
      const text = sentences.join("");
      const announcer = new Announcer();
      const said = cuts
        .map((cut) => cut % (text.length + 1))
        .sort((a, b) => a - b)
        .map((to) => announcer.next(text.slice(0, to), true));
      said.push(announcer.next(text, false));
      for (const piece of said.slice(0, -1)) assert.match(piece, /^$|\.$/);
      assert.equal(said.filter((piece) => piece !== "").join(" "), text.trim());
    }),
  );
});
