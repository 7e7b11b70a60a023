/** Everything that can go wrong with a provider → one StreamError with the code the retry loop acts on. */
import { StreamError, isStreamError } from "../../protocol/index.ts";
import type { ErrorCode } from "../../protocol/index.ts";
import { clean, readError } from "./error-text.ts";
import type { ErrorText } from "./error-text.ts";
import { UNBILLED } from "./provider.ts";
import { retryHint } from "./retry-hint.ts";

/** An answer that is not a success. `body` is its text, bounded. */
export function httpError(status: number, headers: Readonly<Record<string, string>>, body: string): StreamError {
  const text = readError(parsed(body));
  const kind = `${text.kind} ${headers["x-amzn-errortype"]?.split(":")[0] ?? ""}`;
  const code = classify(status, { ...text, kind });
  const said = text.message === "" ? "" : `: ${text.message}`;
  const error = new StreamError(code, `The provider answered ${status}${said}`, {
    retryAfterMs: retryHint(headers, text.message),
  });
  if (!gaveUpWaiting(status)) UNBILLED.add(error);
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

/** What each status means when the words say nothing more precise. */
const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  401: "provider_auth",
  402: "provider_quota",
  403: "provider_auth",
  404: "provider_not_found",
  408: "provider_error",
  409: "provider_error",
  413: "context_overflow",
  429: "provider_rate_limited",
  503: "provider_overloaded",
  529: "provider_overloaded",
};

interface Rule {
  readonly code: ErrorCode;
  readonly words: RegExp;
}

/** More precise than any 4xx status, in this order. */
const PRECISE: readonly Rule[] = [
  {
    code: "context_overflow",
    words:
      /context[ _-]?(?:length|window|size)|maximum context|prompt is too long|input is too long|too many input tokens|reduce the length/i,
  },
  {
    code: "provider_quota",
    words: /insufficient[ _](?:quota|balance|credits?|funds)|current quota|billing|credit balance|payment required/i,
  },
];

/** For errors without a telling status, in this order. */
const BY_WORDS: readonly Rule[] = [
  {
    code: "provider_auth",
    words:
      /(?:invalid|incorrect)[ _-](?:x-)?api[ _-]?key|authenticat|unauthori[sz]ed|permission[ _](?:error|denied)|access ?denied|security token|UnrecognizedClient|ExpiredToken/i,
  },
  {
    code: "provider_overloaded",
    words:
      /overloaded|at capacity|too busy|server busy|high traffic|queue_exceeded|service[ _]?(?:is )?(?:currently )?unavailable|insufficient_system_resource/i,
  },
  {
    code: "provider_rate_limited",
    words: /rate[ _-]?limit|too[ _]many[ _]requests|throttl|quota_exceeded|resource has been exhausted|tokens per min/i,
  },
  {
    code: "provider_not_found",
    words:
      /not[ _]found|NotFound|model identifier is invalid|model .{0,120}does not exist|no endpoints found|unknown model/i,
  },
  {
    code: "provider_invalid_request",
    words: /invalid[ _-]?(?:request|argument|parameter)|validation|unsupported|bad[ _]request/i,
  },
];

function classify(status: number | null, { message, kind }: ErrorText): ErrorCode {
  const words = `${kind} ${message}`;
  if (status === null || status < 500) {
    const precise = matching(PRECISE, words);
    if (precise !== null) return precise;
  }
  if (status !== null) {
    const known = BY_STATUS[status];
    if (known !== undefined) return known;
    if (status >= 500) return "provider_error";
    if (status >= 300 && status < 400) return "upstream_protocol";
  }
  return matching(BY_WORDS, words) ?? (status === null ? "provider_error" : "provider_invalid_request");
}

const matching = (rules: readonly Rule[], words: string): ErrorCode | null =>
  rules.find((rule) => rule.words.test(words))?.code ?? null;

function parsed(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return body;
  }
}
