/** From leave to ask a target to a call under way: its money is set aside, its length bounded by it. */
import { StreamError } from "../../protocol/index.ts";
import type { Need, Passage } from "../route/route.ts";
import type { Meter } from "../spend/meter.ts";
import type { Call, TargetlessRequest } from "./attempt.ts";

/** What routing must know of a request. */
export function needOf(request: TargetlessRequest, meter: Meter): Need {
  return {
    inputTokens: meter.inputTokens(request),
    outputTokens: request.maxOutputTokens,
    images: request.messages.some(
      ({ role, ...rest }) => role === "user" && "parts" in rest && rest.parts.some(isImage),
    ),
    tools: request.tools.length > 0,
  };
}

const isImage = ({ type }: { readonly type: string }): boolean => type === "image";

/**
 * Nothing is sent before the call's events are pulled.
 * @param isRaced it may be hung up for another call
 * @returns `budget_exhausted` when there is not enough money; then the passage has ended.
 */
export async function openCall(
  passage: Passage,
  request: TargetlessRequest,
  meter: Meter,
  signal: AbortSignal,
  isRaced = false,
): Promise<Omit<Call, "attempt"> | StreamError> {
  const { target, key } = passage;
  const asked = { ...request, model: target.model };
  const opened = await meter.begin(target, asked);
  if (opened instanceof StreamError) {
    passage.end({ error: new StreamError("cancelled", "Not asked"), outputTokens: 0 });
    return opened;
  }
  const { maxOutputTokens: affordable = Infinity } = opened;
  const isCapped = affordable < (request.maxOutputTokens ?? Infinity);
  const bounded = isCapped ? { ...asked, maxOutputTokens: affordable } : asked;
  // A signal of its own, and one that follows both, are two kilobytes: only for who needs them.
  const stop = isRaced ? new AbortController() : null;
  const hangUp = stop === null ? signal : AbortSignal.any([signal, stop.signal]);
  const events = target.provider.stream(bounded, target.timers, hangUp, key);
  return { target, key, passage, meter: opened, isCapped, events, stop };
}
