/** Everything that can go wrong with a provider → one StreamError with the code the retry loop acts on. */
import { StreamError, isStreamError } from "../../protocol/index.ts";
import { classify } from "./classify-error.ts";
import { clean, readError } from "./error-text.ts";
import { UNBILLED } from "./provider.ts";
import { retryHint } from "./retry-hint.ts";

/** An answer that is not a success. `body` is its text, bounded. */
export function httpError(status: number, headers: Readonly<Record<string, string>>, body: string): StreamError {
  if (status === 403 && isPage(body)) return unbilled(blocked());
  const text = readError(parsed(body));
  const kind = `${text.kind} ${headers["x-amzn-errortype"]?.split(":")[0] ?? ""}`;
  const code = classify(status, { ...text, kind });
  const said = text.message === "" ? "" : `: ${text.message}`;
  const error = new StreamError(code, `The provider answered ${status}${said}`, {
    retryAfterMs: retryHint(headers, text.message),
  });
  return gaveUpWaiting(status) ? error : unbilled(error);
}

/** A firewall in between, which dislikes what somebody wrote, or where it comes from: no word about the key. */
const blocked = (): StreamError =>
  new StreamError("upstream_protocol", "The provider answered 403 with a page, expected an API's error");

const isPage = (body: string): boolean => /^\s*</.test(body);

function unbilled(error: StreamError): StreamError {
  UNBILLED.add(error);
  return error;
}

/** Said by whoever stood in between, or by a clock: behind it the request may be worked on, and billed. */
const gaveUpWaiting = (status: number): boolean =>
  status === 408 || status === 502 || status === 504 || (status >= 520 && status <= 527);

/** An error inside a stream that began well. It has no HTTP status, so its words must do. */
export function inBandError(value: unknown): StreamError {
  const text = readError(value);
  const said = text.message || text.kind || "an error without a message";
  return new StreamError(classify(text.status, text), `The provider reported an error: ${said}`, {
    retryAfterMs: retryHint({}, text.message),
  });
}

/** A provider's answer of a type that cannot be a stream: a login page, or an error under HTTP 200. */
export function notAStream(contentType: string, body: string): StreamError {
  const text = readError(parsed(body));
  if (text.message !== "" && contentType.includes("json")) return inBandError(parsed(body));
  return new StreamError("upstream_protocol", `The provider answered with ${clean(contentType)}, expected a stream`);
}

/** Codings that some caches and firewalls apply whatever was asked. Servers also say `none` here, or `utf-8`. */
const COMPRESSION = /gzip|deflate|compress|zstd|\bbr\b/i;

/** An answer that was compressed though it was asked for plain; null for one that can be read. */
export function compressedAnswer(headers: Readonly<Record<string, string>>): StreamError | null {
  const coding = COMPRESSION.exec(headers["content-encoding"] ?? "")?.[0];
  if (coding === undefined) return null;
  return new StreamError("upstream_protocol", `The provider's answer is compressed (${coding}), expected it plain`);
}

/**
 * Whatever opening or reading a connection can throw.
 * @param reading true once the response headers had come: then a lost connection has cut an answer short.
 */
export function connectionError(thrown: unknown, reading: boolean): StreamError {
  const error = connectionFailure(thrown, reading);
  if (thrown instanceof Error && UNBILLED.has(thrown)) UNBILLED.add(error);
  return error;
}

function connectionFailure(thrown: unknown, reading: boolean): StreamError {
  for (let error: unknown = thrown, depth = 0; error instanceof Error && depth < 5; error = error.cause, depth++) {
    if (isStreamError(error)) return error;
    if (/Credentials|TokenProvider/.test(error.name)) {
      return new StreamError("provider_auth", "No credentials for the provider were found", { cause: thrown });
    }
    const code = "code" in error && typeof error.code === "string" ? error.code : "";
    if (code.includes("CONNECT_TIMEOUT") || code === "ETIMEDOUT") {
      return new StreamError("connect_timeout", "The provider could not be connected in time", { cause: thrown });
    }
    if (code.startsWith("HPE_")) {
      return new StreamError("upstream_protocol", `The provider's HTTP is malformed (${code})`, { cause: thrown });
    }
    if (NETWORK.test(code)) {
      if (reading) return new StreamError("upstream_truncated", `The connection was lost (${code})`, { cause: thrown });
      return new StreamError("provider_error", `${unreached(code)} (${code})`, { cause: thrown });
    }
  }
  // A decoder that breaks is our mistake: retrying would hide it.
  if (reading && (thrown instanceof TypeError || thrown instanceof ReferenceError)) return StreamError.from(thrown);
  if (reading) return new StreamError("upstream_truncated", "The connection was lost", { cause: thrown });
  const message = thrown instanceof Error ? clean(thrown.message) : "";
  return new StreamError("provider_error", `The request could not be sent: ${message}`, { cause: thrown });
}

/** What a person can look after. The address is theirs to know, and may hold what is not for others. */
function unreached(code: string): string {
  if (code === "ENOTFOUND" || code.startsWith("EAI_")) return "The provider's name could not be resolved";
  if (/SSL|TLS|CERT|SIGNATURE|^EPROTO$/.test(code)) return "A TLS connection to the provider could not be made";
  return "The provider could not be reached";
}

const NETWORK = /^(?:E[A-Z_]+|UND_ERR_[A-Z_]+|CERT_[A-Z_]+|[A-Z_]*(?:CERT|SIGNATURE)[A-Z_]*)$/;

function parsed(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return body;
  }
}
