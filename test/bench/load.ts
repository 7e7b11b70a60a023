/** A process: the readers. Opens streams as it is told over IPC, checks every character, notes when it came. */
import { request as httpRequest } from "node:http";

import { answerOf } from "./answer.ts";
import { ask, readSse, Refusal, stallSse } from "./read-sse.ts";
import { readWs } from "./read-ws.ts";
import { Reading } from "./reading.ts";
import { inputOf, modelOf, type Workload } from "./workload.ts";

/** How a server is spoken to: OpenAI's chat request, or ours over one of its transports. */
export type Dialect = "openai" | "sse" | "ws";

export interface Order {
  readonly dialect: Dialect;
  readonly url: string;
  readonly upstream: string;
  readonly workload: Workload;
  readonly streams: number;
  /** Readers of each stream; more than one only with `sse`. */
  readonly viewers: number;
  /** Of these, how many take nothing: they are not waited for. @default 0 */
  readonly stalled?: number;
}

/**
 * Asked one after another: `open` answers when each reader has its first token, `finish` when each has its last. `more`
 * opens further streams meanwhile, which the proxy may refuse.
 */
export type Question = { readonly open: Order } | { readonly more: Order } | "finish";

/** What became of the streams that were asked for. */
export interface Opened {
  readonly opened: number;
  /** Seconds after which each refused one was told to come back. */
  readonly refused: readonly number[];
}

export interface Finished {
  /** Tokens received, over all readers. */
  readonly tokens: number;
  readonly wallMs: number;
  /** Per stream, when its first reader had each token, in µs. */
  readonly receivedAt: readonly Float64Array[];
}

/** Opened together at most: no listen queue overflows, and no burst of starts is a load of its own. */
const OPENING = 40;

let load: Load | null = null;

process.on("message", (question: Question) => {
  // The probe answers its own questions.
  if (typeof question === "string" && question.startsWith("usage")) return;
  answer(question).then(
    (result) => process.send?.(result),
    (error: unknown) => process.send?.({ failed: String(error) }),
  );
});
process.once("SIGTERM", () => process.exit());
// Nothing else keeps this process alive between two orders.
process.channel?.ref();
console.log("ready");

async function answer(question: Question): Promise<object> {
  if (typeof question === "object" && "open" in question) {
    load = new Load(question.open);
    return load.open(question.open);
  }
  if (load === null) throw new Error("Cannot go on: nothing is open");
  if (typeof question === "object") return load.more(question.more);
  const current = load;
  load = null;
  return current.finish();
}

class Load {
  readonly #order: Order;
  /** By stream; none of a refused one. */
  readonly #readings: Reading[][] = [];
  readonly #stalled: (() => void)[] = [];
  readonly #gate;
  readonly #startedAt = performance.now();
  /** Readers of each stream that do not yet have the token it is at. */
  readonly #waiting: number[] = [];
  /** Lockstep stops at the first token until all have opened. */
  #open = false;

  constructor(order: Order) {
    this.#order = order;
    this.#gate = httpRequest(`${order.upstream}/gate`, { method: "POST" });
    this.#gate.on("error", () => {});
    this.#gate.flushHeaders();
  }

  /** Resolves when every reader has its first token, the unpaced ones at once: they must not wait for each other. */
  async open({ streams, workload }: Order): Promise<Opened> {
    const first = this.#readings.length;
    const opening: Promise<void>[] = [];
    for (let stream = first; stream < first + streams; stream++) {
      const opened = this.#openStream(stream, workload);
      // A stream that fails to open fails the run where it is awaited.
      opened.catch(() => {});
      opening.push(opened);
      if (workload.pace !== "unpaced" && opening.length === OPENING) await Promise.all(opening.splice(0));
    }
    if (workload.pace !== "unpaced") await Promise.all(opening);
    return { opened: streams, refused: [] };
  }

  async more({ streams, workload }: Order): Promise<Opened> {
    const first = this.#readings.length;
    const opening = Array.from({ length: streams }, (_, index) => this.#openStream(first + index, workload));
    const refused: number[] = [];
    for (const [index, result] of (await Promise.allSettled(opening)).entries()) {
      if (result.status === "fulfilled") continue;
      if (!(result.reason instanceof Refusal)) throw result.reason;
      this.#readings[first + index] = [];
      refused.push(result.reason.retryAfterSeconds);
    }
    return { opened: streams - refused.length, refused };
  }

  async finish(): Promise<Finished> {
    this.#open = true;
    for (const [stream, waiting] of this.#waiting.entries()) if (waiting === 0) this.#openGate(stream);
    await Promise.all(this.#readings.flat().map(({ done }) => done));
    this.#gate.destroy();
    for (const leave of this.#stalled) leave();
    return {
      tokens: this.#readings.flat().reduce((sum, { tokens }) => sum + tokens, 0),
      wallMs: performance.now() - this.#startedAt,
      receivedAt: this.#readings.map(([first]) => first?.receivedAt ?? new Float64Array()),
    };
  }

  async #openStream(stream: number, workload: Workload): Promise<void> {
    const { viewers, stalled = 0 } = this.#order;
    const first: Promise<void>[] = [];
    this.#waiting[stream] = viewers - stalled;
    this.#readings[stream] = Array.from({ length: viewers - stalled }, () => {
      const begun = Promise.withResolvers<void>();
      first.push(begun.promise);
      const reading = new Reading(answerOf(workload.tokens, workload.pace === "wide"), () => {
        begun.resolve();
        this.#passToken(stream);
      });
      reading.done.catch(begun.reject);
      return reading;
    });
    if (viewers === 1) this.#read(stream, this.#readings[stream][0]!, workload);
    else await this.#readTogether(stream, this.#readings[stream]);
    await Promise.all(first);
  }

  #read(stream: number, reading: Reading, workload: Workload): void {
    const { dialect, url } = this.#order;
    const model = modelOf(workload);
    const input = inputOf(stream);
    if (dialect === "ws") return readWs(url, model, input, reading);
    if (dialect === "sse")
      return readSse({ method: "POST", url: `${url}/v1/streams`, body: { agent: model, input } }, reading);
    const messages = [{ role: "user", content: input }];
    const body = { model, messages, stream: true, stream_options: { include_usage: true } };
    return readSse({ method: "POST", url: `${url}/v1/chat/completions`, body }, reading);
  }

  async #readTogether(stream: number, readings: readonly Reading[]): Promise<void> {
    const { url, workload, stalled = 0 } = this.#order;
    const body = { agent: modelOf(workload), input: inputOf(stream) };
    const { id } = await ask<{ id: string }>({ method: "POST", url: `${url}/v1/streams`, body });
    const live = { method: "GET", url: `${url}/v1/streams/${id}/live?after=0` } as const;
    for (let count = 0; count < stalled; count++) this.#stalled.push(stallSse(live));
    for (const reading of readings) readSse(live, reading);
  }

  /** In lockstep the stream goes on when its last reader has the token. */
  #passToken(stream: number): void {
    if (!isGated(this.#order.workload)) return;
    this.#waiting[stream] = this.#waiting[stream]! - 1;
    if (this.#open && this.#waiting[stream] === 0) this.#openGate(stream);
  }

  #openGate(stream: number): void {
    if (!isGated(this.#order.workload)) return;
    const { viewers, stalled = 0 } = this.#order;
    this.#waiting[stream] = viewers - stalled;
    this.#gate.write(Buffer.of(stream));
  }
}

const isGated = ({ pace }: Workload): boolean => pace === "lockstep" || pace === "wide";
