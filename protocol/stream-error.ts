/** One error class and one closed set of codes for everything that can go wrong (protocol.md §7). */

/** What a code means on the wire: its HTTP status and whether the same request may succeed later. */
interface CodeFacts {
  readonly http: number;
  readonly retryable: boolean;
}

const no = (http: number): CodeFacts => ({ http, retryable: false });
const yes = (http: number): CodeFacts => ({ http, retryable: true });

export const ERROR_CODES = {
  // The request itself.
  invalid_request: no(400),
  unauthenticated: no(401),
  forbidden: no(403),
  not_found: no(404),
  conflict: no(409),
  payload_too_large: no(413),
  // Resuming. The reader drops its copy (409) or takes the message snapshot (410).
  cursor_ahead: no(409),
  incarnation_changed: no(409),
  cursor_expired: no(410),
  // What this proxy will not do now.
  rate_limited: yes(429),
  budget_exhausted: yes(429),
  capacity: yes(503),
  draining: yes(503),
  circuit_open: yes(503),
  paused: yes(503),
  // What the provider refused.
  provider_auth: no(502),
  provider_quota: no(502),
  provider_not_found: no(502),
  provider_invalid_request: no(502),
  context_overflow: no(502),
  provider_rate_limited: yes(502),
  // How the provider failed.
  provider_overloaded: yes(502),
  provider_error: yes(502),
  connect_timeout: yes(504),
  first_token_timeout: yes(504),
  idle_timeout: yes(504),
  upstream_truncated: yes(502),
  upstream_protocol: yes(502),
  total_timeout: no(504),
  // Ourselves.
  storage_unavailable: yes(503),
  internal: no(500),
  cancelled: no(499),
  orphaned: yes(503),
} as const satisfies Record<string, CodeFacts>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** The form an error has on the wire and in `attempt.end` and `stream.end`; it never holds the cause. */
export interface WireError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryable: boolean;
  /** Milliseconds to wait before trying again, where somebody told us. */
  readonly retryAfterMs?: number;
  /** The field of the request that is wrong, as a path: `input`, `attachments[0].data`. */
  readonly field?: string;
}

export interface StreamErrorOptions {
  readonly cause?: unknown;
  readonly retryAfterMs?: number | undefined;
  readonly field?: string | undefined;
}

/** A failure the other side can act on: `code` crosses the wire, `cause` stays in our logs. */
export class StreamError extends Error {
  override readonly name = "StreamError";
  readonly code: ErrorCode;
  readonly retryAfterMs: number | undefined;
  readonly field: string | undefined;

  constructor(code: ErrorCode, message: string, options: StreamErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
    this.field = options.field;
  }

  get http(): number {
    return ERROR_CODES[this.code].http;
  }

  get retryable(): boolean {
    return ERROR_CODES[this.code].retryable;
  }

  toJSON(): WireError {
    return {
      code: this.code,
      message: this.message,
      retryable: this.retryable,
      ...(this.retryAfterMs === undefined ? {} : { retryAfterMs: this.retryAfterMs }),
      ...(this.field === undefined ? {} : { field: this.field }),
    };
  }

  /** Any thrown value as a StreamError; one that is not ours becomes `internal` and its text stays here. */
  static from(thrown: unknown): StreamError {
    if (isStreamError(thrown)) return thrown;
    return new StreamError("internal", "Something went wrong on the server", { cause: thrown });
  }

  /** The error a peer sent us. A code this version does not know reads as `internal`. */
  static fromWire(error: WireError): StreamError {
    const code = Object.hasOwn(ERROR_CODES, error.code) ? error.code : "internal";
    return new StreamError(code, error.message, error);
  }
}

/** True for a StreamError of any copy of this package on the page. */
export const isStreamError = (thrown: unknown): thrown is StreamError =>
  thrown instanceof Error && thrown.name === "StreamError" && "code" in thrown;

/** The one wording of a validation failure: the field, what was found, what is expected. */
export function invalid(field: string, found: unknown, expected: string): StreamError {
  return new StreamError("invalid_request", `${field}: found ${describe(found)}, expected ${expected}`, { field });
}

/** A short description of a value for an error text; long strings are cut so that a message stays a message. */
export function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "string") {
    return value.length > 40 ? `a string of ${value.length} characters` : JSON.stringify(value);
  }
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  return String(value);
}
