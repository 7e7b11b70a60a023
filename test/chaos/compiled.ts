/** Code that Node has compiled once is not compiled again: the suite starts about a hundred proxies. */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCliProxy } from "../e2e/cli-proxy.ts";

/** The environment of a proxy that uses it. */
export const COMPILED = { NODE_COMPILE_CACHE: join(tmpdir(), "ai-stream-compiled") };

/** Fills the cache: that happens when a process ends by itself, which those of the suite seldom do. */
export async function compile(): Promise<void> {
  await using proxy = await runCliProxy({ port: 0, providers: { demo: { kind: "demo" } } }, undefined, COMPILED);
  await proxy.kill("SIGTERM");
}
