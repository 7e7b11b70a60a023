/** Access tokens: JSON Web Tokens signed with the proxy's own secret (RFC 7519, HS256), bound to a visitor and an origin. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { StreamError } from "../../protocol/index.ts";

export interface AccessClaims {
  /** The visitor: owner of the streams and conversations made with this token. */
  readonly sub: string;
  /** Seconds since the epoch. */
  readonly exp: number;
  /** The only origin whose pages may use it; absent for a token used by programs. */
  readonly origin?: string;
}

const HEADER = encode({ alg: "HS256", typ: "JWT" });

export function mintAccessToken(claims: AccessClaims, secret: string): string {
  const body = `${HEADER}.${encode(claims)}`;
  return `${body}.${sign(body, secret).toString("base64url")}`;
}

/** @throws {StreamError} `unauthenticated` for a token that is malformed, forged, expired or of another origin. */
export function verifyAccessToken(
  token: string,
  secret: string,
  origin: string | undefined,
  nowMs: number,
): AccessClaims {
  const [header, claims, signature, ...rest] = token.split(".");
  if (header !== HEADER || claims === undefined || signature === undefined || rest.length > 0)
    throw refused("it is not one of ours");
  const expected = sign(`${header}.${claims}`, secret);
  const given = Buffer.from(signature, "base64url");
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw refused("its signature is wrong");
  const decoded = JSON.parse(Buffer.from(claims, "base64url").toString()) as AccessClaims;
  if (decoded.exp * 1000 <= nowMs) throw refused("it has expired");
  if (decoded.origin !== undefined && origin !== undefined && decoded.origin !== origin)
    throw refused("it belongs to another origin");
  return decoded;
}

/** The token of an `Authorization: Bearer …` header. */
export const bearer = (header: string | undefined): string | undefined => /^Bearer +(\S+)$/i.exec(header ?? "")?.[1];

const refused = (why: string): StreamError =>
  new StreamError("unauthenticated", `Access token: ${why}; expected a valid one`, { field: "Authorization" });

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

const sign = (body: string, secret: string): Buffer => createHmac("sha256", secret).update(body).digest();
