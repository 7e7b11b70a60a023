/** `ai-stream serve`: runs the proxy until SIGTERM or SIGINT, then drains it. */
import { once } from "node:events";
import type { Arguments } from "../cli.ts";
import { createLogger } from "../observe/logger.ts";
import { startProxy } from "../server.ts";
import { loadConfig } from "./load-config.ts";

export async function serve(args: Arguments): Promise<number> {
  // Heard from the first moment: whoever reads the line below may send one at once.
  const stopped = firstSignal();
  const { config, unenforced } = await loadConfig(args, process.env);
  const logger = await createLogger(process.env["LOG_LEVEL"] ?? "info", process.stderr.isTTY);
  for (const key of unenforced) logger.warn({ key }, "this key of the configuration is not acted on by this version");
  const proxy = await startProxy(config, logger);
  const { url } = await proxy.listen();
  process.stdout.write(`ai-stream listening on ${url}\n`);

  await stopped;
  logger.info({}, "draining: no new streams, running ones may finish");
  await proxy.close();
  return 0;
}

/** Once it has come nobody listens any more: a second signal ends the process at once. */
async function firstSignal(): Promise<void> {
  const heard = new AbortController();
  await Promise.race(["SIGTERM", "SIGINT"].map((name) => once(process, name, { signal: heard.signal }))).finally(() =>
    heard.abort(),
  );
}
