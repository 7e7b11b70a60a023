import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, suite, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Finding } from "../../../proxy/command/doctor/finding.ts";
import { fakeProvider } from "../../fakes/fake-provider.ts";
import { runProxy } from "../../fakes/running-proxy.ts";
import type { RunningProxy } from "../../fakes/running-proxy.ts";

const CLI = fileURLToPath(new URL("../../../proxy/cli.ts", import.meta.url));
const ACCESS_TOKEN = "no-token-of-this-proxy";

const run = (...args: readonly string[]) =>
  new Promise<{ code: number; out: string; err: string }>((resolve) => {
    const env = { PATH: process.env["PATH"] };
    const child = execFile(process.execPath, [CLI, "doctor", ...args], { env }, (_failure, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    );
  });

suite("ai-stream doctor, the command", { concurrency: true }, () => {
  let proxy: RunningProxy;
  before(async () => (proxy = await runProxy([fakeProvider("p")])));
  after(() => proxy.close());

  test("says a line for each check and exits 0 when nothing is in the way", async () => {
    const { code, out, err } = await run(proxy.url);
    assert.deepEqual([code, err], [0, ""]);
    const lines = out.trim().split("\n");
    assert.equal(lines.length, 13);
    for (const line of lines) assert.match(line, /^(ok|skipped) +\w+ +\S/);
    assert.match(lines.at(-1)!, /^skipped +idle .*--idle/);
  });

  test("--json says the same to a program; a problem says what to do and exits 1; access tokens are not told", async () => {
    const { code, out } = await run(proxy.url, "--json", "--origin", "https://page.example", "--token", ACCESS_TOKEN);
    assert.equal(code, 1);
    const told = JSON.parse(out) as { url: string; ok: boolean; findings: Finding[] };
    assert.deepEqual([told.url, told.ok], [`${proxy.url}/`, false]);
    const problems = told.findings.filter(({ outcome }) => outcome === "problem");
    assert.deepEqual(
      problems.map(({ check, todo }) => [check, todo]),
      [["origin", 'add "https://page.example" to access.origins']],
    );
    assert.ok(!out.includes(ACCESS_TOKEN));
  });

  test("mistakes of use are told all at once, and exit 2", async () => {
    const { code, out, err } = await run("proxy.example", "--origin", "page", "--idle", "0");
    assert.deepEqual([code, out], [2, ""]);
    for (const path of ["doctor", "--origin", "--idle"])
      assert.match(err, new RegExp(`^ +${path}: found .+, expected `, "m"));
  });
});
