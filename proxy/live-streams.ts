/** The streams that run, wherever they are written: begun and gone on with here, followed and asked from afar. */
import { isDeepStrictEqual } from "node:util";
import { decodeStartRequest, emptyMessage, isFields, StreamError } from "../protocol/index.ts";
import type { Message, StartRequest, ToolOutcome } from "../protocol/index.ts";
import { branchOf, toProviderMessages } from "./agent/history.ts";
import type { Answer } from "./agent/loop.ts";
import { checkRepeated, checkWaiting, ToolInbox } from "./agent/tool-inbox.ts";
import type { Agents, AnswerPlace } from "./agents.ts";
import type { PumpRegistry } from "./pump/pump-registry.ts";
import { billOf, closeOrphan } from "./pump/recover.ts";
import type { OrphanMoney } from "./pump/recover.ts";
import { readUnfinished, unreadable } from "./pump/unfinished-stream.ts";
import type { UnfinishedStream } from "./pump/unfinished-stream.ts";
import type { Watermarks } from "./pump/log-writer.ts";
import type { Caller, Treasury } from "./spend/treasury.ts";
import type { Followers } from "./stream-log/followers.ts";
import type { AttemptRecord, NewStream, ResumeRecord, StreamLog, StreamRecord, Turn } from "./stream-log/stream-log.ts";
import { StreamTail } from "./stream-log/tail.ts";
import type { Targets } from "./targets.ts";

export interface LiveStreamsParts {
  readonly log: StreamLog;
  readonly pumps: PumpRegistry;
  readonly followers: Followers;
  readonly agents: Agents;
  readonly targets: Targets;
  readonly treasury: Treasury;
  readonly orphans: OrphanMoney;
  readonly marks: Watermarks;
  /** Characters of a tool's result. */
  readonly toolResultChars: number;
}

/** A stream that was taken over so often is what its writers die of. */
const MOST_TERMS = 8;
/** Another process is asked to stop a stream; whoever asked waits this long for the end, which comes anyhow. */
const STOP_WAIT_MS = 5_000;
/** What a request of our own may hold: it was checked when it came. */
const STORED_LIMITS = { inputChars: Infinity, attachmentsBytes: Infinity };

type Purse = AnswerPlace["openPurse"];

export class LiveStreams {
  readonly #parts: LiveStreamsParts;
  /** Of each stream written here: the calls that wait for its page. A tail outlives no stream. */
  readonly #inboxes = new WeakMap<StreamTail, ToolInbox>();

  constructor(parts: LiveStreamsParts) {
    this.#parts = parts;
  }

  /** Writes a stream whose `stream.start` is committed. */
  begin(record: StreamRecord, { first, turn, title }: NewStream, request: StartRequest, caller: Caller): void {
    const { pumps, treasury } = this.#parts;
    const tail = new StreamTail(record);
    tail.publish(first);
    // Attachments may be megabytes, and are in the turn; that is given away as soon as it is used.
    const { attachments: _attachments, ...asked } = request;
    let turns = title === undefined ? null : [turn];
    const { id: stream, createdAt } = record;
    const openPurse: Purse = async (usdPerAnswer) => treasury.open({ ...caller, stream, createdAt, usdPerAnswer });
    pumps.start(tail, () => {
      const known = turns;
      turns = null;
      return this.#answer(tail, asked, { openPurse }, known);
    });
  }

  /** Goes on with a stream that is ours since `record`; one that nobody can go on with is closed. */
  async takeOver(record: StreamRecord): Promise<void> {
    const { log, pumps, followers, treasury, orphans } = this.#parts;
    const unfinished = await readUnfinished(log, record).catch((thrown: unknown) => {
      // A row that cannot be read is not read the next time either.
      if (record.term > MOST_TERMS) return unreadable(record);
      throw thrown;
    });
    const { state, receipt } = unfinished;
    const request = await this.#requestOf(record);
    if (request === null) return this.#close(record, unfinished);
    const resume = await this.#resumeOf(record, unfinished);
    const records = (await log.readRecords(record.conversation)).get(record.id) ?? [];
    // The purse opens the last of it again when the attempt is read on (`Meter.begin`).
    const bill = await billOf(log, record, unfinished.bill, orphans);
    const { id: stream, owner, createdAt } = record;
    const openPurse: Purse = (usdPerAnswer) => treasury.reopen({ stream, owner, createdAt, usdPerAnswer }, bill);
    const from = { state, records, resume, receipt, bill };
    // Last: until then whoever watches follows the store.
    const tail = (await followers.take(record)) ?? unfinished.tail;
    pumps.start(tail, () => this.#answer(tail, request, { openPurse, spent: state.retries }), from);
  }

  async #close(record: StreamRecord, unfinished: UnfinishedStream): Promise<void> {
    const { log, followers, marks, orphans } = this.#parts;
    // What cannot be read cannot be followed either; its end is written all the same.
    const tail = (await followers.take(record).catch(() => null)) ?? unfinished.tail;
    // Where that fails the stream has not ended, and is followed on.
    await closeOrphan(log, { ...unfinished, tail }, marks, orphans).finally(() => followers.adopt(tail));
  }

  /** The live end of a stream; null when it has ended. */
  async tail(record: StreamRecord): Promise<StreamTail | null> {
    const { pumps, followers } = this.#parts;
    const own = pumps.tail(record);
    if (own !== null || record.status !== "running") return own;
    // Written by another process, or by nobody until somebody takes it over.
    const tail = await followers.follow(record);
    // That may have been this process, meanwhile.
    return pumps.tail(record) ?? tail;
  }

  /** Stops a stream, by whomever it is written. Resolves when it has ended, or soon will have. */
  async cancel(record: StreamRecord): Promise<void> {
    const { log, pumps } = this.#parts;
    if ((await pumps.cancel(record.id)) || record.status !== "running") return;
    await log.requestCancel(record.id);
    const tail = await this.tail(record);
    if (tail !== null) await endOf(tail, STOP_WAIT_MS);
  }

  /** Resolves when the stream has ended; whoever waits is watching. */
  async ended(record: StreamRecord): Promise<void> {
    const tail = await this.tail(record);
    if (tail === null) return;
    const leave = tail.watch();
    await endOf(tail, null);
    leave();
  }

  /**
   * Takes the outcome of a call; the first one counts, whichever process it came to.
   * @throws {StreamError} `not_found`, `conflict`, `invalid_request` for an outcome of the wrong kind.
   */
  async answerTool(record: StreamRecord, callId: string, outcome: ToolOutcome): Promise<void> {
    const { log, pumps, toolResultChars } = this.#parts;
    const own = pumps.tail(record);
    const inbox = own === null ? undefined : this.#inboxes.get(own);
    if (!log.isShared && inbox?.answer(callId, outcome) === true) return;
    const message = await this.message(record);
    if (record.status !== "running" || !checkWaiting(message, callId, outcome)) {
      return checkRepeated(message, callId, outcome, toolResultChars);
    }
    const standing = await log.leaveOutcome(record.id, callId, outcome);
    inbox?.offer(callId, standing);
    if (!isDeepStrictEqual(standing, outcome)) checkRepeated(message, callId, outcome, toolResultChars);
  }

  /** An outcome that another process took for a stream written here. */
  offer(stream: string, callId: string, outcome: ToolOutcome): void {
    const tail = this.#parts.pumps.tail({ id: stream });
    if (tail !== null) this.#inboxes.get(tail)?.offer(callId, outcome);
  }

  /** Everything that is said so far, hidden parts too. */
  async message(record: StreamRecord): Promise<Message> {
    const tail = await this.tail(record);
    if (tail !== null) return tail.message;
    const turn = await this.#parts.log.findTurn(record.message, record.conversation);
    if (turn?.role === "assistant" && turn.message !== null) return turn.message;
    // Nobody writes it, and nobody has taken it over yet.
    return record.tail === 0 ? emptyMessage(record.inc) : (await readUnfinished(this.#parts.log, record)).tail.message;
  }

  /** @param known all turns of the conversation, where they need not be read */
  async #answer(
    tail: StreamTail,
    request: StartRequest,
    money: Pick<AnswerPlace, "openPurse" | "spent">,
    known: readonly Turn[] | null = null,
  ): Promise<Answer> {
    const { log, agents } = this.#parts;
    const { agent, id: stream, conversation, parent } = tail.record;
    const inbox = new ToolInbox();
    this.#inboxes.set(tail, inbox);
    const [turns, records] =
      known === null
        ? await Promise.all([log.readTurns(conversation), log.readRecords(conversation)])
        : [known, new Map<string, readonly AttemptRecord[]>()];
    const brought = (request.history ?? []).map(({ role, text }) => ({
      role,
      parts: [{ type: "text", text }] as const,
    }));
    const said = toProviderMessages(branchOf(turns, parent), records);
    const messages = brought.length === 0 ? said : [...brought, ...said];
    return agents.find(agent).answer(request, messages, { stream, conversation, inbox, ...money });
  }

  /** The live end of a stream that is written here. */
  own(id: string): StreamTail | null {
    return this.#parts.pumps.tail({ id });
  }

  /** Null for a stream that cannot be gone on with: its agent is gone, or it has cost too many processes. */
  async #requestOf(record: StreamRecord): Promise<StartRequest | null> {
    const { log, agents } = this.#parts;
    if (record.term > MOST_TERMS) return null;
    const stored = await log.findRequest(record.id);
    try {
      if (!isFields(stored)) return null;
      const request = decodeStartRequest(stored, STORED_LIMITS);
      agents.find(record.agent).checkAllowed(request);
      return request;
    } catch (thrown) {
      if (thrown instanceof StreamError) return null;
      throw thrown;
    }
  }

  /** How the answer under way can be read on at its provider; null when it cannot. */
  async #resumeOf({ id }: StreamRecord, { state }: UnfinishedStream): Promise<ResumeRecord | null> {
    const attempt = state.open?.attempt;
    if (!attempt?.isWhole) return null;
    const target = this.#parts.targets.known(`${attempt.provider}/${attempt.model}`);
    if (target?.provider.reattach === undefined) return null;
    const resume = await this.#parts.log.readResume(id);
    return resume !== null && resume.attempt >= attempt.since ? resume : null;
  }
}

/** Resolves when the stream has ended, or after `ms`; null waits for ever. */
function endOf(tail: StreamTail, ms: number | null): Promise<void> {
  return new Promise((resolve) => {
    if (tail.ended) return resolve();
    const done = () => {
      clearTimeout(timer);
      leave();
      resolve();
    };
    const timer = ms === null ? undefined : setTimeout(done, ms);
    const leave = tail.listen({ committed: () => tail.ended && done(), noted: () => {}, lost: done });
  });
}
