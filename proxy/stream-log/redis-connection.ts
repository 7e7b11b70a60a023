/** Commands to a Redis or Valkey server or cluster: pipelined, sent again after a lost connection, for a bounded time. */
import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { StreamError } from "../../protocol/index.ts";
import { isPassing } from "./redis-failure.ts";
import { openLink } from "./redis-link.ts";
import type { LinkOptions, RedisLink, Reply } from "./redis-link.ts";
import type { RedisPlace } from "./redis-url.ts";

export interface Script {
  readonly text: string;
  readonly sha: string;
}

/** A Lua script. All its keys lie in one slot. */
export const script = (text: string): Script => ({ text, sha: createHash("sha1").update(text).digest("hex") });

/** How long a command is tried again while the server cannot be reached: somebody waits for the answer. */
const PATIENCE_MS = 3_000;
/** An append is worth more patience, but less than a lease: afterwards another replica may have the stream. */
const APPEND_PATIENCE_MS = 10_000;
const FIRST_RETRY_MS = 25;
const LONGEST_RETRY_MS = 1_000;

export class RedisConnection {
  readonly #link: RedisLink;

  private constructor(link: RedisLink) {
    this.#link = link;
  }

  /** @throws {StreamError} as `openLink` */
  static async open(place: RedisPlace, options: LinkOptions): Promise<RedisConnection> {
    return new RedisConnection(await openLink(place, options));
  }

  /** Rises whenever the connection was lost: the server may be another one since, or have restarted. */
  get epoch(): number {
    return this.#link.epoch;
  }

  /** Sends a command. `key` is the one that decides where to. @throws {StreamError} `storage_unavailable` */
  call(key: string, args: readonly string[], patienceMs = PATIENCE_MS): Promise<Reply> {
    return this.#send(() => this.#link.send(key, args), patienceMs);
  }

  /** Runs a script. `keys` must not be empty. @throws {StreamError} `storage_unavailable` */
  run({ text, sha }: Script, keys: readonly string[], args: readonly string[]): Promise<Reply> {
    const rest = [String(keys.length), ...keys, ...args];
    return this.#send(() => this.#evaluate(keys[0]!, text, sha, rest), PATIENCE_MS);
  }

  /** As `run`; `args` is told whether this is a repetition, of which nobody knows whether the first was done. */
  runAppend({ text, sha }: Script, keys: readonly string[], args: (again: boolean) => string[]): Promise<Reply> {
    let again = false;
    const once = () => {
      const rest = [String(keys.length), ...keys, ...args(again)];
      again = true;
      return this.#evaluate(keys[0]!, text, sha, rest);
    };
    return this.#send(once, APPEND_PATIENCE_MS);
  }

  /** Calls `hear` for each message; best effort. Returns how to stop. */
  subscribe(channel: string, hear: (message: string) => void): () => void {
    return this.#link.subscribe(channel, hear);
  }

  /** Called when messages may have been missed. */
  set onMissed(missed: () => void) {
    this.#link.onMissed = missed;
  }

  close(): Promise<void> {
    return this.#link.close();
  }

  async #evaluate(key: string, text: string, sha: string, rest: readonly string[]): Promise<Reply> {
    try {
      return await this.#link.send(key, ["EVALSHA", sha, ...rest]);
    } catch (thrown) {
      if (!(thrown instanceof Error) || !thrown.message.startsWith("NOSCRIPT")) throw thrown;
      return this.#link.send(key, ["EVAL", text, ...rest]);
    }
  }

  async #send(work: () => Promise<Reply>, patienceMs: number): Promise<Reply> {
    const deadline = performance.now() + patienceMs;
    for (let tried = 0; ; tried++) {
      try {
        return await work();
      } catch (thrown) {
        const pause = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** tried) * (0.5 + Math.random() / 2);
        if (!isPassing(thrown) || this.#link.isClosed || performance.now() + pause > deadline) {
          throw new StreamError("storage_unavailable", "The Redis store failed", { cause: thrown });
        }
        await delay(pause);
      }
    }
  }
}
