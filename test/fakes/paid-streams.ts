/** Streams that cost money, on a real store: begun by a treasury's purse, pumped to their end. */
import { emptyMessage, fold } from "../../protocol/index.ts";
import type { Message, Usage } from "../../protocol/index.ts";
import { StreamTools } from "../../proxy/agent/stream-tools.ts";
import { ToolInbox } from "../../proxy/agent/tool-inbox.ts";
import type { Answer } from "../../proxy/agent/loop.ts";
import type { Provider, ProviderEvent } from "../../proxy/provider/provider.ts";
import { Fence } from "../../proxy/pump/fence.ts";
import { pump } from "../../proxy/pump/pump.ts";
import type { PumpOptions } from "../../proxy/pump/pump.ts";
import type { Pricing } from "../../proxy/route/price.ts";
import { Router } from "../../proxy/route/router.ts";
import type { Treasury } from "../../proxy/spend/treasury.ts";
import type { StreamLog, StreamRecord } from "../../proxy/stream-log/stream-log.ts";
import { StreamTail } from "../../proxy/stream-log/tail.ts";
import { newStream } from "../contracts/new-stream.ts";
import { fakeAnswer } from "./fake-answer.ts";
import { targetOf } from "./fake-provider.ts";

const NEVER = new Fence();

/** Nano-dollars for a token. */
export const INPUT_NANO = 1_000;
export const OUTPUT_NANO = 10_000;

/** A dollar for a million tokens in, ten for a million out. */
export const priced: Pricing = (usage: Usage) =>
  usage.costUsd === undefined
    ? { ...usage, costUsd: (usage.input * INPUT_NANO + usage.output * OUTPUT_NANO) / 1e9, priceTable: "test" }
    : usage;

/** Talks a token an event, for as long as it is listened to or until `tokens` came; says after each what it has cost. */
export function talker(name: string, tokens = Infinity, input = 10): Provider {
  return {
    name,
    check: async () => {},
    async *stream(_request, _timers, signal) {
      yield [{ type: "block.start", block: 0, kind: "text" }];
      for (let output = 1; output <= tokens; output++) {
        // Others get their turn between any two events.
        await new Promise((resolve) => setImmediate(resolve));
        signal.throwIfAborted();
        yield [
          { type: "delta", block: 0, text: "word" },
          { type: "usage", usage: { input, output, final: false } },
        ] satisfies ProviderEvent[];
      }
      yield [
        { type: "block.end", block: 0 },
        { type: "usage", usage: { input, output: tokens, final: true } },
        { type: "finish", reason: "stop", raw: "stop" },
      ];
    },
  };
}

export interface PaidStream {
  readonly record: StreamRecord;
  readonly message: Message;
}

export interface PaidStreamOptions {
  readonly owner?: string;
  readonly usdPerAnswer?: number;
  readonly createdAt?: number;
  readonly stop?: AbortController;
  readonly answer?: Partial<Answer>;
  readonly pump?: Partial<PumpOptions>;
}

/** Runs one answer of these providers to its end. */
export async function runPaid(
  log: StreamLog,
  treasury: Treasury,
  providers: readonly Provider[],
  options: PaidStreamOptions = {},
): Promise<PaidStream> {
  const { owner = "ann", usdPerAnswer, createdAt = Date.now(), answer = {} } = options;
  const start = newStream({ owner, createdAt });
  const { record } = await log.createStream(start);
  const tail = new StreamTail(record);
  tail.publish(start.first);
  const meter = treasury.open({ stream: record.id, owner, address: null, createdAt, usdPerAnswer });
  const targets = providers.map((provider) => ({ ...targetOf(provider), pricing: priced }));
  const budget = { attempts: 4, afterContent: 1 };
  const route = new Router({ random: () => 0 }).open({ targets, strategy: "order", limits: {}, budget });
  const tools = new StreamTools({
    ...{ stream: record.id, own: {}, page: [], inbox: new ToolInbox() },
    ...{ waitMs: 1, resultChars: 100, onFailure: () => {} },
  });
  const ready = fakeAnswer(providers, { tools, meter, route, ...answer });
  const marks = { capacityEvents: 1_000, high: 0.8, low: 0.3 };
  const stop = options.stop ?? new AbortController();
  await pump(async () => ready, { log, tail, marks, totalMs: 60_000, ...options.pump }, { stop, fence: NEVER });
  return { record, message: fold(emptyMessage(record.inc), await log.read(record.id, 0, 100_000)) };
}
