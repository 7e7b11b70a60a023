import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { suite, test } from "node:test";

import { en } from "../../../widget/labels/en.ts";
import { directionOf, languageOf, LANGUAGES, wordsOf } from "../../../widget/labels/languages.ts";
import { en as desk } from "../../../widget/view/desk-words.ts";

/** Every word with its path: `tools.done`. */
function flat(words: object, path = ""): Map<string, string> {
  return new Map(
    Object.entries(words).flatMap(([name, value]) =>
      typeof value === "object" && value !== null
        ? [...flat(value, `${path}${name}.`)]
        : [[path + name, String(value)] as const],
    ),
  );
}

const placeholders = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).toSorted();
const FILES = readdirSync(new URL("../../../widget/labels", import.meta.url))
  .filter((name) => /^[a-z]{2}\.ts$/.test(name) && name !== "en.ts")
  .map((name) => name.slice(0, 2));

suite("languages", () => {
  test("each file is a language that can be asked for", () => {
    assert.deepEqual(Object.keys(LANGUAGES).toSorted(), FILES.toSorted());
    assert.equal(FILES.length, 13);
  });

  for (const [language, load] of Object.entries(LANGUAGES)) {
    test(`${language} has every word, and nothing else`, async () => {
      const { words } = await load();
      const expected = flat({ ...en, ...desk });
      const found = flat(words);
      assert.deepEqual([...found.keys()].toSorted(), [...expected.keys()].toSorted());
      for (const [name, text] of found) {
        assert.notEqual(text.trim(), "", name);
        assert.deepEqual(placeholders(text), placeholders(expected.get(name)!), name);
      }
      assert.equal(words.locale, language);
    });

    test(`${language} says things in its own words`, async () => {
      const { words } = await load();
      const own = flat(words);
      const same = [...flat({ ...en, ...desk })].filter(([name, text]) => own.get(name) === text && text.length > 14);
      assert.deepEqual(same, []);
    });
  }

  test("a tag is read by its language, and English stands in for what is not shipped", async () => {
    assert.equal(languageOf("de-CH"), "de");
    assert.equal(languageOf("ZH_Hans"), "zh");
    assert.equal(languageOf(""), "");
    assert.equal(wordsOf(undefined).send, "Send");
    assert.equal(wordsOf({ locale: "de", send: "Senden" }).stop, "Stop");
    assert.equal(wordsOf({ locale: "de", send: "Senden" }, { send: "Los" }).send, "Los");
  });

  test("what is written from right to left is shown so", () => {
    assert.deepEqual(["ar-EG", "he", "fa", "de", ""].map(directionOf), ["rtl", "rtl", "rtl", "ltr", "ltr"]);
  });
});
