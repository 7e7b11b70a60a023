/** Which files come together: the first load, the talk, the headless client. By their imports, types aside. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";

const ROOT = join(import.meta.dirname, "../..");
const AT_ONCE = /^(?:import|export)(?! type\b)[^;"]*"(\.[^"]+)";/gm;
const LATER = /\bimport\("(\.[^"]+)"\)/g;

/** The files that come with this one, and those that any of them loads later. */
function reach(file: string): { readonly atOnce: Set<string>; readonly later: Set<string> } {
  const atOnce = new Set([file]);
  const later = new Set<string>();
  for (const at of atOnce) {
    const text = readFileSync(join(ROOT, at), "utf8");
    const from = (path: string): string => relative(ROOT, join(ROOT, dirname(at), path));
    for (const [, path] of text.matchAll(AT_ONCE)) atOnce.add(from(path!));
    for (const [, path] of text.matchAll(LATER)) later.add(from(path!));
  }
  return { atOnce, later };
}

test("no file is both in the first load and in what comes later, so that each is one file in the build", () => {
  const first = reach("widget/index.ts");
  assert.ok(first.atOnce.has("widget/render/parse-blocks.ts") && first.later.has("widget/talk.ts"));
  const all = new Set(first.later);
  for (const file of all) {
    const { atOnce, later } = reach(file);
    for (const more of later) all.add(more);
    const shared = [...atOnce].filter((one) => first.atOnce.has(one));
    assert.deepEqual(shared, [], `also of the first load: what ${file} imports`);
  }
});

test("the talk has both transports and what runs tools come later, and the headless client all but what tabs share at once", () => {
  const late = ["widget/connection/sse-transport.ts", "widget/connection/ws-transport.ts", "widget/tool-runner.ts"];
  const tabs = "widget/connection/tab-share.ts";
  assert.deepEqual([...reach("widget/talk.ts").later].toSorted(), ["widget/attachment.ts", ...late, tabs].toSorted());
  const client = reach("widget/client.ts");
  assert.deepEqual([...client.later], [tabs]);
  for (const file of late) assert.ok(client.atOnce.has(file), file);
});
