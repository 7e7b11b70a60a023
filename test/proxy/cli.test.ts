import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

const CLI = fileURLToPath(new URL("../../proxy/cli.ts", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "ai-stream-cli-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** In an empty folder, with nothing of the developer's environment that configures a proxy. */
function open(args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [CLI, ...args], {
    cwd: folder,
    env: { PATH: process.env["PATH"], AI_STREAM_STORE: "sqlite::memory:", PORT: "0", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  return { child, out: text(child.stdout), err: text(child.stderr), exited: once(child, "exit") };
}

async function run(args: readonly string[], env?: Record<string, string>) {
  const { out, err, exited } = open(args, env);
  const [code] = await exited;
  return { code: code as number, out: await out, err: await err };
}

test("serve says one line on stdout, logs JSON lines on stderr, drains at SIGTERM and exits 0", async () => {
  const { child, out, err, exited } = open(["serve"]);
  const [first] = await once(child.stdout, "data");
  assert.match(String(first), /^ai-stream listening on http:\/\/127\.0\.0\.1:\d+\n$/);
  child.kill("SIGTERM");
  assert.deepEqual(await exited, [0, null]);
  assert.equal((await out).split("\n").length, 2);
  for (const line of (await err).trim().split("\n")) assert.equal(typeof JSON.parse(line), "object");
});

test("a bad configuration prints every mistake and exits 2", async () => {
  writeFileSync(join(folder, "bad.json"), '{ "port": "x", "colour": 1, "delivery": { "heartbeatMs": 0 } }');
  const { code, out, err } = await run(["serve", "--config", "bad.json"]);
  assert.deepEqual([code, out], [2, ""]);
  for (const path of ["port", "colour", "delivery.heartbeatMs"])
    assert.match(err, new RegExp(`^ {2}${path}: found .+, expected `, "m"));
});

test("an address that others reach is refused with the reason", async () => {
  const { code, err } = await run(["serve", "--host", "0.0.0.0"]);
  assert.equal(code, 2);
  assert.match(err, /access\.origins.*\n.*access\.secret/);
});

test("check reaches each provider, a line each, and fails when one cannot be reached", async () => {
  assert.deepEqual(await run(["check"]), { code: 0, out: "ok    demo\n", err: "" });
  const providers = {
    here: { kind: "demo" },
    away: { kind: "openai-compatible", baseUrl: "http://127.0.0.1:1/v1", apiKey: "sk-secret" },
  };
  writeFileSync(join(folder, "two.json"), JSON.stringify({ providers }));
  const { code, out } = await run(["check", "--config", "two.json"]);
  assert.equal(code, 1);
  assert.match(out, /^ok {4}here\nfail {2}away: .+ \(provider_error\)\n$/);
  assert.doesNotMatch(out, /sk-secret/);
});

test("ask without a question and an unknown command are mistakes of use; help is not", async () => {
  assert.equal((await run(["ask"])).code, 2);
  assert.equal((await run(["dance"])).code, 2);
  assert.equal((await run(["serve", "--dance"])).code, 2);
  const help = await run(["--help"]);
  assert.equal(help.code, 0);
  assert.match(help.out, /ai-stream serve/);
});

test("ask says in one line that nobody answers", async () => {
  const { code, out, err } = await run(["ask", "hello", "--url", "http://127.0.0.1:1"]);
  assert.deepEqual([code, out], [1, ""]);
  assert.match(err, /^ai-stream ask: .+127\.0\.0\.1:1.+\n$/);
});
