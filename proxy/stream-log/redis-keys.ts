/**
 * Names of keys. All of a conversation lies in one slot, `{conversation}`: its turns, its streams, their entries. So one
 * script can write whatever must change together. Everything else is one key each: an index or a hint, of which the
 * conversation's slot knows the truth; or the money of a day, which has a slot of its own.
 */

/** A running stream's keys, made once. */
export interface StreamKeys {
  readonly meta: string;
  readonly entries: string;
  readonly records: string;
  readonly outcomes: string;
  /** By process: how far those have read who watch there, and when it said so. */
  readonly viewers: string;
  /** What is published here wakes whoever watches the stream. */
  readonly channel: string;
}

export class RedisKeys {
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  stream(conversation: string, id: string): StreamKeys {
    const base = `${this.#prefix}{${conversation}}:`;
    return {
      meta: `${base}meta:${id}`,
      entries: `${base}entries:${id}`,
      records: `${base}records:${id}`,
      outcomes: `${base}outcomes:${id}`,
      viewers: `${base}viewers:${id}`,
      channel: this.channel(id),
    };
  }

  channel(id: string): string {
    return `${this.#prefix}wake:${id}`;
  }

  /** A channel: what the writer of a stream says besides its log. */
  notes(id: string): string {
    return `${this.#prefix}note:${id}`;
  }

  /** A channel: what is published here wakes whoever can take streams over. */
  get releases(): string {
    return `${this.#prefix}released`;
  }

  /** The conversation itself, its turns, finished messages and stream ids. */
  conversation(id: string): readonly [conversation: string, turns: string, messages: string, streams: string] {
    const base = `${this.#prefix}{${id}}:`;
    return [`${base}conversation`, `${base}turns`, `${base}messages`, `${base}streams`];
  }

  /** Sums of each account, what streams hold of them, and which streams are settled. */
  day(day: string): readonly [accounts: string, reservations: string, settled: string] {
    const base = `${this.#prefix}{${day}}:`;
    return [`${base}accounts`, `${base}reservations`, `${base}settled`];
  }

  /** Streams a visitor or an address began lately, and those of them that may still run. */
  visits(key: string): readonly [recent: string, running: string] {
    const base = `${this.#prefix}{visits:${encodeURIComponent(key)}}:`;
    return [`${base}recent`, `${base}running`];
  }

  /** The conversation a stream or turn belongs to. */
  place = (id: string): string => `${this.#prefix}place:${id}`;

  /** Which stream a send id started. */
  send = (owner: string, sendId: string): string =>
    `${this.#prefix}send:${encodeURIComponent(owner)}:${encodeURIComponent(sendId)}`;

  /** An owner's conversations, by when they were last touched. */
  owner = (owner: string): string => `${this.#prefix}owner:${encodeURIComponent(owner)}`;

  kept = (name: string): string => `${this.#prefix}kept:${name}`;

  get running(): string {
    return `${this.#prefix}running`;
  }

  get ended(): string {
    return `${this.#prefix}ended`;
  }

  get conversations(): string {
    return `${this.#prefix}conversations`;
  }

  get days(): string {
    return `${this.#prefix}days`;
  }

  get hints(): string {
    return `${this.#prefix}hints`;
  }

  get check(): string {
    return `${this.#prefix}check`;
  }
}
