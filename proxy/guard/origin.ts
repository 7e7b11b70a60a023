/** Which pages may talk to the proxy: the origin allow-list for CORS and WebSocket, and the host names it answers to. */
import type { IncomingMessage } from "node:http";
import { StreamError } from "../../protocol/index.ts";

export interface OriginRules {
  /** Allowed origins besides the proxy's own; `*` allows all. */
  readonly origins: readonly string[];
  /** An open proxy answers only to names of this machine, so that no foreign name can be pointed at it (DNS rebinding). */
  readonly loopbackOnly: boolean;
}

const LOOPBACK_NAMES = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

/**
 * The origin to allow in CORS headers, or null for a request that is not from a foreign page.
 * @throws {StreamError} `forbidden` for a foreign origin, and for a foreign host name of an open proxy.
 */
export function checkOrigin(request: IncomingMessage, rules: OriginRules): string | null {
  const { host = "", origin } = request.headers;
  if (rules.loopbackOnly && !LOOPBACK_NAMES.test(host)) {
    throw new StreamError(
      "forbidden",
      `Host: found "${host}", expected a name of this machine (set access.secret to serve others)`,
      { field: "Host" },
    );
  }
  if (origin === undefined || isOwn(origin, host)) return null;
  if (rules.origins.includes("*") || rules.origins.includes(origin)) return origin;
  throw new StreamError("forbidden", `Origin: found "${origin}", expected one that access.origins lists`, {
    field: "Origin",
  });
}

const isOwn = (origin: string, host: string): boolean => origin === `http://${host}` || origin === `https://${host}`;

/** The headers that let a page of `origin` read an answer. */
export const corsHeaders = (origin: string): Readonly<Record<string, string>> => ({
  "access-control-allow-origin": origin,
  vary: "Origin",
  "access-control-expose-headers": "location, retry-after, x-request-id",
});

/** The answer to a preflight. */
export const PREFLIGHT_HEADERS = {
  "access-control-allow-methods": "GET, POST, DELETE",
  "access-control-allow-headers": "authorization, content-type, idempotency-key, last-event-id, prefer",
  "access-control-max-age": "600",
} as const;
