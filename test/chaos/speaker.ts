/** A provider whose answers are numbered words, said as far as a schedule lets it, and the same at every asking. */
import { openScriptedProvider } from "../fakes/scripted-provider.ts";
import type { ProviderCall, ScriptedProvider } from "../fakes/scripted-provider.ts";
import { chanceOf } from "./chance.ts";
import type { Chance } from "./chance.ts";
import type { ProviderFault } from "./schedule.ts";

/** What the words begin with, in turn: a lost byte of those that have several shows, too. */
const LEADS = ["w", "é", "w", "漢", "w", "ß"];

/** The first `count` words of every answer. One that is missing, doubled or out of place shows. */
export const wordsTo = (count: number): string =>
  Array.from({ length: count }, (_, index) => `${LEADS[index % LEADS.length]}${index + 1} `).join("");

export class Speaker implements AsyncDisposable {
  readonly #provider: ScriptedProvider;
  readonly #speeches = new Map<string, Speech>();

  private constructor(provider: ScriptedProvider) {
    this.#provider = provider;
    void this.#answer();
  }

  static async open(): Promise<Speaker> {
    return new Speaker(await openScriptedProvider());
  }

  get baseUrl(): string {
    return this.#provider.baseUrl;
  }

  /** What is said to a question; nothing until `allow` is called. */
  speech(question: string, words: number): Speech {
    const speech = new Speech(words, chanceOf(question.length + words));
    this.#speeches.set(question, speech);
    return speech;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const speech of this.#speeches.values()) speech.close();
    await this.#provider[Symbol.asyncDispose]();
  }

  async #answer(): Promise<void> {
    for (;;) {
      const call = await this.#provider.next();
      const { messages } = call.body;
      const asked = messages.findLast(({ role }) => role === "user")?.content;
      const speech = this.#speeches.get(String(asked));
      if (speech === undefined) throw new Error(`Nobody was to ask "${String(asked)}"`);
      const last = messages.at(-1)!;
      void speech.take(call, last.role === "assistant" ? String(last.content).length : 0);
    }
  }
}

export class Speech {
  readonly text: string;
  /** Calls that came. */
  asked = 0;
  readonly #chance: Chance;
  #allowed = 0;
  #said = 0;
  #finished = false;
  #calls = new Set<ProviderCall>();
  #news = Promise.withResolvers<void>();

  constructor(words: number, chance: Chance) {
    this.text = wordsTo(words);
    this.#chance = chance;
  }

  /** Says the first `words` words; never fewer than before. */
  allow(words: number): void {
    this.#allowed = Math.max(this.#allowed, wordsTo(words).length);
    this.#tell();
  }

  /** Resolves when some call has said so many words. */
  async said(words: number): Promise<void> {
    const { length } = wordsTo(words);
    while (this.#said < length) await this.#news.promise;
  }

  /** Resolves when no call is under way. */
  async hungUp(): Promise<void> {
    while (this.#calls.size > 0) await this.#news.promise;
  }

  /** Everything, and a proper end. */
  finish(): void {
    this.#finished = true;
    this.#allowed = this.text.length;
    this.#tell();
  }

  /** Ends the calls of this moment early. Returns how many there were. */
  async fail(how: ProviderFault["how"]): Promise<number> {
    const calls = [...this.#calls];
    for (const call of calls) {
      this.#calls.delete(call);
      if (how === "mid-event") await call.writeRaw('data: {"id":"chatcmpl-scripted","choices":[{"index":0,"del');
      if (how === "hang up") call.hangUp();
      else call.die();
    }
    this.#tell();
    return calls.length;
  }

  close(): void {
    for (const call of this.#calls) call.die();
  }

  /** @param from characters that the asker has already */
  async take(call: ProviderCall, from: number): Promise<void> {
    this.asked++;
    this.#calls.add(call);
    void call.closed.then(() => {
      this.#calls.delete(call);
      this.#tell();
    });
    this.#tell();
    for (let at = from; this.#calls.has(call);) {
      if (at < this.#allowed) {
        const next = this.text.slice(at, Math.min(at + this.#chance.int(1, 60), this.#allowed));
        await call.write(...this.#pieces(next));
        at += next.length;
        this.#said = Math.max(this.#said, at);
        this.#tell();
      } else if (this.#finished) {
        call.finish();
        return;
      } else {
        await Promise.race([this.#news.promise, call.closed]);
      }
    }
  }

  /** What one write holds, in one to three events. */
  #pieces(text: string): string[] {
    const cut = this.#chance.int(1, text.length);
    const again = this.#chance.int(cut, text.length);
    return [text.slice(0, cut), text.slice(cut, again), text.slice(again)].filter((piece) => piece !== "");
  }

  #tell(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }
}
