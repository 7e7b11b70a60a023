/**
 * A real redis-server for tests: on a free port, in a folder of its own, with an append-only file that is written before
 * it replies. (With `everysec` a server that is killed while the disk is busy loses up to two seconds.)
 */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** Where the server may take this long to read its file. */
const START_MS = 20_000;

export interface RedisServer {
  /** `redis://127.0.0.1:PORT` */
  readonly url: string;
  readonly port: number;
  /** As a crash would. */
  kill(): Promise<void>;
  /** Stops answering, and goes on: the sockets stay open. */
  pause(): void;
  resume(): void;
  /** On the same port, with what its file holds. */
  start(): Promise<void>;
  /** Copies what it has kept until now. What this returns puts the copy back; then the server must not run. */
  remember(): () => void;
  close(): Promise<void>;
}

const NAMES = ["redis-server", "valkey-server"];
const program = (process.env["PATH"] ?? "")
  .split(delimiter)
  .concat("/usr/bin", "/usr/local/bin")
  .flatMap((folder) => NAMES.map((name) => join(folder, name)))
  .find((path) => existsSync(path));

/** Why tests that need a server of their own are skipped; false where they run. In CI they always run, or fail. */
export const withoutRedis: string | false =
  program !== undefined || process.env["CI"] === "true" ? false : "no redis-server or valkey-server on this machine";

/** As `withoutRedis`, for tests that can do with a server somebody else runs: `REDIS_URL`. */
export const withoutAnyRedis: string | false = process.env["REDIS_URL"] ? false : withoutRedis;

/** `REDIS_URL`, else a server of its own. Whoever uses it gives each store a prefix nobody else has. */
export async function findRedisServer(): Promise<Pick<RedisServer, "url" | "close">> {
  const url = process.env["REDIS_URL"];
  return url ? { url: url.replace(/\/$/, ""), close: async () => {} } : startRedisServer();
}

/** @throws {Error} when there is no server, or it does not answer. */
export async function startRedisServer(settings: readonly string[] = []): Promise<RedisServer> {
  if (program === undefined) throw new Error("redis-server was not found: install it (apt-get install redis-server)");
  const folder = mkdtempSync(join(tmpdir(), "ai-stream-redis-"));
  const port = await freePort();
  const kept = join(folder, "appendonlydir");
  let child: ChildProcess | null = null;

  const start = async () => {
    const own = {
      port: String(port),
      bind: "127.0.0.1",
      dir: folder,
      save: "",
      appendonly: "yes",
      appendfsync: "always",
    };
    const common = Object.entries(own).flatMap(([name, value]) => [`--${name}`, value]);
    child = spawn(program, [...common, ...settings], { stdio: "ignore" });
    const running = child;
    for (const deadline = performance.now() + START_MS; ;) {
      if (await answers(port)) return;
      if (running.exitCode !== null || performance.now() > deadline) throw new Error("redis-server did not start");
      await delay(20);
    }
  };
  const kill = async () => {
    const running = child;
    if (running === null) return;
    child = null;
    const exited = once(running, "exit");
    running.kill("SIGKILL");
    await exited;
  };
  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    kill,
    start,
    pause: () => void child?.kill("SIGSTOP"),
    resume: () => void child?.kill("SIGCONT"),
    remember() {
      const copy = mkdtempSync(join(folder, "copy-"));
      cpSync(kept, copy, { recursive: true });
      return () => {
        rmSync(kept, { recursive: true, force: true });
        cpSync(copy, kept, { recursive: true });
      };
    },
    async close() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** True once it has read its file. */
async function answers(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    socket.write("PING\r\n");
    const [reply] = (await once(socket, "data")) as [Buffer];
    return /^(\+PONG|-NOAUTH)/.test(reply.toString());
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
