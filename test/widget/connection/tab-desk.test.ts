import assert from "node:assert/strict";
import { test } from "node:test";
import { TabDesk } from "../../../widget/connection/tab-desk.ts";
import type { TabAnswer } from "../../../widget/connection/tab-message.ts";
import type { StreamReader } from "../../../widget/connection/transport.ts";
import { simpleLog } from "../../fakes/random-log.ts";

/** A desk with one reading for the tab "t", and what it told. */
function openDesk() {
  const told: TabAnswer[] = [];
  const attached = new Set<StreamReader>();
  const applied: number[] = [];
  const desk = new TabDesk({
    connection: {
      attach: (reader) => void attached.add(reader),
      detach: (reader) => void attached.delete(reader),
      applied: (_reader, seq) => void applied.push(seq),
    },
    post: (answer) => void told.push(answer),
    closed: (_tab, signal) => new Promise((_resolve, reject) => signal.addEventListener("abort", reject)),
  });
  const read = { type: "read", from: "t", r: 1, id: "s_1", position: { inc: null, seq: 0 }, hold: false } as const;
  desk.receive(read);
  return { desk, told, attached, applied, reader: [...attached][0]! };
}

const ENTRIES = simpleLog(["a", "b"]);

test("what is applied is passed on; a tab that applies nothing for 30 s is not read for, and is told when it comes back", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { desk, told, attached, applied, reader } = openDesk();
  const apply = { type: "applied", from: "t", r: 1, seq: 3, bytes: 10 } as const;
  reader.accept("i", ENTRIES.slice(0, 3), 10);
  t.mock.timers.tick(29_999);
  desk.receive(apply);
  assert.deepEqual(applied, [3]);
  t.mock.timers.tick(60_000);
  assert.equal(attached.size, 1, "who has applied all there was may be silent");
  reader.accept("i", ENTRIES.slice(3, 4), 10);
  t.mock.timers.tick(30_000);
  assert.equal(attached.size, 0);
  desk.receive({ ...apply, seq: 4 });
  assert.deepEqual(told.at(-1), { type: "gone", to: "t", r: 1 });
});

test("no more than a window is on its way to a tab, and nobody waits for room at a closed desk", async () => {
  const { desk, reader } = openDesk();
  assert.equal(reader.room(), undefined);
  reader.accept("i", ENTRIES.slice(0, 3), 262_144);
  const room = reader.room();
  assert.notEqual(room, undefined);
  desk.receive({ type: "applied", from: "t", r: 1, seq: 3, bytes: 262_144 });
  await room;
  reader.accept("i", ENTRIES.slice(3, 4), 262_144);
  const more = reader.room();
  desk.close();
  await more;
});

test("another incarnation is not passed on as if nothing had happened", () => {
  const { desk, told, reader } = openDesk();
  assert.equal(reader.accept("i", ENTRIES.slice(0, 3), 10), true);
  assert.equal(reader.accept("j", ENTRIES.slice(3, 4), 10), false);
  reader.restart();
  desk.close();
  assert.deepEqual(reader.position, { inc: null, seq: 0 });
  assert.deepEqual(
    told.map((answer) => answer.type === "tell" && answer.told[0]),
    ["accept", "restart"],
  );
});
