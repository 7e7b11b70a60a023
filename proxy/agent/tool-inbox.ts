/** Calls of one stream that wait for the page or for a person: one outcome each, the first one wins. */
import { isDeepStrictEqual } from "node:util";
import { invalid, StreamError } from "../../protocol/index.ts";
import type { Message, ToolBlock, ToolOutcome } from "../../protocol/index.ts";
import { boundedResult } from "./tool-result.ts";

/** Said to the model, and by these words a repeated decision is recognised. */
export const DENIED = "Denied by the user";
export const UNDECIDED = "Nobody said yes in time";

/** More calls than a step may have. */
const MAX_EARLY = 64;

/** `result` from the page that runs the call, or a person's `decision` on one that the proxy runs. */
type Wanted = "result" | "decision";

interface Slot {
  readonly wants: Wanted;
  readonly resolve: (outcome: ToolOutcome) => void;
  outcome: ToolOutcome | null;
  open: boolean;
}

export class ToolInbox {
  /** By call; null until there is one. */
  #slots: Map<string, Slot> | null = null;
  /** Outcomes that came before their call was opened here: after a takeover they may. */
  #early: Map<string, ToolOutcome> | null = null;

  /** Opens a call; before its `tool.start` is written, because whoever sees that may answer at once. */
  open(callId: string, wants: Wanted): Promise<ToolOutcome> {
    const { promise, resolve } = Promise.withResolvers<ToolOutcome>();
    (this.#slots ??= new Map()).set(callId, { wants, resolve, outcome: null, open: true });
    const early = this.#early?.get(callId);
    if (early !== undefined) this.offer(callId, early);
    return promise;
  }

  /** An outcome that another process has taken, and checked. One that comes again, or too late, changes nothing. */
  offer(callId: string, outcome: ToolOutcome): void {
    const slot = this.#slots?.get(callId);
    if (slot === undefined) {
      this.#early ??= new Map();
      if (this.#early.size < MAX_EARLY) this.#early.set(callId, outcome);
    } else if (slot.open && "approve" in outcome === (slot.wants === "decision")) {
      this.answer(callId, outcome);
    }
  }

  /** Takes no outcome for this call any more. */
  close(callId: string): void {
    const slot = this.#slots?.get(callId);
    if (slot !== undefined) slot.open = false;
  }

  /**
   * Takes an outcome, or the same one again. False for a call that never waited here.
   * @throws {StreamError} `conflict` when another outcome came first or the call waits no more, `invalid_request` for
   * an outcome of the wrong kind.
   */
  answer(callId: string, outcome: ToolOutcome): boolean {
    const slot = this.#slots?.get(callId);
    if (slot === undefined) return false;
    if (slot.outcome !== null && isDeepStrictEqual(slot.outcome, outcome)) return true;
    if (!slot.open) throw settled(callId);
    if ("approve" in outcome !== (slot.wants === "decision")) throw ofOtherKind(slot.wants);
    slot.outcome = outcome;
    slot.open = false;
    slot.resolve(outcome);
    return true;
  }
}

/**
 * True when the call waits for an outcome of this kind; false when it waits for none.
 * @throws {StreamError} `invalid_request` when it waits for one of the other kind.
 */
export function checkWaiting({ blocks }: Message, callId: string, outcome: ToolOutcome): boolean {
  const call = blocks.findLast((block) => block.kind === "tool" && block.callId === callId) as ToolBlock | undefined;
  const wants = call?.state === "awaiting" ? "decision" : call?.runsOn === "page" ? "result" : null;
  if (call === undefined || wants === null || (call.state !== "awaiting" && call.state !== "running")) return false;
  if ("approve" in outcome !== (wants === "decision")) throw ofOtherKind(wants);
  return true;
}

/**
 * Checks an outcome against a call that does not wait: passes when it is the one the call ended with.
 * @throws {StreamError} `not_found` for a call that is not in the message, else `conflict`.
 */
export function checkRepeated(message: Message, callId: string, outcome: ToolOutcome, resultChars: number): void {
  const call = message.blocks.findLast((block) => block.kind === "tool" && block.callId === callId);
  if (call === undefined) {
    throw new StreamError("not_found", `callId: found "${callId}", expected a call of this stream`, {
      field: "callId",
    });
  }
  if (!isRepeated(call as ToolBlock, outcome, resultChars)) throw settled(callId);
}

function isRepeated({ runsOn, approval, state, result, error }: ToolBlock, outcome: ToolOutcome, max: number): boolean {
  if ("approve" in outcome) {
    if (approval !== true) return false;
    if (!outcome.approve) return error === DENIED;
    return state === "done" || (state === "failed" && error !== DENIED && error !== UNDECIDED);
  }
  if (runsOn !== "page") return false;
  if ("error" in outcome) return state === "failed" && error === outcome.error;
  return state === "done" && isDeepStrictEqual(result, boundedResult(outcome.result, max));
}

const settled = (callId: string): StreamError =>
  new StreamError("conflict", `callId: found "${callId}", which waits for nothing: another outcome came first`, {
    field: "callId",
  });

const ofOtherKind = (wants: Wanted): StreamError =>
  wants === "decision"
    ? invalid("approve", undefined, "true or false: this call waits for a decision")
    : invalid("approve", true, "result or error: this call runs on the page");
