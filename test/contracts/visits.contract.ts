/** What the visits of every store must do. Run once per implementation. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import type { StreamLog } from "../../proxy/stream-log/stream-log.ts";
import { begin, end } from "./short-life.ts";

const NOW = 1_800_000_000_000;
const limit = (perMinute: number | null, concurrent: number | null = null, key = "visitor:a") => ({
  ...{ key, perMinute, concurrent },
});

/** @param fresh a store of its own at each call */
export function visitsContract(name: string, fresh: () => Promise<StreamLog>): void {
  describe(`the visits contract: ${name}`, () => {
    let log: StreamLog;
    beforeEach(async () => {
      log = await fresh();
    });
    afterEach(() => log.close());

    test("so many streams begin within a minute, and the refusal says when the oldest is a minute ago", async () => {
      const limits = [limit(2)];
      assert.equal(await log.visits.enter("s_1", limits, NOW), null);
      assert.equal(await log.visits.enter("s_2", limits, NOW + 20_000), null);
      const refused = { key: "visitor:a", limit: "perMinute", waitMs: 15_000 };
      assert.deepEqual(await log.visits.enter("s_3", limits, NOW + 45_000), refused);
      assert.equal(await log.visits.enter("s_4", limits, NOW + 60_000), null);
      assert.deepEqual(await log.visits.enter("s_5", limits, NOW + 60_000), { ...refused, waitMs: 20_000 });
      assert.equal(await log.visits.enter("s_6", [limit(2, null, "visitor:b")], NOW + 60_000), null);
    });

    test("a stream holds its place until it has ended, also past the minute", async () => {
      const limits = [limit(null, 2)];
      const streams = [await begin(log), await begin(log)];
      for (const id of streams) assert.equal(await log.visits.enter(id, limits, NOW), null);
      const refused = { key: "visitor:a", limit: "concurrent", waitMs: null };
      assert.deepEqual(await log.visits.enter(await begin(log), limits, NOW + 1_000), refused);
      assert.deepEqual(await log.visits.enter(await begin(log), limits, NOW + 3_600_000), refused);
      await end(log, streams[0]!);
      assert.equal(await log.visits.enter(await begin(log), limits, NOW + 3_600_000), null);
      assert.deepEqual(await log.visits.enter(await begin(log), limits, NOW + 3_600_000), refused);
      await log.deleteStream(streams[1]!);
      assert.equal(await log.visits.enter(await begin(log), limits, NOW + 3_700_000), null);
    });

    test("a stream that is not there yet counts for a moment, one that never began does not", async () => {
      const limits = [limit(null, 1)];
      assert.equal(await log.visits.enter("s_unborn", limits, NOW), null);
      assert.equal((await log.visits.enter("s_2", limits, NOW + 9_000))?.limit, "concurrent");
      assert.equal(await log.visits.enter("s_3", limits, NOW + 11_000), null);
    });

    test("entering twice is entering once: a command may be sent again", async () => {
      const limits = [limit(2, 2)];
      for (let time = 0; time < 3; time++) assert.equal(await log.visits.enter("s_1", limits, NOW), null);
      assert.equal(await log.visits.enter("s_2", limits, NOW), null);
      assert.equal(await log.visits.enter("s_1", limits, NOW), null);
    });

    test("what is withdrawn counts for nothing", async () => {
      const limits = [limit(1, 1)];
      assert.equal(await log.visits.enter("s_1", limits, NOW), null);
      await log.visits.withdraw("s_1", limits);
      assert.equal(await log.visits.enter("s_2", limits, NOW), null);
    });

    test("of several keys each must have room, and the refused stream takes none of any", async () => {
      const address = limit(1, null, "address:x");
      assert.equal(await log.visits.enter("s_1", [limit(5), address], NOW), null);
      assert.equal((await log.visits.enter("s_2", [limit(2), address], NOW))?.key, "address:x");
      assert.equal(await log.visits.enter("s_3", [limit(2)], NOW), null);
    });

    test("of many at once only as many as there is room for begin", async () => {
      const entered = await Promise.all(
        Array.from({ length: 20 }, (_, index) => log.visits.enter(`s_${index}`, [limit(7, 5)], NOW)),
      );
      assert.equal(entered.filter((refusal) => refusal === null).length, 5);
    });
  });
}
