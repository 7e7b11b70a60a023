/** A purse without a bottom: nothing is refused and nothing booked. For tests, and for an answer that never began. */
import type { AttemptMeter, Meter, Spend } from "./meter.ts";
import { countInput } from "./tokens.ts";

const NOTHING: Spend = { input: 0, output: 0, estimated: true };

const freeAttempt: AttemptMeter = {
  maxOutputTokens: undefined,
  read: () => undefined,
  end: () => NOTHING,
};

export const freeMeter: Meter = {
  isLow: false,
  refusal: null,
  inputTokens: countInput,
  begin: () => Promise.resolve(freeAttempt),
  close: () => Promise.resolve({ nanoUsd: 0, attempts: [] }),
};
