/** Decoding of one delivered entry: known types are checked, unknown ones pass without harm (protocol.md §3.4). */
import { invalid } from "./stream-error.ts";
import type { WireEntry } from "./stream-event.ts";
import { isCount, isFields } from "./validate.ts";
import type { Fields } from "./validate.ts";

type Check = (value: unknown) => boolean;

const string: Check = (value) => typeof value === "string";
const boolean: Check = (value) => typeof value === "boolean";
const object: Check = isFields;

/** The fields a reader relies on, by type. Optional ones are checked where they are used. */
const REQUIRED: Readonly<Record<string, Readonly<Record<string, Check>>>> = {
  "stream.start": { id: string, agent: string, conversation: string, message: string },
  "step.start": { step: isCount, maxSteps: isCount },
  "attempt.start": { attempt: isCount, provider: string, model: string, cause: string, mode: string },
  "block.start": { block: isCount, kind: string },
  delta: { block: isCount, kind: string, text: string },
  "block.end": { block: isCount },
  "tool.start": { callId: string, name: string, runsOn: string },
  "tool.end": { callId: string, ok: boolean, ms: isCount },
  source: { url: string },
  reset: { to: isCount, cause: string },
  usage: { attempt: isCount, input: isCount, output: isCount, final: boolean },
  "attempt.end": { attempt: isCount, outcome: string },
  "step.end": { step: isCount, reason: string },
  "stream.end": { reason: string, usage: object, timings: object, digest: isCount },
  skip: { n: isCount },
};

/**
 * One delivered entry. A type this version does not know becomes a `skip` of the same coverage, so that newer
 * servers can say more without breaking older readers.
 * @throws {StreamError} `invalid_request` naming the field that is wrong.
 */
export function decodeEntry(value: unknown): WireEntry {
  if (!isFields(value)) throw invalid("entry", value, "an object");
  const seq = value["seq"];
  const n = value["n"] ?? 1;
  if (!isCount(seq) || seq === 0) throw invalid("seq", seq, "a whole number from 1");
  if (!isCount(n) || n === 0 || n > seq) throw invalid("n", n, "a whole number from 1 to seq");
  const type = value["type"];
  if (typeof type !== "string") throw invalid("type", type, "the name of an event");
  if (!Object.hasOwn(REQUIRED, type)) return { type: "skip", seq, n };
  checkFields(value, type, REQUIRED[type]!);
  return value as unknown as WireEntry;
}

function checkFields(entry: Fields, type: string, required: Readonly<Record<string, Check>>): void {
  for (const name in required) {
    if (!required[name]!(entry[name])) throw invalid(`${type}.${name}`, entry[name], "the form protocol.md §3.1 gives");
  }
}
