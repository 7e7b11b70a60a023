/** A provider that does what a test says: each call plays the next script. */
import { StreamError } from "../../protocol/index.ts";
import type { Usage } from "../../protocol/index.ts";
import type { Target } from "../../proxy/route/target.ts";
import type { Provider, ProviderEvent, ProviderRequest } from "../../proxy/provider/provider.ts";

/** Batches to yield, errors to throw, promises to wait for, functions that make one when their turn comes. */
export type Script = readonly (readonly ProviderEvent[] | StreamError | Promise<unknown> | (() => Promise<unknown>))[];

/** Lets everything that is ready happen first: what was written is committed. */
export const settle = () => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));

export interface FakeProvider extends Provider {
  readonly requests: ProviderRequest[];
  /** Calls that are under way. */
  readonly open: number;
}

export const text = (...parts: readonly string[]): ProviderEvent[] => [
  { type: "block.start", block: 0, kind: "text" },
  ...parts.map((part): ProviderEvent => ({ type: "delta", block: 0, text: part })),
];

export const more = (part: string): ProviderEvent[] => [{ type: "delta", block: 0, text: part }];

/** Calls of tools, as a model makes them after a text: `[callId, name, args]`. */
export const calls = (
  ...made: readonly (readonly [callId: string, name: string, args: unknown])[]
): ProviderEvent[] => [
  ...made.flatMap(([callId, name, args], block): ProviderEvent[] => [
    { type: "block.start", block, kind: "tool", name, callId },
    { type: "delta", block, text: JSON.stringify(args) },
    { type: "block.end", block, args },
  ]),
  { type: "usage", usage: { input: 3, output: 5, final: true } },
  { type: "finish", reason: "tool_calls", raw: "tool_calls" },
];

export const finish: ProviderEvent[] = [
  { type: "block.end", block: 0 },
  { type: "usage", usage: { input: 3, output: 5, final: true } },
  { type: "finish", reason: "stop", raw: "stop" },
];

export function fakeProvider(name: string, ...scripts: readonly Script[]): FakeProvider {
  const requests: ProviderRequest[] = [];
  let open = 0;
  return {
    name,
    requests,
    get open() {
      return open;
    },
    check: async () => {},
    async *stream(request, _timers, signal) {
      const script = scripts[requests.length] ?? scripts.at(-1) ?? [];
      requests.push(request);
      open++;
      try {
        for (const step of script) {
          if (step instanceof StreamError) throw step;
          if (step instanceof Promise) await abortable(step, signal);
          else if (typeof step === "function") await abortable(step(), signal);
          else yield step;
        }
      } finally {
        open--;
      }
    },
  };
}

function abortable(step: Promise<unknown>, signal: AbortSignal): Promise<unknown> {
  signal.throwIfAborted();
  const aborted = new Promise((_, reject) =>
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true }),
  );
  return Promise.race([step, aborted]);
}

const NO_TIMERS = { connectMs: 0, firstContentMs: 0, livenessMs: 0, betweenContentMs: 0 };

/** A place to ask that costs nothing. */
export const targetOf = (provider: Provider, model = "m"): Target => ({
  id: `${provider.name}/${model}`,
  provider,
  model,
  timers: NO_TIMERS,
  pricing: unpriced,
});

/** What a target costs where that does not matter. */
export const unpriced = (usage: Usage): Usage => usage;
