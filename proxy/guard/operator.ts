/** Who may see how the proxy itself does: metrics, and the lanes behind `/readyz`. */
import type { IncomingMessage } from "node:http";
import { StreamError } from "../../protocol/index.ts";
import { bearer, verifyAccessToken } from "./access-token.ts";
import { checkOrigin } from "./origin.ts";

/** The subject of an access token that only the operator has: `ai-stream token --sub operator`. */
const OPERATOR = "operator";

/** Any of these says that the request came from elsewhere, whatever the socket says. */
const FORWARDING_HEADERS = [
  "forwarded",
  "via",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-real-ip",
];

const LOOPBACK_ADDRESS = /^(127\.|::1$|::ffff:127\.)/;

export interface OperatorRules {
  /** Null for an open proxy: everybody who reaches it is the operator. */
  readonly secret: string | null;
}

/**
 * Lets the operator in: this machine itself, without a proxy server in between, or whoever has the operator's token.
 * @throws {StreamError} `unauthenticated` without a valid token, `forbidden` with somebody else's, or from a foreign page.
 */
export function checkOperator(request: IncomingMessage, { secret }: OperatorRules): void {
  const token = bearer(request.headers.authorization);
  if (secret !== null && token !== undefined) {
    const { sub } = verifyAccessToken(token, secret, request.headers.origin, Date.now());
    if (sub === OPERATOR) return;
    throw new StreamError("forbidden", "Access token: found a visitor's, expected the operator's", {
      field: "Authorization",
    });
  }
  if (secret === null || isThisMachine(request)) {
    // A page of this machine's browser comes from loopback, too: neither foreign pages nor foreign names may ask.
    checkOrigin(request, { origins: [], loopbackOnly: true });
    return;
  }
  throw new StreamError(
    "unauthenticated",
    "Access token: found none, expected the operator's (ai-stream token --sub operator)",
    { field: "Authorization" },
  );
}

/** As `checkOperator`, as a question. */
export function isOperator(request: IncomingMessage, rules: OperatorRules): boolean {
  try {
    checkOperator(request, rules);
    return true;
  } catch {
    return false;
  }
}

const isThisMachine = ({ socket, headers }: IncomingMessage): boolean =>
  LOOPBACK_ADDRESS.test(socket.remoteAddress ?? "") && FORWARDING_HEADERS.every((name) => headers[name] === undefined);
