import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "node:test";

const ROOT = join(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const SOURCE = globSync("widget/**/*.ts", { cwd: ROOT })
  .map((path) => read(path).replaceAll(/\/\*\*[\s\S]*?\*\//g, ""))
  .join("\n");
const TAGS = read("widget/ai-stream.ts");

const found = (text: string, pattern: RegExp): string[] => [
  ...new Set(
    [...text.matchAll(pattern)].flatMap(([, name]) => name!.split(/\s+/)).filter((name) => /^[\w-]+$/.test(name)),
  ),
];

suite("what a page can style and fill is documented above the class, and nothing else is", () => {
  test("parts", () => {
    const tags = [...TAGS.matchAll(/@csspart (.+(?:\n \* {3}.+)*)/g)].map(([, tag]) => tag!);
    const documented = tags.flatMap((tag) => [tag.split(" ", 1)[0]!, ...found(tag, /`([\w-]+)`/g)]);
    const used = found(SOURCE, /\bpart(?:="|: ")([^"]+)"/g);
    assert.deepEqual(
      used.filter((name) => !documented.includes(name)),
      [],
    );
    const missing = tags
      .map((tag) => tag.split(" ", 1)[0]!)
      .filter((name) => !new RegExp(`\\b${name}\\b`).test(SOURCE));
    assert.deepEqual(missing, []);
  });

  test("slots", () => {
    assert.deepEqual(found(SOURCE, /<slot name="([\w-]+)"/g).toSorted(), found(TAGS, /@slot ([\w-]+)/g).toSorted());
  });

  test("custom properties", () => {
    assert.deepEqual(
      found(SOURCE, /var\(\s*(--ai-stream-[\w-]+)/g).toSorted(),
      found(TAGS, /@cssprop \[?(--ai-stream-[\w-]+)/g).toSorted(),
    );
  });
});
