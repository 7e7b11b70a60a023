/** `ai-stream token`: mints an access token with the configured secret. */
import { ConfigError } from "../config.ts";
import type { Arguments } from "../cli.ts";
import { mintAccessToken } from "../guard/access-token.ts";
import { loadConfig } from "./load-config.ts";

const UNIT_S: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

export async function token(args: Arguments): Promise<number> {
  const { config } = await loadConfig(args, process.env);
  const { sub, ttl = "1h", origin } = args.values;
  const seconds = durationS(ttl);
  const { secret } = config.access;
  const mistakes = [
    ...(sub ? [] : [{ path: "--sub", found: "nothing", expected: "the id of the visitor" }]),
    ...(seconds === null ? [{ path: "--ttl", found: ttl, expected: "a duration such as 90s, 15m, 1h or 7d" }] : []),
    ...(secret === undefined
      ? [{ path: "access.secret", found: "nothing", expected: "a secret (or AI_STREAM_SECRET)" }]
      : []),
  ];
  if (mistakes.length > 0 || sub === undefined || seconds === null || secret === undefined)
    throw new ConfigError(mistakes);
  const exp = Math.floor(Date.now() / 1000) + seconds;
  process.stdout.write(`${mintAccessToken({ sub, exp, ...(origin === undefined ? {} : { origin }) }, secret)}\n`);
  return 0;
}

function durationS(text: string): number | null {
  const match = /^(\d{1,6})([smhd])$/.exec(text);
  return match === null ? null : Number(match[1]) * UNIT_S[match[2]!]!;
}
