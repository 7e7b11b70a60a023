/** The contract of a store: streams, their entries, conversations and idempotency keys. */
import type { Attachment, LogEntry, Message, MessageStatus } from "../../protocol/index.ts";
import type { Batch } from "./batch.ts";
import type { Ledger } from "./ledger.ts";
import type { Lease, Replicas } from "./replicas.ts";
import type { Visits } from "./visits.ts";

/** A stream as stored beside its entries. */
export interface StreamRecord {
  readonly id: string;
  /** Incarnation: changes if acknowledged entries were ever lost. */
  readonly inc: string;
  /** Fencing number of the lease under which it is written. */
  readonly term: number;
  /** Whoever may read it: the subject of an access token, or the one owner of an open proxy. */
  readonly owner: string;
  readonly agent: string;
  readonly conversation: string;
  /** The assistant message this stream writes, and the user's message it answers. */
  readonly message: string;
  readonly parent: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly status: MessageStatus;
  readonly tail: number;
  /** The first seq still kept; above 1 once retention has trimmed. */
  readonly first: number;
}

export interface UserTurn {
  readonly id: string;
  readonly conversation: string;
  readonly role: "user";
  readonly parent: string | null;
  readonly createdAt: number;
  readonly text: string;
  readonly attachments: readonly Attachment[];
}

export interface AssistantTurn {
  readonly id: string;
  readonly conversation: string;
  readonly role: "assistant";
  readonly parent: string;
  readonly createdAt: number;
  readonly stream: string;
  /** The finished message with everything in it, hidden parts too; null while the stream runs. */
  readonly message: Message | null;
}

export type Turn = UserTurn | AssistantTurn;

export interface ConversationRecord {
  readonly id: string;
  readonly owner: string;
  readonly agent: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** The first input, shortened. */
  readonly title: string;
  /** The latest message. */
  readonly head: string | null;
}

/** All that one start writes, in one transaction: either everything is there or nothing. */
export interface NewStream {
  readonly stream: Omit<StreamRecord, "term" | "status" | "tail" | "first">;
  readonly turn: UserTurn;
  /** Present when the conversation is new. */
  readonly title?: string;
  /** `stream.start`, seq 1. */
  readonly first: Batch;
  /** The owner's id of this send, and a fingerprint of the request it belongs to. */
  readonly sendId?: string;
  readonly fingerprint: string;
  /** What whoever takes the stream over must know to go on: JSON, kept until the stream has ended. */
  readonly request: unknown;
  /** Who writes the stream, in term 1. */
  readonly lease: Lease;
}

export interface Created {
  readonly record: StreamRecord;
  /** False when the send id was known: then `record` is the stream it started. */
  readonly created: boolean;
}

/** A provider's own record (a signature, encrypted thinking), and the block number before which it came. */
export interface NativeRecord {
  readonly at: number;
  readonly value: unknown;
}

/** What a complete attempt leaves besides its blocks, so that the provider gets back what it sent. Never delivered. */
export interface AttemptRecord {
  readonly provider: string;
  /** Its blocks: from `firstBlock` up to, and without, `nextBlock`. */
  readonly firstBlock: number;
  readonly nextBlock: number;
  readonly natives: readonly NativeRecord[];
}

/** How an answer that its provider keeps can be read on after this process died. Never delivered. */
export interface ResumeRecord {
  /** The provider's own id of the answer. */
  readonly resume: { readonly id: string };
  readonly attempt: number;
  /** Which of the provider's keys was used; null without one. */
  readonly key: string | null;
}

/** What is kept beside the entries. */
export type Kept = AttemptRecord | ResumeRecord;

/** What the last append of a stream writes with it. */
export interface Ending {
  readonly status: Exclude<MessageStatus, "running">;
  readonly message: Message;
  /** What the stream cost, in nano-dollars: settles what it has set aside in the ledger. @default 0 */
  readonly spent?: number;
  /** The signed account of how the answer came about; kept as long as its turn. */
  readonly receipt?: string;
}

export interface RetentionBounds {
  /** Entries of streams that ended before this go; their finished messages stay. */
  readonly streamsBefore: number;
  /** Conversations untouched since before this go, with all that is in them. */
  readonly conversationsBefore: number;
}

/** Every implementation passes `test/contracts/stream-log.contract.ts` and the contracts of its parts. Times are milliseconds since the epoch. */
export interface StreamLog extends Replicas {
  readonly ledger: Ledger;
  readonly visits: Visits;

  /** The stream an earlier send with this id started. @throws {StreamError} `conflict` when that was another request. */
  findSend(owner: string, sendId: string, fingerprint: string): Promise<StreamRecord | null>;

  /** Writes all of it or, when the send id is known, nothing. @throws {StreamError} `conflict` as `findSend`. */
  createStream(start: NewStream): Promise<Created>;

  /**
   * Appends a batch that begins at `tail + 1`; resolves once a crash of this process can no longer lose it.
   * Batches of many streams may share one transaction. `records` are kept beside the entries, in the same one.
   * @throws {StreamError} `conflict` when `term` is not the stream's, its tail is another, or it has ended; nothing
   * was appended. `storage_unavailable` when the store failed.
   */
  append(id: string, term: number, batch: Batch, ending?: Ending, records?: readonly Kept[]): Promise<void>;

  /** Entries with `seq > after`, in order, whole rows until at least `limit` entries; empty at the tail. */
  read(id: string, after: number, limit: number): Promise<readonly LogEntry[]>;

  findStream(id: string): Promise<StreamRecord | null>;

  /** Forgets a stream's entries; its turn in the conversation goes too. */
  deleteStream(id: string): Promise<void>;

  /** The owner's conversations, latest first. */
  listConversations(owner: string, limit: number): Promise<readonly ConversationRecord[]>;
  findConversation(id: string): Promise<ConversationRecord | null>;
  /** All turns, parents before children. */
  readTurns(conversation: string): Promise<readonly Turn[]>;
  /** The attempts' records of all streams of a conversation, by stream, in the order they were appended. */
  readRecords(conversation: string): Promise<ReadonlyMap<string, readonly AttemptRecord[]>>;
  /** The latest resume record of a stream; null when it has none. */
  readResume(stream: string): Promise<ResumeRecord | null>;
  /** @param conversation where it is, when that is known: a turn of another one is not found then */
  findTurn(id: string, conversation?: string): Promise<Turn | null>;
  deleteConversation(id: string): Promise<void>;

  /** The receipt its last append brought; null for one that runs or was deleted. */
  findReceipt(stream: string): Promise<string | null>;

  /** A value all processes of this store share: the one kept under `name`, else `value`, which is kept from now on. */
  keepOnce(name: string, value: string): Promise<string>;

  /** Removes what is older than the bounds; returns how many streams and conversations went. */
  trim(bounds: RetentionBounds): Promise<{ readonly streams: number; readonly conversations: number }>;

  /** @throws {StreamError} `storage_unavailable` when the store cannot be read and written. */
  check(): Promise<void>;

  /** Commits what is waiting and closes. */
  close(): Promise<void>;
}
