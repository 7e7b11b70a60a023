/** A world's schedules as tests: one each, some of them at once. */
import { after, before, describe, test } from "node:test";
import { play } from "./play.ts";
import { describeSchedule, makeSchedule } from "./schedule.ts";
import type { World } from "./schedule.ts";
import { AT_ONCE, openStage } from "./stages.ts";
import type { OpenStage } from "./stages.ts";

/** Plays the seeds from 1 on, the same ones each time: what `npm test` says of a commit does not depend on luck. */
export function chaosSuite(world: World, schedules: number, skip: string | false = false): void {
  describe(`chaos, ${world}`, { concurrency: AT_ONCE[world], skip }, () => {
    let stage: OpenStage;
    let whole = 0;
    before(async () => {
      stage = await openStage(world);
    });
    after(async () => {
      console.log(`chaos: ${whole} of ${schedules} schedules whole, ${world}`);
      await stage[Symbol.asyncDispose]();
    });
    for (let seed = 1; seed <= schedules; seed++) {
      const schedule = makeSchedule(world, seed);
      test(`${world} ${seed}: ${describeSchedule(schedule)}`, async () => {
        await play(schedule, stage);
        whole++;
      });
    }
  });
}
