/** `ai-stream check`: validates the configuration and reaches each provider, one line each. */
import { StreamError } from "../../protocol/index.ts";
import type { Arguments } from "../cli.ts";
import { createProviders } from "../providers.ts";
import { loadConfig } from "./load-config.ts";

/** Long enough for a cold connection, short enough to wait for. */
const REACH_MS = 10_000;

export async function check(args: Arguments): Promise<number> {
  const { config, unenforced } = await loadConfig(args, process.env);
  for (const key of unenforced) process.stdout.write(`warn  ${key}: not acted on by this version\n`);
  const providers = createProviders(config.providers);
  let failed = 0;
  for (const [name, provider] of providers.byName) {
    try {
      await provider.check(AbortSignal.timeout(REACH_MS));
      process.stdout.write(`ok    ${name}\n`);
    } catch (thrown) {
      const error = StreamError.from(thrown);
      process.stdout.write(`fail  ${name}: ${error.message} (${error.code})\n`);
      failed++;
    }
  }
  await providers.close();
  return failed === 0 ? 0 : 1;
}
