import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Announcer } from "../../../widget/render/announce.ts";
import { decodeEntities } from "../../../widget/render/entities.ts";
import { makeBlock } from "../../../widget/render/block.ts";
import { isUndecided, shownOf } from "../../../widget/render/heal-tail.ts";
import { remoteImage, safeHref } from "../../../widget/render/safe-href.ts";

test("safeHref() lets absolute web and mail addresses pass, and nothing else", () => {
  for (const href of ["https://e.example/a?b#c", "HTTP://e.example/", "mailto:a@e.example", "tel:+49123"]) {
    assert.equal(safeHref(href)?.toLowerCase(), new URL(href).href.toLowerCase());
  }
  const refused = ["javascript:x()", " javascript:x()", "java\nscript:x()", "data:text/html,x", "vbscript:x", "blob:x"];
  for (const href of [...refused, "file:///etc", "/path", "//e.example", "#a", "", "https://", "ftp://e.example"]) {
    assert.equal(safeHref(href), null, href);
  }
});

test("safeHref() never gives a script, whatever it is given", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.webUrl()), (href) => {
      assert.match(safeHref(href) ?? "https:", /^(https?|mailto|tel):/);
    }),
  );
});

test("decodeEntities() knows what markup needs and leaves the rest as written", () => {
  assert.equal(decodeEntities("&lt;a&gt; &amp;amp; &#65;&#x42; &quot;"), '<a> &amp; AB "');
  assert.equal(
    decodeEntities("&#0; &#x110000; &nope; &toString; AT&T &amp"),
    "\ufffd \ufffd &nope; &toString; AT&T &amp",
  );
});

test("isUndecided() holds back a line of marks, in code only what may close it", () => {
  const paragraph = makeBlock("root", 0);
  const code = makeBlock("code", 1, { fence: { closing: /^```/, indent: 0 } });
  for (const line of ["-", "> ", "1.", "##", "|--", "``", "- [", "- [x", "$$", "```js", "> - "])
    assert.equal(isUndecided(line, paragraph), true, line);
  for (const line of ["a", "- a", "# a", "| a", "- [x] a", "$x"])
    assert.equal(isUndecided(line, paragraph), false, line);
  assert.equal(isUndecided("``", code), true);
  assert.equal(isUndecided("- [", code), false);
});

test("shownOf() holds back what may be a definition or the head of a table", () => {
  assert.equal(shownOf("[a]: https://e.example"), "");
  assert.equal(shownOf("words\n| a | b |"), "words");
  assert.equal(shownOf("| a |\n| b"), "| a |\n| b");
  assert.equal(shownOf("[a] b | c"), "[a] b | c");
});

test("remoteImage() loads from listed hosts, asks for others where it may, and knows no other scheme", () => {
  assert.equal(remoteImage("https://cdn.example/a.png", "cdn.example")?.how, "load");
  assert.equal(remoteImage("https://a.cdn.example/a.png", "*.cdn.example")?.how, "load");
  assert.equal(remoteImage("https://evilcdn.example/a.png", "*.cdn.example ask")?.how, "ask");
  assert.equal(remoteImage("https://e.example/a.png", "")?.how, "link");
  assert.equal(remoteImage("https://cdn.example.evil.example/a.png", "cdn.example")?.how, "link");
  for (const src of ["data:image/png;base64,x", "javascript:x", "/a.png", "//e.example/a.png", "blob:x", "file:///a"])
    assert.equal(remoteImage(src, "ask *.example"), null, src);
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
