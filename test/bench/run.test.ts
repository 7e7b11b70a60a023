import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { withoutRedis } from "../fakes/redis-server.ts";
import { WIRES } from "./wire-bodies.ts";

const RUN = join(import.meta.dirname, "run.ts");
const run = promisify(execFile);

test("the quick benchmark runs every part and delivers every token", async () => {
  const { stdout } = await run(process.execPath, [RUN, "--quick"]);
  assert.match(stdout, /^unpaced: 4 streams, 240 tokens delivered and checked/m);
  assert.match(stdout, /^lockstep: 4 streams, 80 tokens delivered and checked/m);
  assert.match(stdout, /^paced: 4 streams, 40 tokens delivered and checked/m);
  if (withoutRedis === false) assert.equal(stdout.match(/^ours, Redis: [\d.]+ × ours, SSE$/gm)?.length, 3, stdout);
  else assert.match(stdout, /^ours, Redis: skipped, /m);
  for (const [name, tables] of Object.entries({ floor: 5, "ours, SSE": 6, "ours, WebSocket": 4 })) {
    assert.equal(stdout.match(new RegExp(`^\\| ${name} `, "gm"))?.length, tables, stdout);
  }
  assert.match(stdout, /^load: 20 streams of 5 tokens\/s each, 100 tokens delivered and checked/m);
  assert.match(stdout, /^\| streams begun, all delivered whole +\| +22 \|/m);
  assert.match(stdout, /^\| 1 +\| +9 \|/m, "of ten viewers all but the stalled one complete");
  assert.match(stdout, /^fan-out: one stream to 10 viewers/m);
  assert.match(stdout, /^metrics: CPU ns that they add to a commit of one token: -?\d+$/m);
  for (const wire of WIRES) assert.match(stdout, new RegExp(`^\\| ${wire} +\\| +\\d+ \\|`, "m"));
});

test("a part nobody knows is refused by name", async () => {
  await assert.rejects(run(process.execPath, [RUN, "--only", "fast"]), /--only: found "fast", expected unpaced/);
});
