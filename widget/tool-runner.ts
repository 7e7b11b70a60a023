/** Runs the calls of a page's tools, each once, whatever is reloaded, resumed or open in another tab meanwhile. */
import { StreamError } from "../protocol/index.ts";
import type { Message, ToolBlock, ToolOutcome } from "../protocol/index.ts";
import type { ProxyClient } from "./proxy-client.ts";
import { alone, hasLocks } from "./connection/alone.ts";
import { pause } from "./connection/backoff.ts";
import type { PageTools } from "./page-tools.ts";
import { failed, runTool } from "./run-tool.ts";
import { toolLedger } from "./tool-ledger.ts";

/** Attempts to tell the proxy an outcome: over an hour at the longest delay, or until nobody waits for it. */
const ATTEMPTS = 200;
/** Without locks two tabs may both note that they begin: after this, in milliseconds, the later note is the only one. */
const CLAIM_MS = 100;

export interface ToolRunnerOptions {
  readonly client: Pick<ProxyClient, "toolResult">;
  /** Asked at each look, because a page may set its tools after the element has begun. */
  readonly tools: () => PageTools;
  readonly onFailure: (error: StreamError) => void;
}

export class ToolRunner {
  readonly #options: ToolRunnerOptions;
  /** The calls this runner has taken up, by stream and seq: a provider may use a call id again. */
  readonly #taken = new Map<string, AbortController>();

  constructor(options: ToolRunnerOptions) {
    this.#options = options;
  }

  /** Takes up the calls that wait for the page, and lets go of those that do not any more. At every state of a message. */
  follow({ stream, status, blocks }: Message): void {
    for (const block of blocks) {
      if (block.kind !== "tool" || block.runsOn !== "page") continue;
      const call = `${stream}/${block.seq}`;
      const taken = this.#taken.get(call);
      if (status !== "running" || block.state !== "running") taken?.abort();
      else if (taken === undefined && toolLedger.has(stream)) this.#take(call, stream, block);
    }
  }

  /** Aborts what runs. A call that is cut off is not run again: the next page tells that its outcome is unknown. */
  close(): void {
    for (const taken of this.#taken.values()) taken.abort();
  }

  #take(call: string, stream: string, { callId, name, args }: ToolBlock): void {
    const tools = this.#options.tools();
    const tool = Object.hasOwn(tools, name) ? tools[name] : undefined;
    if (tool === undefined) return;
    const { signal } = this.#remember(call);
    const run = (): Promise<ToolOutcome> => runTool(tool, args, signal);
    // Other tabs wait for ours to tell the proxy; then there is nothing left to do for them.
    alone(`call:${call}`, () => this.#settle(call, stream, callId, run, signal), signal).catch((thrown: unknown) => {
      if (!signal.aborted) this.#options.onFailure(StreamError.from(thrown));
    });
  }

  #remember(call: string): AbortController {
    const taken = new AbortController();
    this.#taken.set(call, taken);
    return taken;
  }

  async #settle(
    call: string,
    stream: string,
    callId: string,
    run: () => Promise<ToolOutcome>,
    signal: AbortSignal,
  ): Promise<void> {
    const outcome = await outcomeOf(call, run, signal);
    if (outcome === null) return;
    try {
      await this.#options.client.toolResult(stream, callId, outcome, { signal, attempts: ATTEMPTS });
    } catch (thrown) {
      // Somebody else was first, or nobody waits: either way it is settled.
      const { code } = StreamError.from(thrown);
      if (!signal.aborted && code !== "conflict" && code !== "not_found") throw thrown;
    }
    toolLedger.put(call, { state: "settled" });
  }
}

/** Null when there is nothing to tell: it was told already, or another tab has the call. */
async function outcomeOf(
  call: string,
  run: () => Promise<ToolOutcome>,
  signal: AbortSignal,
): Promise<ToolOutcome | null> {
  const note = toolLedger.note(call);
  if (note?.state === "settled") return null;
  if (note?.state === "ended") return note.outcome;
  if (note?.state === "begun") {
    // With locks, having the turn means that whoever began is gone.
    const isOver = hasLocks() || note.tab === toolLedger.tab;
    return isOver ? failed("The page was left while this ran; its outcome is unknown") : null;
  }
  toolLedger.put(call, { state: "begun", tab: toolLedger.tab });
  if (!hasLocks() && typeof document !== "undefined") {
    await pause(CLAIM_MS, signal);
    const now = toolLedger.note(call);
    if (now?.state !== "begun" || now.tab !== toolLedger.tab) return null;
  }
  const outcome = await run();
  toolLedger.put(call, { state: "ended", outcome });
  return outcome;
}
