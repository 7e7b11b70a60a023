/**
 * Leases and requests of the embedded store. One process owns the file (store-lock.ts), so leases need no table: they are
 * in memory, and one that an earlier process held is void once the file is opened again.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { ToolOutcome } from "../../protocol/index.ts";
import { Hints } from "./hints.ts";
import type { Lease, Replicas, Requests } from "./replicas.ts";
import { SqliteConversations } from "./sqlite-conversations.ts";
import type { Ending, NewStream, StreamRecord } from "./stream-log.ts";
import { Wakers } from "./wakers.ts";

interface HeldLease {
  readonly replica: string;
  readonly until: number;
}

export abstract class SqliteReplicas extends SqliteConversations implements Replicas {
  readonly isShared = false;
  protected readonly wakers = new Wakers();
  readonly #hints = new Hints();
  /** Of running streams, by id. */
  readonly #leases = new Map<string, HeldLease>();
  readonly #running: StatementSync;
  readonly #setRequest: StatementSync;
  readonly #request: StatementSync;
  readonly #setCancel: StatementSync;
  readonly #cancel: StatementSync;
  readonly #addOutcome: StatementSync;
  readonly #outcome: StatementSync;
  readonly #outcomes: StatementSync;
  readonly #dropOutcomes: StatementSync;
  readonly #dropRequest: StatementSync;

  constructor(database: DatabaseSync) {
    super(database);
    this.#running = database.prepare("SELECT id FROM streams WHERE status = 'running' ORDER BY n");
    this.#setRequest = database.prepare("UPDATE streams SET request = ? WHERE id = ?");
    this.#request = database.prepare("SELECT request FROM streams WHERE id = ? AND status = 'running'");
    this.#setCancel = database.prepare("UPDATE streams SET cancel = 1 WHERE id = ? AND status = 'running'");
    this.#cancel = database.prepare("SELECT cancel FROM streams WHERE id = ? AND status = 'running'");
    this.#addOutcome = database.prepare(
      `INSERT OR IGNORE INTO outcomes (stream, call, body)
       SELECT id, ?, ? FROM streams WHERE id = ? AND status = 'running'`,
    );
    this.#outcome = database.prepare("SELECT body FROM outcomes WHERE stream = ? AND call = ?");
    this.#outcomes = database.prepare("SELECT call, body FROM outcomes WHERE stream = ?");
    this.#dropOutcomes = database.prepare("DELETE FROM outcomes WHERE stream = ?");
    this.#dropRequest = database.prepare("UPDATE streams SET request = NULL, cancel = 0 WHERE id = ?");
  }

  abstract findStream(id: string): Promise<StreamRecord | null>;
  abstract takeOver(stream: string, lease: Lease): Promise<StreamRecord | null>;

  renew({ replica, ttlMs }: Lease, streams: readonly string[]): Promise<readonly string[]> {
    return this.run(() => {
      const until = Date.now() + ttlMs;
      return streams.filter((id) => {
        if (this.#leases.get(id)?.replica !== replica) return true;
        this.#leases.set(id, { replica, until });
        return false;
      });
    });
  }

  async release(stream: string, term: number): Promise<void> {
    if ((await this.findStream(stream))?.term === term) this.#leases.delete(stream);
  }

  watchReleases(): () => void {
    return () => {};
  }

  abandoned(limit: number): Promise<readonly string[]> {
    return this.run(() => {
      const found: string[] = [];
      for (const row of this.#running.iterate()) {
        if (found.length >= limit) break;
        const id = String(row["id"]);
        if (!this.#isLeased(id)) found.push(id);
      }
      return found;
    });
  }

  findRequest(stream: string): Promise<unknown> {
    return this.run((): unknown => {
      const body = this.#request.get(stream)?.["request"] ?? null;
      return body === null ? null : JSON.parse(String(body));
    });
  }

  async requestCancel(stream: string): Promise<void> {
    await this.run(() => this.#setCancel.run(stream));
    this.wakers.wake(stream);
  }

  async leaveOutcome(stream: string, callId: string, outcome: ToolOutcome): Promise<ToolOutcome> {
    const first = await this.run(() => {
      this.#addOutcome.run(callId, JSON.stringify(outcome), stream);
      const kept = this.#outcome.get(stream, callId);
      return kept === undefined ? outcome : outcomeOf(kept["body"]);
    });
    this.wakers.wake(stream);
    return first;
  }

  async attend(): Promise<void> {}

  requests(stream: string): Promise<Requests> {
    return this.run(() => ({
      cancel: this.#cancel.get(stream)?.["cancel"] === 1,
      outcomes: new Map(this.#outcomes.all(stream).map(({ call, body }) => [String(call), outcomeOf(body)])),
      viewers: null,
    }));
  }

  watch(stream: string, wake: () => void): () => void {
    return this.wakers.add(stream, wake);
  }

  async tell(): Promise<void> {}

  async publishHint(name: string, untilMs: number): Promise<void> {
    this.#hints.add(name, untilMs);
  }

  async hints(): Promise<ReadonlyMap<string, number>> {
    return this.#hints.now();
  }

  protected lease(stream: string, { replica, ttlMs }: Lease): void {
    this.#leases.set(stream, { replica, until: Date.now() + ttlMs });
  }

  protected mayTake(stream: string, { replica }: Lease): boolean {
    return !this.#isLeased(stream) || this.#leases.get(stream)?.replica === replica;
  }

  protected override addTurns(start: NewStream): void {
    super.addTurns(start);
    this.#setRequest.run(JSON.stringify(start.request ?? null), start.stream.id);
  }

  protected override finishTurn(stream: string, ending: Ending): void {
    super.finishTurn(stream, ending);
    this.#dropRequest.run(stream);
    this.#forgetReplicas(stream);
  }

  protected override dropStream(id: string): void {
    super.dropStream(id);
    this.#forgetReplicas(id);
    this.whenCommitted(() => this.wakers.wake(id));
  }

  #forgetReplicas(stream: string): void {
    this.#dropOutcomes.run(stream);
    this.whenCommitted(() => this.#leases.delete(stream));
  }

  #isLeased(stream: string): boolean {
    return (this.#leases.get(stream)?.until ?? 0) > Date.now();
  }
}

const outcomeOf = (body: unknown): ToolOutcome => JSON.parse(String(body)) as ToolOutcome;
