/** What a provider's error is: by its status where that tells, else by its kind, else by its words. */
import type { ErrorCode } from "../../protocol/index.ts";
import type { ErrorText } from "./error-text.ts";

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

const OVERFLOW: Rule = {
  code: "context_overflow",
  words:
    /context[ _-]?(?:length|window|size)|maximum context|prompt is too long|input is too long|too many input tokens|reduce the length/i,
};

/** More precise than any 4xx status, in this order: in the provider's own name for the error, and in its sentence. */
const PRECISE_KINDS: readonly Rule[] = [
  OVERFLOW,
  { code: "provider_quota", words: /insufficient[ _](?:quota|balance|credits?|funds)|billing|payment[ _]required/i },
];
const PRECISE_WORDS: readonly Rule[] = [
  OVERFLOW,
  {
    code: "provider_quota",
    words:
      /insufficient[ _](?:quota|balance|credits?)|exceeded your current quota|credit balance is too low|payment required/i,
  },
];

/**
 * What the sentence of a refusal without a telling status can say. It may repeat any word of the request, so there is no
 * more of what cools a key for everybody, or opens a circuit, than nobody else would say.
 */
const REFUSAL_WORDS: readonly Rule[] = [
  { code: "provider_auth", words: /(?:invalid|incorrect) (?:x-)?api[ _-]?key|api key (?:is )?not valid/i },
  {
    code: "provider_not_found",
    words: /model identifier is invalid|model .{0,120}(?:does not exist|not found)|no endpoints found|unknown model/i,
  },
];

/** For kinds of errors without a telling status, and for sentences without any, in this order. */
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

/** What a sentence quotes is the request's: a tool called `billing` is no bill. */
const QUOTED = /(?<![A-Za-z])'[^']*'|"[^"]*"|`[^`]*`/g;

/** @param status null for an error in the middle of a stream */
export function classify(status: number | null, { message, kind }: ErrorText): ErrorCode {
  const said = message.replace(QUOTED, "…");
  if (status === null || status < 500) {
    const precise = matching(PRECISE_KINDS, kind) ?? matching(PRECISE_WORDS, said);
    if (precise !== null) return precise;
  }
  if (status === null) return matching(BY_WORDS, `${kind} ${said}`) ?? "provider_error";
  const known = BY_STATUS[status];
  if (known !== undefined) return known;
  if (status >= 500) return "provider_error";
  if (status >= 300 && status < 400) return "upstream_protocol";
  return matching(REFUSAL_WORDS, said) ?? matching(BY_WORDS, kind) ?? "provider_invalid_request";
}

const matching = (rules: readonly Rule[], words: string): ErrorCode | null =>
  rules.find((rule) => rule.words.test(words))?.code ?? null;
