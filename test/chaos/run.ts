/**
 * `npm run chaos -- [--schedules N] [--seed S] [--world embedded|process|page|replicas] [--at-once N]`: plays N schedules
 * from seed S on, in one world or a quarter of them in each, and prints those that fail with the way to play them again.
 */
import { parseArgs, styleText } from "node:util";
import { play } from "./play.ts";
import { describeSchedule, makeSchedule, WORLDS } from "./schedule.ts";
import type { World } from "./schedule.ts";
import { AT_ONCE, openStage } from "./stages.ts";

const { values } = parseArgs({
  options: {
    schedules: { type: "string", default: "200" },
    seed: { type: "string", default: "1" },
    world: { type: "string" },
    "at-once": { type: "string" },
  },
});
const schedules = count("schedules", values.schedules);
const seed = count("seed", values.seed);
const worlds = values.world === undefined ? WORLDS : [worldOf(values.world)];

let passed = 0;
let failed = 0;
for (const [index, world] of worlds.entries()) {
  const share = Math.floor((schedules + worlds.length - 1 - index) / worlds.length);
  if (share > 0) await playAll(world, share);
}
console.log(`\n${passed} schedules whole, ${failed} failed`);
// Node 24 sometimes waits for ever for a request of a socket that was reset when it takes itself down by itself.
process.exit(failed > 0 ? 1 : 0);

async function playAll(world: World, share: number): Promise<void> {
  await using stage = await openStage(world);
  const atOnce = values["at-once"] === undefined ? AT_ONCE[world] : count("at-once", values["at-once"]);
  let next = seed;
  const work = async () => {
    while (next < seed + share) {
      const schedule = makeSchedule(world, next++);
      const startedAt = performance.now();
      const failure = await play(schedule, stage).then(
        () => null,
        (error: Error) => error,
      );
      const line = `${world} ${schedule.seed}, ${Math.round(performance.now() - startedAt)} ms`;
      if (failure === null) {
        passed++;
        console.log(`${styleText("green", "✔")} ${line}: ${describeSchedule(schedule)}`);
      } else {
        failed++;
        console.log(`${styleText("red", "✖")} ${line}:`, failure);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}

function count(name: string, given: string): number {
  const value = Number(given);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new RangeError(`--${name}: found "${given}", expected a whole number from 1`);
}

function worldOf(given: string): World {
  const world = WORLDS.find((name) => name === given);
  if (world === undefined) throw new RangeError(`--world: found "${given}", expected one of ${WORLDS.join(", ")}`);
  return world;
}
