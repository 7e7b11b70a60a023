/** Who is asking: the one owner of an open proxy, or the subject of an access token. */
import { StreamError } from "../../protocol/index.ts";
import { mintId } from "../ids.ts";
import { mintAccessToken, verifyAccessToken } from "./access-token.ts";

export interface VisitorRules {
  /** Null for an open proxy: no tokens, one owner for everything. */
  readonly secret: string | null;
  /** Whether a visitor may come without an account. */
  readonly anonymous: boolean;
}

/** The owner of everything on an open proxy. */
const OPEN_OWNER = "local";
/** A page asks again before this; short, because a token cannot be taken back. */
const ANONYMOUS_TTL_MS = 3_600_000;
/** One that expired this long ago can still be renewed: whoever comes back finds what the proxy keeps for them. */
const RENEWABLE_MS = 30 * 86_400_000;

export interface AnonymousVisitor {
  readonly accessToken: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** Who asks, and until when that holds. */
export interface Identity {
  readonly owner: string;
  /** Milliseconds since the epoch; `Infinity` on an open proxy. */
  readonly expiresAt: number;
}

/** @throws {StreamError} `unauthenticated` when a token is needed and missing or wrong. */
export function identify(accessToken: string | undefined, origin: string | undefined, rules: VisitorRules): Identity {
  if (rules.secret === null) return { owner: OPEN_OWNER, expiresAt: Infinity };
  if (accessToken === undefined) {
    throw new StreamError("unauthenticated", "Access token: found none, expected one (POST /v1/visitors gives one)", {
      field: "Authorization",
    });
  }
  const { sub, exp } = verifyAccessToken(accessToken, rules.secret, origin, Date.now());
  return { owner: sub, expiresAt: exp * 1_000 };
}

/**
 * A token for a visitor without an account, bound to the page's origin. One that is shown is renewed for the same
 * visitor; one that was minted for somebody's account is not.
 * @throws {StreamError} `forbidden` when the configuration does not allow anonymous visitors, or the token is not one's.
 */
export function admitAnonymous(
  known: string | undefined,
  origin: string | undefined,
  rules: VisitorRules,
): AnonymousVisitor {
  if (!rules.anonymous)
    throw new StreamError("forbidden", "access.anonymous is off: your page must bring an access token");
  const expiresAt = Date.now() + ANONYMOUS_TTL_MS;
  if (rules.secret === null) return { accessToken: "open", expiresAt };
  const sub = known === undefined ? mintId("v") : visitorOf(known, origin, rules.secret);
  const claims = { sub, exp: Math.floor(expiresAt / 1000), ...(origin === undefined ? {} : { origin }) };
  return { accessToken: mintAccessToken(claims, rules.secret), expiresAt };
}

function visitorOf(accessToken: string, origin: string | undefined, secret: string): string {
  const { sub } = verifyAccessToken(accessToken, secret, origin, Date.now() - RENEWABLE_MS);
  if (sub.startsWith("v_")) return sub;
  throw new StreamError("forbidden", "Access token: found one of an account, expected an anonymous visitor's", {
    field: "Authorization",
  });
}
