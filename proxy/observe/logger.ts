/** Structured logs on stderr: JSON lines, pretty on a terminal, secrets removed. */
import { pino } from "pino";
import type { Logger } from "pino";

export type { Logger } from "pino";

/** Fields that may hold a key or a token, wherever they stand. */
const SECRETS = ["apiKey", "apiKeys", "accessToken", "secret", "authorization", "cookie", "headers.authorization"];
const REDACTED_PATHS = SECRETS.flatMap((name) => [name, `*.${name}`]);

/** `level` as pino's; `silent` says nothing. */
export async function createLogger(level: string, terminal: boolean): Promise<Logger> {
  const options = { level, redact: { paths: REDACTED_PATHS, censor: "[redacted]" }, base: null };
  if (!terminal) return pino(options, pino.destination({ dest: 2, sync: false }));
  const { default: pretty } = await import("pino-pretty");
  return pino(options, pretty({ destination: 2, sync: true, ignore: "pid,hostname", translateTime: "HH:MM:ss.l" }));
}
