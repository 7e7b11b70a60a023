/** Numbers the blocks of one answer and writes their start, deltas and end. */
import { StreamError } from "../../protocol/index.ts";
import type { BlockKind } from "../../protocol/index.ts";
import type { FinishReason, ProviderEvent } from "./provider.ts";

type TextKind = Exclude<BlockKind, "tool">;

/** A call's arguments beyond this are not arguments. */
const MAX_ARGS_CHARS = 4_194_304;

interface OpenTool {
  readonly block: number;
  argsText: string;
  /** Free text by declaration (a custom tool), not JSON. */
  readonly freeText: boolean;
}

export class BlockWriter {
  #next = 0;
  #text: { readonly block: number; readonly kind: TextKind } | null = null;
  /** Few: they are open side by side only where a model makes several calls. */
  #tools: OpenTool[] = [];
  #unfinished = false;
  #seen = { text: false, reasoning: false, refusal: false };
  /** Calls that wait for somebody to run them. */
  #calls = 0;

  /** Appends to the open block of this kind, or ends what is open and starts one. Empty text changes nothing. */
  text(kind: TextKind, text: string, events: ProviderEvent[]): void {
    if (text === "") return;
    if (this.#text?.kind !== kind) this.#startText(kind, events);
    events.push({ type: "delta", block: this.#text!.block, text });
  }

  /** The number of the open text, reasoning or refusal block. */
  get current(): number | null {
    return this.#text?.block ?? null;
  }

  endText(events: ProviderEvent[]): void {
    if (this.#text === null) return;
    events.push({ type: "block.end", block: this.#text.block });
    this.#text = null;
  }

  /** Tool blocks may be open side by side. */
  startTool(name: string, callId: string, events: ProviderEvent[], freeText = false): number {
    this.endText(events);
    const block = this.#next++;
    this.#tools.push({ block, argsText: "", freeText });
    this.#calls += 1;
    events.push({ type: "block.start", block, kind: "tool", name, callId });
    return block;
  }

  toolArgs(block: number, text: string, events: ProviderEvent[]): void {
    const tool = this.#openTool(block);
    if (tool === undefined || text === "") return;
    tool.argsText += text;
    if (tool.argsText.length > MAX_ARGS_CHARS) {
      throw new StreamError("upstream_protocol", `A tool call has more than ${MAX_ARGS_CHARS} characters of arguments`);
    }
    events.push({ type: "delta", block, text });
  }

  /** A call that the provider ran itself. */
  answered(): void {
    this.#calls -= 1;
  }

  /** A second end of the same block changes nothing. */
  endTool(block: number, events: ProviderEvent[]): void {
    const tool = this.#openTool(block);
    if (tool === undefined) return;
    this.#tools = this.#tools.filter((open) => open !== tool);
    const args = tool.freeText ? undefined : parseArgs(tool.argsText);
    this.#unfinished ||= !tool.freeText && args === undefined;
    events.push(args === undefined ? { type: "block.end", block } : { type: "block.end", block, args });
  }

  /** Ends what is open; true when a call's arguments were not valid JSON. */
  endAll(events: ProviderEvent[]): boolean {
    this.endText(events);
    for (const { block } of this.#tools) this.endTool(block, events);
    return this.#unfinished;
  }

  get empty(): boolean {
    return this.#next === 0;
  }

  /** `stop` says less than the blocks do: many servers say it after tool calls, and OpenAI after a refusal. */
  refine(reason: FinishReason): FinishReason {
    if (reason !== "stop") return reason;
    if (this.#calls > 0) return "tool_calls";
    return this.#seen.refusal && !this.#seen.text ? "refusal" : "stop";
  }

  #openTool(number: number): OpenTool | undefined {
    return this.#tools.find(({ block }) => block === number);
  }

  #startText(kind: TextKind, events: ProviderEvent[]): void {
    this.endText(events);
    const block = this.#next++;
    this.#text = { block, kind };
    this.#seen[kind] = true;
    events.push({ type: "block.start", block, kind });
  }
}

/** No text means no arguments. Undefined for what is not JSON. */
function parseArgs(text: string): unknown {
  if (text.trim() === "") return {};
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
