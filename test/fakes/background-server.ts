/** OpenAI Responses in the background, for tests: answers are kept, streamed as the test allows, and broken off on command. */
import { openReplayServer } from "./replay-server.ts";
import type { Replay, ReplayRequest, ReplayServer } from "./replay-server.ts";

type Ending = NonNullable<Replay["ending"]>;

export interface BackgroundServer {
  /** Without a slash at the end; the base URL of the API. */
  readonly url: string;
  /** Every request so far, in order. */
  readonly requests: readonly ReplayRequest[];
  /** Ids of answers that were to be cancelled, one per request. */
  readonly cancelled: readonly string[];
  /** Every answer is written up to this number of events, whether anybody reads it or not. @default all */
  allow(events: number): void;
  /** Breaks off what streams now. @default ending "reset" */
  drop(ending?: Ending): void;
  /** The next connections that stream break off after so many bytes, one each. @default ending "reset" */
  cutNext(bytes: readonly number[], ending?: Ending): void;
  /** The answers so far are gone. */
  forget(): void;
  /** Settles when no socket is open. */
  quiet(): Promise<void>;
  close(): Promise<void>;
}

/** @param answer the body of every answer, or of each by its request's body; each gets an id of its own */
export async function openBackgroundServer(
  answer: string | ((requestBody: string) => string),
  port = 0,
): Promise<BackgroundServer> {
  const answers = new Answers(typeof answer === "function" ? answer : () => answer);
  const server = await openReplayServer((request) => answers.reply(request), port);
  answers.server = server;
  return answers;
}

/** An answer that is written by itself. */
interface Answer {
  readonly id: string;
  readonly events: readonly string[];
  stopped: boolean;
}

/** A connection that streams. */
interface Reader {
  /** Null until it is to break off. */
  ending: Ending | null;
  bytesLeft: number;
  readonly endingOfCut: Ending;
}

class Answers implements BackgroundServer {
  server!: ReplayServer;
  readonly cancelled: string[] = [];
  readonly #body: (requestBody: string) => string;
  readonly #kept = new Map<string, Answer>();
  readonly #readers = new Set<Reader>();
  #made = 0;
  #allowed = Infinity;
  #cuts: { readonly bytes: number; readonly ending: Ending }[] = [];
  #wakes: (() => void)[] = [];

  constructor(body: (requestBody: string) => string) {
    this.#body = body;
  }

  get url(): string {
    return this.server.url;
  }

  get requests(): readonly ReplayRequest[] {
    return this.server.requests;
  }

  allow(events: number): void {
    this.#allowed = events;
    this.#wake();
  }

  drop(ending: Ending = "reset"): void {
    for (const reader of this.#readers) reader.ending = ending;
    this.#wake();
  }

  cutNext(bytes: readonly number[], ending: Ending = "reset"): void {
    this.#cuts.push(...bytes.map((count) => ({ bytes: count, ending })));
  }

  forget(): void {
    this.#kept.clear();
  }

  quiet(): Promise<void> {
    return this.server.quiet();
  }

  close(): Promise<void> {
    return this.server.close();
  }

  reply({ method, url, body }: ReplayRequest): Replay {
    const { pathname, searchParams } = new URL(url, "http://fake");
    const [, id, action] = /\/responses(?:\/([^/]+)(?:\/(cancel))?)?$/.exec(pathname) ?? [];
    if (method === "POST" && id === undefined) return this.#stream(this.#make(body), -Infinity);
    const answer = this.#kept.get(id ?? "");
    if (action === "cancel") this.cancelled.push(id!);
    if (answer === undefined) return notFound(id ?? "");
    if (action === "cancel") return this.#cancel(answer);
    const after = searchParams.get("starting_after");
    return this.#stream(answer, after === null ? -Infinity : Number(after));
  }

  #make(requestBody: string): Answer {
    const body = this.#body(requestBody);
    const [, written = "resp"] = /"response":\s*\{\s*"id":\s*"([^"]+)"/.exec(body) ?? [];
    const id = `${written}_${++this.#made}`;
    const events = body.replaceAll(`"${written}"`, `"${id}"`).split(/(?<=\r?\n\r?\n)/);
    const answer = { id, events, stopped: false };
    const { background = false } = JSON.parse(requestBody) as { background?: boolean };
    if (background) this.#kept.set(id, answer);
    return answer;
  }

  #cancel(answer: Answer): Replay {
    answer.stopped = true;
    this.#wake();
    const body = JSON.stringify({ id: answer.id, object: "response", status: "cancelled" });
    return { headers: { "content-type": "application/json" }, body };
  }

  #stream(answer: Answer, after: number): Replay {
    const cut = this.#cuts.shift() ?? { bytes: Infinity, ending: "end" as const };
    const reader: Reader = { ending: null, bytesLeft: cut.bytes, endingOfCut: cut.ending };
    return {
      body: this.#pieces(answer, after, reader),
      get ending() {
        return reader.ending ?? "end";
      },
    };
  }

  async *#pieces(answer: Answer, after: number, reader: Reader): AsyncGenerator<Uint8Array> {
    this.#readers.add(reader);
    try {
      for (const [index, event] of answer.events.entries()) {
        if (numberOf(event) <= after) continue;
        while (index >= this.#allowed && reader.ending === null && !answer.stopped) await this.#woken();
        if (reader.ending !== null || answer.stopped) return;
        const bytes = Buffer.from(event);
        yield bytes.subarray(0, reader.bytesLeft);
        reader.bytesLeft -= bytes.length;
        if (reader.bytesLeft < 0) reader.ending = reader.endingOfCut;
      }
    } finally {
      this.#readers.delete(reader);
    }
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => this.#wakes.push(resolve));
  }

  #wake(): void {
    for (const wake of this.#wakes.splice(0)) wake();
  }
}

const numberOf = (event: string): number => Number(/"sequence_number":\s*(\d+)/.exec(event)?.[1] ?? Number.NaN);

const notFound = (id: string): Replay => ({
  status: 404,
  headers: { "content-type": "application/json" },
  body: JSON.stringify({
    error: { message: `Response with id '${id}' not found.`, type: "invalid_request_error", param: "id", code: null },
  }),
});
