/** A proxy in this process on a file of its own. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createProxy } from "../../proxy/index.ts";
import type { ConfigInput } from "../../proxy/index.ts";
import type { Place } from "./place.ts";

export async function openEmbeddedPlace(config: ConfigInput): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), "ai-stream-chaos-"));
  const open = (port: number) =>
    createProxy(
      { ...config, port, store: `sqlite:${join(folder, "ai-stream.db")}` },
      { env: {}, logLevel: process.env["LOG_LEVEL"] ?? "silent" },
    );
  let proxy = await open(0);
  const { port, url } = await proxy.listen();
  let lost = 0;
  return {
    port,
    urls: [url],
    isShared: false,
    get lost() {
      return lost;
    },
    async strike(_drain, whileBroken) {
      lost++;
      await proxy.close(0);
      await whileBroken();
      proxy = await open(port);
      await proxy.listen();
    },
    async [Symbol.asyncDispose]() {
      await proxy.close(0);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
