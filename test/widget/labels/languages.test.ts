import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { suite, test } from "node:test";

import { en } from "../../../widget/labels/en.ts";
import { directionOf, languageOf, LANGUAGES, wordsOf } from "../../../widget/labels/languages.ts";
import { en as desk, say } from "../../../widget/view/desk-words.ts";
import type { Counted } from "../../../widget/view/desk-words.ts";

const isForms = (value: object): value is Exclude<Counted, string> => "other" in value;

/** Every word with its path: `tools.done`; of one with plural forms the general one. */
function flat(words: object, path = ""): Map<string, string> {
  return new Map(
    Object.entries(words).flatMap(([name, value]) =>
      typeof value === "object" && value !== null && !isForms(value)
        ? [...flat(value, `${path}${name}.`)]
        : [[path + name, String(typeof value === "object" ? value.other : value)] as const],
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

  for (const [language, load] of [...Object.entries(LANGUAGES), ["en", async () => ({ words: desk })] as const]) {
    test(`${language} counts in plural forms that it has`, async () => {
      const { words } = await load();
      const { pluralCategories } = new Intl.PluralRules(language).resolvedOptions();
      for (const [name, text] of Object.entries(words)) {
        if (typeof text !== "object" || !isForms(text)) continue;
        for (const [category, form] of Object.entries(text)) {
          assert(pluralCategories.includes(category as Intl.LDMLPluralRule), `${name}.${category}`);
          // One and two have words of their own in some languages.
          const isNamed = ["one", "two"].includes(category) && !form.includes("{");
          assert(isNamed || placeholders(form).join() === placeholders(text.other).join(), `${name}.${category}`);
        }
      }
    });
  }

  test("a number takes its form, and what has no forms stays as it is", async () => {
    const { words } = await LANGUAGES["pl"]!();
    const kroki = [1, 2, 5, 22].map((count) => say(words.steps!, { count }, count, "pl"));
    assert.deepEqual(kroki, ["1 krok", "2 kroki", "5 kroków", "22 kroki"]);
    assert.equal(say(desk.tokens, { count: "1" }, 1), "1 token");
    assert.equal(say("{count} tokens", { count: "1" }, 1), "1 tokens");
  });

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
