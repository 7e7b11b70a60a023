/** Structured logs on stderr: JSON lines, pretty on a terminal, secrets removed. */
import { pino } from "pino";
import type { DestinationStream, Logger } from "pino";
import { redact, redactText } from "./redact.ts";

export type { Logger } from "pino";

/** `level` as pino's; `silent` says nothing. */
export async function createLogger(level: string, terminal: boolean): Promise<Logger> {
  if (!terminal) return loggerTo(pino.destination({ dest: 2, sync: false }), level);
  const { default: pretty } = await import("pino-pretty");
  return loggerTo(pretty({ destination: 2, sync: true, ignore: "pid,hostname", translateTime: "HH:MM:ss.l" }), level);
}

/** A logger that writes its lines to `destination`. */
export function loggerTo(destination: DestinationStream, level: string): Logger {
  const options = {
    level,
    base: null,
    formatters: { log: redact },
    serializers: { err: serializeError },
    hooks: { streamWrite: redactText },
  };
  return pino(options, destination);
}

/** An error of an SDK carries the request with it: headers, and so keys. */
function serializeError(thrown: unknown): unknown {
  return thrown instanceof Error ? redact({ ...pino.stdSerializers.err(thrown) }) : thrown;
}
