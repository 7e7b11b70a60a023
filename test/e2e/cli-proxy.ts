/** A proxy as a process of its own, which can be killed and started again on the same port and store. */
import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { ConfigInput } from "../../proxy/index.ts";

const CLI = fileURLToPath(new URL("../../proxy/cli.ts", import.meta.url));

export interface CliProxy extends AsyncDisposable {
  readonly url: string;
  /** `kill -9`. Resolves when the process is gone. */
  kill(): Promise<void>;
  /** Resolves when it listens again, at the same address. */
  restart(): Promise<void>;
}

/** Writes the configuration to a folder of its own, where the store lies too. */
export async function runCliProxy(config: ConfigInput): Promise<CliProxy> {
  const folder = mkdtempSync(join(tmpdir(), "ai-stream-e2e-"));
  const file = join(folder, "ai-stream.config.json");
  writeFileSync(file, JSON.stringify({ ...config, store: `sqlite:${join(folder, "ai-stream.db")}` }));
  let { child, url } = await start(file, "0");
  const { port } = new URL(url);

  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  };
  return {
    url,
    kill,
    async restart() {
      ({ child, url } = await start(file, port));
    },
    async [Symbol.asyncDispose]() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

type Child = ChildProcessByStdio<null, Readable, null>;

async function start(config: string, port: string): Promise<{ child: Child; url: string }> {
  const child = spawn(process.execPath, [CLI, "serve", "--config", config, "--port", port], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, LOG_LEVEL: "silent" },
  });
  for await (const line of createInterface(child.stdout)) {
    const url = /^ai-stream listening on (http:\S+)$/.exec(line)?.[1];
    if (url !== undefined) return { child, url };
  }
  throw new Error(`The proxy ended before it listened, with exit code ${child.exitCode}`);
}
