/** The fault matrix as it must be: what can go wrong at a provider, and by the contract what follows from it. */
import type { ErrorCode } from "../../protocol/index.ts";
import {
  endAtOnce,
  endInTheMiddle,
  endlessLine,
  errorAtOnce,
  errorInTheMiddle,
  gzipGarbage,
  halfAnEvent,
  headersOnly,
  htmlPage,
  onlyPings,
  otherType,
  refuseWith,
  resetInTheMiddle,
  sayNothing,
  stallInTheMiddle,
} from "../fakes/misbehaviours.ts";
import type { Misbehaviour } from "../fakes/misbehaviours.ts";
import type { Status } from "../fakes/wires/refusals.ts";

/** An address where nobody answers, for a fault server that listens on `port`. */
export interface Unreachable {
  readonly url: (port: number) => string;
}

export interface Fault {
  readonly name: string;
  readonly how: Misbehaviour | Unreachable;
  /** The reader had seen a part of the answer. */
  readonly afterContent: boolean;
  readonly code: ErrorCode;
  /** Kinds, by name, for which it is another code. */
  readonly except?: Readonly<Record<string, ErrorCode>>;
}

type Except = NonNullable<Fault["except"]>;

const before = (name: string, how: Fault["how"], code: ErrorCode, except: Except = {}): Fault => ({
  ...{ name, how, afterContent: false, code, except },
});
const after = (name: string, how: Misbehaviour, code: ErrorCode, except: Except = {}): Fault => ({
  ...{ name, how, afterContent: true, code, except },
});
const status = (number: Status, code: ErrorCode): Fault => before(`HTTP ${number}`, refuseWith(number), code);

/** These send their headers with the first token, so a wait for headers is a wait for content. */
const HEADERS_WITH_CONTENT: Except = Object.fromEntries(
  ["openai chat", "openai-compatible", "groq", "cerebras", "bedrock converse", "bedrock invoke", "ollama"].map(
    (kind) => [kind, "first_token_timeout"],
  ),
);

export const FAULTS: readonly Fault[] = [
  // Nobody listens on port 1.
  before("connection refused", { url: () => "http://127.0.0.1:1" }, "provider_error"),
  // No label of a name may be so long: no resolver is asked.
  before("name does not resolve", { url: () => `http://${"a".repeat(64)}.invalid` }, "provider_error"),
  before("TLS to a plain port", { url: (port) => `https://127.0.0.1:${port}` }, "provider_error"),
  before("hang before headers", sayNothing, "connect_timeout", HEADERS_WITH_CONTENT),
  before("hang before content", headersOnly, "first_token_timeout"),
  before("only pings", onlyPings, "first_token_timeout"),
  before("clean end before content", endAtOnce, "upstream_truncated"),
  after("stall mid-answer", stallInTheMiddle, "idle_timeout"),
  after("reset mid-answer", resetInTheMiddle, "upstream_truncated"),
  after("clean end mid-answer", endInTheMiddle, "upstream_truncated"),
  after("half an event mid-answer", halfAnEvent, "upstream_truncated"),
  before("in-band overloaded", errorAtOnce("overloaded"), "provider_overloaded"),
  after("in-band overloaded, mid-answer", errorInTheMiddle("overloaded"), "provider_overloaded"),
  before("in-band rate limit", errorAtOnce("rate limit"), "provider_rate_limited"),
  after("in-band rate limit, mid-answer", errorInTheMiddle("rate limit"), "provider_rate_limited"),
  before("in-band server error", errorAtOnce("server error"), "provider_error"),
  after("in-band server error, mid-answer", errorInTheMiddle("server error"), "provider_error"),
  status(400, "provider_invalid_request"),
  status(401, "provider_auth"),
  status(402, "provider_quota"),
  status(403, "provider_auth"),
  status(404, "provider_not_found"),
  status(408, "provider_error"),
  status(409, "provider_error"),
  status(413, "context_overflow"),
  status(429, "provider_rate_limited"),
  status(500, "provider_error"),
  status(502, "provider_error"),
  status(503, "provider_overloaded"),
  status(504, "provider_error"),
  status(529, "provider_overloaded"),
  before("HTML page under 200", htmlPage, "upstream_protocol"),
  before("wrong content type", otherType, "upstream_protocol"),
  before("endless line", endlessLine, "upstream_protocol"),
  before("gzip garbage", gzipGarbage, "upstream_protocol"),
];

/** Where the next attempt goes: to the same target anew, to the same with what it has said, to another, or there is none. */
export type Next = "again" | "goes on" | "elsewhere" | "stands";

export interface Cell {
  readonly code: ErrorCode;
  /** What follows where the agent has no other target. */
  readonly alone: Next;
  /** What follows where it has. */
  readonly fallback: Next;
  /** The breaker counted it. */
  readonly counted: boolean;
  /** The reader saw each character once, at every moment and at the end. */
  readonly once: boolean;
}

interface Consequence {
  readonly again: boolean;
  readonly elsewhere: boolean;
  readonly counted: boolean;
}

const NEXT_TARGET_ONLY: Consequence = { again: false, elsewhere: true, counted: false };
const RETRIED_AND_COUNTED: Consequence = { again: true, elsewhere: true, counted: true };

/** The contract's table of codes: retried before content, counts for the breaker. */
const CONSEQUENCES: Partial<Readonly<Record<ErrorCode, Consequence>>> = {
  provider_auth: NEXT_TARGET_ONLY,
  provider_quota: NEXT_TARGET_ONLY,
  provider_not_found: NEXT_TARGET_ONLY,
  context_overflow: NEXT_TARGET_ONLY,
  provider_invalid_request: { again: false, elsewhere: false, counted: false },
  provider_rate_limited: { again: true, elsewhere: true, counted: false },
  provider_overloaded: RETRIED_AND_COUNTED,
  provider_error: RETRIED_AND_COUNTED,
  connect_timeout: RETRIED_AND_COUNTED,
  first_token_timeout: RETRIED_AND_COUNTED,
  idle_timeout: RETRIED_AND_COUNTED,
  upstream_truncated: RETRIED_AND_COUNTED,
  upstream_protocol: RETRIED_AND_COUNTED,
};

/** Their models go on from a partial answer. */
const GO_ON: readonly string[] = ["deepseek", "ollama"];
/** What it did is done: once it was asked it is not asked again, and an answer that began is nobody else's either. */
const ACTS: readonly string[] = ["ag-ui"];
/** It was not reached, or refused. Whoever stands in between and gave up waiting refused nothing. */
const REFUSED = /refused|resolve|TLS|HTTP (?!408|502|504)/;

export function expectedCell(fault: Fault, kind: string): Cell {
  const code = fault.except?.[kind] ?? fault.code;
  const { again, elsewhere, counted } = CONSEQUENCES[code]!;
  const acts = ACTS.includes(kind);
  const isOver = fault.afterContent && acts;
  const mayHaveActed = acts && !REFUSED.test(fault.name);
  const goesOn = fault.afterContent && GO_ON.includes(kind);
  return {
    code,
    alone: isOver || mayHaveActed || !again ? "stands" : goesOn ? "goes on" : "again",
    fallback: isOver || !elsewhere ? "stands" : "elsewhere",
    counted,
    once: true,
  };
}
