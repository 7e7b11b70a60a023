/** Reads one answer as a page does: live over SSE, entry by entry, folded into the message that a person sees. */
import { createParser } from "eventsource-parser";
import { crc32 } from "node:zlib";
import { decodeEntry, emptyMessage, fold, visibleText } from "../../protocol/index.ts";
import type { AttemptMode, ErrorCode, WireEntry } from "../../protocol/index.ts";

export interface AttemptSeen {
  readonly provider: string;
  readonly mode: AttemptMode;
  /** Null for the attempt that answered. */
  error: ErrorCode | null;
}

export interface Reading {
  readonly attempts: readonly AttemptSeen[];
  /** What stands on the page at the end. */
  readonly text: string;
  /** Blocks on the page: an answer that was gone on with is still one. */
  readonly blocks: number;
  /** The error the stream ended with; null where it did not. */
  readonly error: ErrorCode | null;
  /** The text on the page is the text the proxy says it sent: nothing lost, nothing twice. */
  readonly digestFits: boolean;
}

/** @param onText called with the text on the page whenever it has changed */
export async function readAnswer(url: string, agent: string, onText: (text: string) => void): Promise<Reading> {
  const response = await fetch(`${url}/v1/streams`, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "text/event-stream" },
    body: JSON.stringify({ agent, input: "When do ships leave?" }),
  });
  if (response.status !== 200) throw new Error(`The proxy answered ${response.status}: ${await response.text()}`);
  const page = new Page(onText);
  const parser = createParser({
    onEvent: ({ id, event, data }) => {
      if (event === undefined) page.take(decodeEntry(JSON.parse(data)), id!.split(".")[0]!);
    },
  });
  const utf8 = new TextDecoder();
  for await (const bytes of response.body!) parser.feed(utf8.decode(bytes as Uint8Array, { stream: true }));
  return page.reading();
}

class Page {
  readonly #onText: (text: string) => void;
  readonly #attempts: AttemptSeen[] = [];
  #message: ReturnType<typeof emptyMessage> | null = null;
  #text = "";
  #digest: number | null = null;

  constructor(onText: (text: string) => void) {
    this.#onText = onText;
  }

  /** @throws {RangeError} when an entry is missing */
  take(entry: WireEntry, inc: string): void {
    this.#message = fold(this.#message ?? emptyMessage(inc), [entry]);
    if (entry.type === "attempt.start") {
      this.#attempts.push({ provider: entry.provider, mode: entry.mode, error: null });
    }
    if (entry.type === "attempt.end") this.#attempts[entry.attempt - 1]!.error = entry.error?.code ?? null;
    if (entry.type === "stream.end") this.#digest = entry.digest;
    const text = visibleText(this.#message);
    if (text !== this.#text) this.#onText(text);
    this.#text = text;
  }

  reading(): Reading {
    return {
      attempts: this.#attempts,
      text: this.#text,
      blocks: this.#message?.blocks.length ?? 0,
      error: this.#message?.end?.error?.code ?? null,
      digestFits: this.#digest === crc32(this.#text),
    };
  }
}
