/** One stream of an agent on a store of its own, with what a test needs to look into it. */
import assert from "node:assert/strict";
import { emptyMessage, fold } from "../../protocol/index.ts";
import type { LogEntry, Message, ToolBlock } from "../../protocol/index.ts";
import type { Tool } from "../../proxy/agent/define-tool.ts";
import { StreamTools } from "../../proxy/agent/stream-tools.ts";
import { ToolInbox } from "../../proxy/agent/tool-inbox.ts";
import type { Provider, ToolDeclaration } from "../../proxy/provider/provider.ts";
import type { Answer } from "../../proxy/agent/loop.ts";
import { readUnfinished } from "../../proxy/pump/unfinished-stream.ts";
import { Router } from "../../proxy/route/router.ts";
import { Fence } from "../../proxy/pump/fence.ts";
import { pump } from "../../proxy/pump/pump.ts";
import { batchOf, makeBatch } from "../../proxy/stream-log/batch.ts";
import { openSqliteLog } from "../../proxy/stream-log/sqlite-log.ts";
import type { ResumeRecord, StreamLog } from "../../proxy/stream-log/stream-log.ts";
import { StreamTail } from "../../proxy/stream-log/tail.ts";
import { fakeAnswer } from "./fake-answer.ts";
import { targetOf } from "./fake-provider.ts";
import type { FakeProvider } from "./fake-provider.ts";

export interface AgentRun extends AsyncDisposable {
  readonly log: StreamLog;
  readonly inbox: ToolInbox;
  readonly stop: AbortController;
  /** What tools threw that only the operator hears: `[tool, thrown]`. */
  readonly failures: (readonly [tool: string, thrown: unknown])[];
  /** Everything committed so far. */
  entries(): Promise<readonly LogEntry[]>;
  /** Resolves when an entry that fits is committed, or was before. */
  saw(fits: (entry: LogEntry) => boolean): Promise<LogEntry>;
  /** Runs the stream to its end; its log then obeys every invariant. */
  run(providers: readonly FakeProvider[]): Promise<Message>;
  /** The same, without a look at what is written. */
  runOpen(providers: readonly FakeProvider[]): Promise<void>;
  readonly fence: Fence;
  /** Writes what another process had written, from the second entry on, before it died. */
  left(entries: readonly LogEntry[]): Promise<void>;
  /** Takes the stream over and runs it to its end. */
  goOn(providers: readonly Provider[]): Promise<Message>;
}

export interface AgentRunOptions extends Partial<Omit<Answer, "tools">> {
  readonly own?: Readonly<Record<string, Tool>>;
  readonly page?: readonly ToolDeclaration[];
  readonly waitMs?: number;
  readonly resultChars?: number;
  readonly totalMs?: number;
  readonly budget?: { readonly attempts: number; readonly afterContent: number };
  /** How long nobody has watched when it begins, or whenever it is asked. */
  readonly unwatchedMs?: number | (() => number);
  /** What the process that died had kept of its provider. */
  readonly resume?: ResumeRecord;
}

const ID = "s_1";
const PLAN = { strategy: "order", limits: {}, budget: { attempts: 4, afterContent: 1 } } as const;
const MARKS = { capacityEvents: 1_000, high: 0.8, low: 0.3 };

export async function openAgentRun(options: AgentRunOptions = {}): Promise<AgentRun> {
  const {
    own = {},
    page = [],
    maxSteps = 8,
    waitMs = 60_000,
    resultChars = 1_000,
    totalMs = 60_000,
    unwatchedMs = 0,
    budget,
    resume,
    ...settings
  } = options;
  const log = openSqliteLog(":memory:");
  const ids = { id: ID, agent: "a", conversation: "c_1", message: "m_2" };
  const first = makeBatch([{ type: "stream.start", ...ids }], 1, Date.now());
  const user = { conversation: "c_1", role: "user", parent: null, createdAt: 1, text: "q", attachments: [] } as const;
  const { record } = await log.createStream({
    stream: { ...ids, inc: "i", owner: "o", parent: "m_1", createdAt: Date.now() },
    turn: { id: "m_1", ...user },
    title: "q",
    first,
    fingerprint: "",
    request: null,
    lease: { replica: "r_1", ttlMs: 60_000 },
  });
  let tail = new StreamTail(record);
  const unwatched = typeof unwatchedMs === "function" ? unwatchedMs : () => unwatchedMs;
  if (unwatchedMs !== 0) Object.defineProperty(tail, "unwatchedMs", { get: unwatched });
  tail.publish(first);
  const inbox = new ToolInbox();
  const stop = new AbortController();
  const fence = new Fence();
  const failures: [string, unknown][] = [];
  const onFailure = (tool: string, thrown: unknown) => void failures.push([tool, thrown]);
  const tools = new StreamTools({ stream: ID, own, page, inbox, waitMs, resultChars, onFailure });
  const entries = () => log.read(ID, 0, 10_000);
  const runOpen = (providers: readonly Provider[]) => {
    const answer = fakeAnswer(providers, { ...settings, tools, maxSteps }, budget);
    const signals = { stop, fence };
    return pump(async () => answer, { log, tail, marks: MARKS, totalMs }, signals);
  };
  const checked = async () => {
    const written = await entries();
    checkLog(written);
    const message = fold(emptyMessage("i"), written);
    assert.deepEqual(tail.message, message);
    return message;
  };

  return {
    log,
    inbox,
    stop,
    failures,
    entries,
    async saw(fits) {
      const { promise, resolve } = Promise.withResolvers<LogEntry>();
      const look = (found: LogEntry | undefined) => found !== undefined && resolve(found);
      const leave = tail.listen({ committed: (batch) => look(batch.entries.find(fits)), noted: () => {} });
      look((await entries()).find(fits));
      return promise.finally(leave);
    },
    fence,
    async run(providers) {
      await runOpen(providers);
      return checked();
    },
    runOpen,
    async left(events) {
      if (events.length === 0) return;
      const made = makeBatch(events, 2, Date.now());
      const batch = batchOf(made.entries.map((entry, index) => ({ ...entry, ts: events[index]!.ts })));
      await log.append(ID, 1, batch, undefined, resume === undefined ? [] : [resume]);
    },
    async goOn(providers) {
      const taken = (await log.takeOver(ID, { replica: "r_1", ttlMs: 60_000 }))!;
      const unfinished = await readUnfinished(log, taken);
      tail = unfinished.tail;
      const { state, receipt } = unfinished;
      const plan = { ...PLAN, targets: providers.map((provider) => targetOf(provider)), spent: state.retries };
      const route = new Router({ random: () => 0 }).open({ ...plan, ...(budget === undefined ? {} : { budget }) });
      const answer = fakeAnswer(providers, { ...settings, tools, maxSteps, route });
      const from = {
        ...{ state, receipt, bill: { nanoUsd: 0, attempts: [] } },
        ...{ records: (await log.readRecords("c_1")).get(ID) ?? [], resume: await log.readResume(ID) },
      };
      // A pump that was fenced is stopped, too; who goes on is another.
      const signals = { stop: fence.isRaised ? new AbortController() : stop, fence: new Fence() };
      await pump(async () => answer, { log, tail, marks: MARKS, totalMs }, signals, from);
      return checked();
    },
    [Symbol.asyncDispose]: () => log.close(),
  };
}

/** Each attempt in a line: number, provider, cause, mode. */
export const attemptsOf = async (agent: AgentRun): Promise<string[]> =>
  (await agent.entries()).flatMap((entry) =>
    entry.type === "attempt.start" ? [`${entry.attempt} ${entry.provider} ${entry.cause} ${entry.mode}`] : [],
  );

export const toolBlocks = (message: Message): ToolBlock[] => message.blocks.filter((block) => block.kind === "tool");

/** Every rule of a log that has ended: gap-free, one terminal, everything begun is ended, once and after it began. */
export function checkLog(entries: readonly LogEntry[]): void {
  assert.deepEqual(
    entries.map(({ seq }) => seq),
    entries.map((_, index) => index + 1),
  );
  assert.equal(entries.filter(({ type }) => type === "stream.end").length, 1);
  assert.equal(entries.at(-1)!.type, "stream.end");
  const open = new Set<string>();
  const used = new Set<string>();
  const called = new Set<string>();
  const began = new Set<string>();
  const begin = (name: string) => {
    assert.ok(!used.has(name), `${name} began twice`);
    used.add(name);
    open.add(name);
  };
  const end = (name: string) => assert.ok(open.delete(name), `${name} ended without having begun`);
  for (const entry of entries) {
    if (entry.type === "step.start") begin(`step ${entry.step}`);
    if (entry.type === "step.end") end(`step ${entry.step}`);
    if (entry.type === "attempt.start") begin(`attempt ${entry.attempt}`);
    if (entry.type === "attempt.end") end(`attempt ${entry.attempt}`);
    if (entry.type === "block.start") begin(`block ${entry.block}`);
    if (entry.type === "block.end") end(`block ${entry.block}`);
    if (entry.type === "tool.start") began.add(entry.callId);
    // After a yes the same call begins again, now to run.
    if (entry.type === "tool.start" && entry.approval === true) begin(`asking ${entry.callId}`);
    else if (entry.type === "tool.start") {
      open.delete(`asking ${entry.callId}`);
      begin(`call ${entry.callId}`);
    }
    if (entry.type === "block.start" && entry.callId !== undefined) called.add(entry.callId);
    if (entry.type === "tool.end") {
      // A call that the provider ran itself has no start of ours.
      if (called.has(entry.callId) && !began.has(entry.callId)) begin(`call ${entry.callId}`);
      end(open.has(`asking ${entry.callId}`) ? `asking ${entry.callId}` : `call ${entry.callId}`);
    }
    if (entry.type === "stream.end") assert.deepEqual([...open], [], "left open at the end");
  }
}
