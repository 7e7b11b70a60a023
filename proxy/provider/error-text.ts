/** What a provider says went wrong, out of the many shapes in which providers say it. */
import { isFields } from "./fields.ts";
import type { Fields } from "./fields.ts";

export interface ErrorText {
  /** For people; empty when the provider gave none. */
  readonly message: string;
  /** Type and code in one string, for classification. */
  readonly kind: string;
  /** The HTTP status named inside the error, as gateways do in the middle of a stream. */
  readonly status: number | null;
}

/** A message stays a message: longer ones are request dumps. */
const MAX_MESSAGE_CHARS = 400;

/** Reads `{error: {…}}`, `{error: "…"}`, `{message, type, code}`, `{detail: …}`, `[{error}]` and plain text. */
export function readError(value: unknown): ErrorText {
  if (typeof value === "string") return { message: clean(value), kind: "", status: null };
  if (Array.isArray(value)) return readError(value[0]);
  if (!isFields(value)) return { message: "", kind: "", status: null };
  const inner = value["error"];
  if (isFields(inner)) return readFields(inner);
  if (typeof inner === "string" && inner !== "") return readFields({ ...value, message: inner });
  return readFields(value);
}

function readFields(fields: Fields): ErrorText {
  const { message, Message, detail, msg, type, code, status, status_code: statusCode } = fields;
  const text = [message, Message, detail, msg].find((part) => typeof part === "string" && part !== "");
  return {
    message: clean(typeof text === "string" ? text : detailText(detail)),
    kind: [type, code, status].filter((part) => typeof part === "string").join(" "),
    status: [statusCode, code, status].find(isErrorStatus) ?? null,
  };
}

/** FastAPI's validation errors: `[{loc, msg}]`. */
function detailText(detail: unknown): string {
  if (!Array.isArray(detail)) return "";
  return detail.map((item) => (isFields(item) && typeof item["msg"] === "string" ? item["msg"] : "")).join("; ");
}

const isErrorStatus = (value: unknown): value is number =>
  typeof value === "number" && Number.isInteger(value) && value >= 400 && value < 600;

/** Keys and account numbers that providers repeat in their messages. */
const PRIVATE = new RegExp(
  [
    String.raw`\b(?:sk|pk|gsk|csk|xai|hf|key|org|proj|user|team|req)[-_][A-Za-z0-9*_-]{6,}`,
    String.raw`\bBearer\s+\S+`,
    String.raw`[A-Za-z0-9_-]*\*{3,}[A-Za-z0-9_*-]*`,
    // Of Google, of AWS; a JSON Web Token; what is long and no word is a token or a file.
    String.raw`\bAIza[A-Za-z0-9_-]{10,}`,
    String.raw`\bA[KS]IA[A-Z0-9]{12,}`,
    String.raw`\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_.-]+`,
    String.raw`(?=[a-z]*[A-Z0-9+/])[A-Za-z0-9+/]{60,}={0,2}`,
    // In an address.
    String.raw`(?<=:\/\/)[^\s/@]+@`,
    String.raw`(?<=[?&](?:api[-_]?key|key|token|access_token|sig|signature)=)[^&\s"']+`,
  ].join("|"),
  "g",
);
/** What AWS says a signature should have been made of, session token included. */
const SIGNED = /\s*The Canonical String for this request\b.*/s;

/** One line, bounded, without what must not leave the proxy. HTML says nothing a person could use. */
export function clean(text: string): string {
  if (/^\s*</.test(text)) return "";
  const line = text
    .slice(0, 4 * MAX_MESSAGE_CHARS)
    .replace(/\s+/g, " ")
    .replace(SIGNED, "")
    .replace(PRIVATE, "…")
    .trim();
  return line.length > MAX_MESSAGE_CHARS ? `${line.slice(0, MAX_MESSAGE_CHARS - 1)}…` : line;
}
