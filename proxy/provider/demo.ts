/** The provider that answers when no key is set: scripted text at a model's pace, failing where it is told to. */
import { crc32, StreamError } from "../../protocol/index.ts";
import type { DemoFault } from "./demo-directives.ts";
import { scriptEvents } from "./demo-events.ts";
import { scriptFor } from "./demo-script.ts";
import { hungUp, paceOf, systemClock, Tempo } from "./demo-tempo.ts";
import type { DemoClock } from "./demo-tempo.ts";
import type { Provider, ProviderEvent, ProviderRequest } from "./provider.ts";

export interface DemoProvider extends Provider {
  readonly label: "demo provider";
  /** Hangs up every answer under way, as a provider that dies does. Returns how many there were. */
  hangUp(): number;
}

/** A retry comes within this time; a later question is a new one and fails again. */
const RETRY_WITHIN_MS = 30_000;
/** Questions remembered as having failed once. */
const MAX_FAILED = 256;

export function demoProvider(name: string, { clock = systemClock }: { readonly clock?: DemoClock } = {}): DemoProvider {
  const running = new Set<AbortController>();
  const failed = new FailedOnce(clock);
  return {
    name,
    label: "demo provider",
    async *stream(request, timers, signal) {
      const pace = paceOf(request.model);
      const script = scriptFor(request);
      const faults = failed.pending(script.directives.faults, request);
      const line = new AbortController();
      running.add(line);
      const either = AbortSignal.any([signal, line.signal]);
      try {
        yield* play(scriptEvents(script, request), new Tempo(clock, pace, faults, script.seed, timers, either));
      } catch (thrown) {
        if (signal.aborted) throw new StreamError("cancelled", "The answer was cancelled", { cause: signal.reason });
        throw line.signal.aborted ? line.signal.reason : thrown;
      } finally {
        running.delete(line);
      }
    },
    async check() {},
    hangUp() {
      const count = running.size;
      for (const line of running) line.abort(hungUp());
      return count;
    },
  };
}

/** True for what `demoProvider` made. */
export const isDemoProvider = (provider: Provider): provider is DemoProvider =>
  provider.label === "demo provider" && "hangUp" in provider;

/** One batch per token, or per few: a batch ends with the token that had to be waited for. */
async function* play(events: readonly ProviderEvent[], tempo: Tempo): AsyncGenerator<readonly ProviderEvent[], void> {
  const total = events.filter(({ type }) => type === "delta").length;
  await tempo.think();
  let tokens = 0;
  let batch: ProviderEvent[] = [];
  for (const event of events) {
    if (event.type === "delta") {
      const wait = tempo.beforeToken(tokens++, total);
      if (wait !== null) {
        // What has been said is out before a silence or a failure.
        if (batch.length > 0) yield batch;
        batch = [];
        await wait();
      }
    }
    batch.push(event);
  }
  yield batch;
}

/** Which questions have failed once, so that their next attempt goes through. Bounded in number and in time. */
class FailedOnce {
  readonly #clock: DemoClock;
  readonly #failedAt = new Map<string, number>();

  constructor(clock: DemoClock) {
    this.#clock = clock;
  }

  /** The faults this attempt still meets. */
  pending(faults: readonly DemoFault[], { messages }: ProviderRequest): readonly DemoFault[] {
    if (!faults.some(({ always }) => !always)) return faults;
    const asked = JSON.stringify(messages);
    const question = `${crc32(asked)}.${asked.length}`;
    const failedAt = this.#failedAt.get(question);
    this.#failedAt.delete(question);
    if (failedAt !== undefined && this.#clock.now() - failedAt < RETRY_WITHIN_MS) {
      return faults.filter(({ always }) => always);
    }
    if (this.#failedAt.size >= MAX_FAILED) this.#failedAt.delete(this.#failedAt.keys().next().value!);
    this.#failedAt.set(question, this.#clock.now());
    return faults;
  }
}
