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
  /** `kill -9`, or a signal that lets it drain. Resolves when the process is gone. */
  kill(signal?: "SIGKILL" | "SIGTERM"): Promise<void>;
  /** `kill -STOP`, or -CONT. */
  freeze(on: boolean): void;
  /** Resolves when it listens again, at the same address. */
  restart(): Promise<void>;
}

/**
 * Writes the configuration to a folder of its own.
 * @param store one that several share. @default a file in the same folder
 * @param env added to this process's environment
 */
export async function runCliProxy(
  config: ConfigInput,
  store?: string,
  env: Readonly<Record<string, string>> = {},
): Promise<CliProxy> {
  const folder = mkdtempSync(join(tmpdir(), "ai-stream-e2e-"));
  const file = join(folder, "ai-stream.config.json");
  writeFileSync(file, JSON.stringify({ ...config, store: store ?? `sqlite:${join(folder, "ai-stream.db")}` }));
  let { child, url } = await start(file, "0", env);
  const { port } = new URL(url);

  const kill = async (signal: "SIGKILL" | "SIGTERM" = "SIGKILL") => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
  };
  return {
    url,
    kill,
    freeze: (on) => void child.kill(on ? "SIGSTOP" : "SIGCONT"),
    async restart() {
      ({ child, url } = await start(file, port, env));
    },
    async [Symbol.asyncDispose]() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

type Child = ChildProcessByStdio<null, Readable, null>;

async function start(
  config: string,
  port: string,
  env: Readonly<Record<string, string>>,
): Promise<{ child: Child; url: string }> {
  const child = spawn(process.execPath, [CLI, "serve", "--config", config, "--port", port], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, LOG_LEVEL: "silent", ...env },
  });
  for await (const line of createInterface(child.stdout)) {
    const url = /^ai-stream listening on (http:\S+)$/.exec(line)?.[1];
    if (url !== undefined) return { child, url };
  }
  throw new Error(`The proxy ended before it listened, with exit code ${child.exitCode}`);
}
