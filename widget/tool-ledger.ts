/** Which calls this browser has run, so that none runs twice: notes shared by all tabs of the origin, over reloads. */
import type { ToolOutcome } from "../protocol/index.ts";
import { originMemory, tabMemory } from "./connection/memory.ts";
import { randomId } from "./random-id.ts";

/** Streams end long before; what is older is cleared away, in milliseconds. */
const KEPT_MS = 86_400_000;
const STREAMS = "stream:";
const CALLS = "call:";

/** `begun` and nothing after it: whoever ran it is gone, or has not finished. `settled`: the proxy has an outcome. */
export type CallNote =
  | { readonly state: "begun"; readonly tab: string }
  | { readonly state: "ended"; readonly outcome: ToolOutcome }
  | { readonly state: "settled" };

export const toolLedger = {
  /** A stream that this browser started with tools: its calls are ours to run. */
  add(stream: string): void {
    for (const name of [...originMemory.names(STREAMS), ...originMemory.names(CALLS)]) {
      const { at } = read<{ at: number }>(name) ?? { at: 0 };
      if (Date.now() - at > KEPT_MS) originMemory.remember(name, null);
    }
    write(STREAMS + stream, {});
  },

  has: (stream: string): boolean => originMemory.recall(STREAMS + stream) !== null,

  note: (call: string): CallNote | null => read<CallNote>(CALLS + call),

  put: (call: string, note: CallNote): void => write(CALLS + call, note),

  /** This tab, the same after a reload. */
  get tab(): string {
    const known = tabMemory.recall("tab");
    if (known !== null) return known;
    const tab = randomId();
    tabMemory.remember("tab", tab);
    return tab;
  },
};

const write = (name: string, note: object): void =>
  originMemory.remember(name, JSON.stringify({ ...note, at: Date.now() }));

function read<Note>(name: string): Note | null {
  try {
    return JSON.parse(originMemory.recall(name) ?? "null") as Note | null;
  } catch {
    return null;
  }
}
