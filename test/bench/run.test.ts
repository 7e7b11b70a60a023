import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { WIRES } from "./wire-bodies.ts";

const RUN = join(import.meta.dirname, "run.ts");
const run = promisify(execFile);

test("the quick benchmark runs every part and delivers every token", async () => {
  const { stdout } = await run(process.execPath, [RUN, "--quick"]);
  assert.match(stdout, /^unpaced: 4 streams, 240 tokens delivered and checked/m);
  assert.match(stdout, /^lockstep: 4 streams, 80 tokens delivered and checked/m);
  assert.match(stdout, /^paced: 4 streams, 40 tokens delivered and checked/m);
  for (const name of ["floor", "ours, SSE", "ours, WebSocket"]) {
    assert.equal(stdout.match(new RegExp(`^\\| ${name} `, "gm"))?.length, name === "ours, SSE" ? 5 : 4, stdout);
  }
  assert.match(stdout, /^fan-out: one stream to 10 viewers/m);
  assert.match(stdout, /^metrics: CPU ns that they add to a commit of one token: -?\d+$/m);
  for (const wire of WIRES) assert.match(stdout, new RegExp(`^\\| ${wire} +\\| +\\d+ \\|`, "m"));
});

test("a part nobody knows is refused by name", async () => {
  await assert.rejects(run(process.execPath, [RUN, "--only", "fast"]), /--only: found "fast", expected unpaced/);
});
