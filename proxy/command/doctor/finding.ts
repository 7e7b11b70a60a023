/** What one check of the doctor says: a line for a person, the same as JSON for a program. */

export interface Finding {
  /** What was looked at, in one word. */
  readonly check: string;
  /** `skipped` is told and fails nothing: it could not be looked at, or nobody asked. */
  readonly outcome: "ok" | "problem" | "skipped";
  readonly what: string;
  /** Of a problem: what to do about it. */
  readonly todo?: string;
}

export const ok = (check: string, what: string): Finding => ({ check, outcome: "ok", what });
export const skipped = (check: string, what: string): Finding => ({ check, outcome: "skipped", what });
export const problem = (check: string, what: string, todo: string): Finding => ({
  check,
  outcome: "problem",
  what,
  todo,
});

/** Of anything that was thrown, its code first: that is what one searches for. */
export function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const { code } = thrown as NodeJS.ErrnoException;
  return code === undefined || thrown.message.includes(code) ? thrown.message : `${code}, ${thrown.message}`;
}

export const secondsOf = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
