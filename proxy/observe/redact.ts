/** Takes secrets out of what is logged: fields by their names, wherever they stand, and texts that look like keys. */

const CENSORED = "[redacted]";
/** Deeper than anything that is logged on purpose; below it nothing is said at all. */
const MAX_DEPTH = 8;
/** Entries of one list or object: a log line is for reading. */
const MAX_ENTRIES = 200;

/** The name of a field that may hold a secret ends like this, without case, `-` and `_`. Counts of tokens do not. */
const SECRET_NAME =
  /(apikeys?|secret|secretkey|password|passwd|passphrase|privatekey|accesskey|accesskeyid|authorization|cookies?|credentials?|(access|session|refresh|id|auth|bearer|api|security)token|bearertokenbedrock)$|^token$/;

/**
 * Keys and tokens as their makers write them: after `Bearer`, `sk-…` and its kin, AWS, JSON Web Tokens, in URLs. None
 * reaches over a quote, so that a line of JSON stays one.
 */
const SECRET_TEXTS: readonly (readonly [RegExp, string])[] = [
  [/\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${CENSORED}`],
  [/\b(?:sk|gsk|csk|xai)[-_][\w-]{8,}/g, CENSORED],
  [/\b(?:AKIA|ASIA|ABSK)[A-Za-z0-9+/=]{12,}/g, CENSORED],
  [/\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*/g, CENSORED],
  [/(\w:\/\/)[^\s/@:"\\]*:[^\s/@"\\]+@/g, `$1${CENSORED}@`],
  [/([?&][\w-]*(?:key|token|secret|signature)=)[^&\s"\\]+/gi, `$1${CENSORED}`],
];

/** A copy of a log line's fields without those that hold secrets. Errors pass: what is made of them ends here, too. */
export function redact(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return redacted(fields, 0) as Record<string, unknown>;
}

/** A line, or any text, without what looks like a key. */
export function redactText(text: string): string {
  return SECRET_TEXTS.reduce((clean, [pattern, replacement]) => clean.replace(pattern, replacement), text);
}

function redacted(value: unknown, depth: number): unknown {
  if (typeof value !== "object" || value === null || value instanceof Error || value instanceof Date) return value;
  if (depth >= MAX_DEPTH) return CENSORED;
  if (Array.isArray(value)) return value.slice(0, MAX_ENTRIES).map((item) => redacted(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, MAX_ENTRIES)
      .map(([name, item]) => [name, isSecretName(name) ? CENSORED : redacted(item, depth + 1)]),
  );
}

const isSecretName = (name: string): boolean => SECRET_NAME.test(name.toLowerCase().replaceAll(/[-_]/g, ""));
