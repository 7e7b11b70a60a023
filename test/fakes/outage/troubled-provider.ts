/** A provider that is in trouble when its script says so. It keeps its own timers, as a real call does. */
import { StreamError } from "../../../protocol/index.ts";
import { pause } from "../../../proxy/agent/pause.ts";
import { KeyRing } from "../../../proxy/provider/key-ring.ts";
import type { Provider, ProviderRequest } from "../../../proxy/provider/provider.ts";
import { finish, more } from "../fake-provider.ts";
import { mishap, opening } from "./fate.ts";
import { spellAt } from "./trouble.ts";
import type { Script } from "./trouble.ts";

export interface TroubledOptions {
  /** One letter: its answers begin with it. */
  readonly name: string;
  readonly script: Script;
  /** Milliseconds to the first token while it is healthy, at least; at most twice that. */
  readonly firstTokenMs: number;
  /** Secrets; without any it needs none. */
  readonly keys?: readonly string[];
  /** Goes on from a prefix. */
  readonly continues?: boolean;
  /** In [0, 1). */
  readonly random: () => number;
}

export interface TroubledProvider extends Provider {
  readonly script: Script;
  /** When each call came, in seconds from the beginning. */
  readonly asked: readonly number[];
}

const WORDS = 16;
/** What is said at once: words are cut anywhere. */
const PIECE_CHARS = 12;
const PIECE_MS = 300;

/** The whole answer of a provider to a question; no word of it occurs twice, in it or in any other. */
export const wholeText = (provider: string, question: string): string =>
  Array.from({ length: WORDS }, (_, word) => `${provider}${question}.${word} `).join("");

/** Its script begins when it is made. */
export function troubledProvider(options: TroubledOptions): TroubledProvider {
  const { name, script, keys, continues = false, random } = options;
  const beganAt = Date.now();
  const asked: number[] = [];
  const now = () => (Date.now() - beganAt) / 1_000;
  const lastSecond = () => asked.length - asked.findLastIndex((at) => at <= now() - 1) - 1;
  return {
    name,
    script,
    asked,
    ...(keys === undefined ? {} : { keys: new KeyRing(keys) }),
    continues: () => continues,
    check: async () => {},
    async *stream(request, { firstContentMs, betweenContentMs }, signal) {
      asked.push(now());
      const usualMs = options.firstTokenMs * (1 + random());
      const { refusal, afterMs } = opening(spellAt(script, now()), now(), usualMs, lastSecond(), random);
      await wait(Math.min(afterMs, firstContentMs), signal);
      if (afterMs > firstContentMs) throw new StreamError("first_token_timeout", "No content");
      if (refusal !== null) throw refusal;
      yield [{ type: "block.start", block: 0, kind: "text" }];
      for (const [at, piece] of left(request, name).entries()) {
        if (at > 0) await wait(PIECE_MS, signal);
        const trouble = mishap(spellAt(script, now()), now(), random);
        if (trouble === "stall") await wait(betweenContentMs, signal);
        if (trouble === "stall") throw new StreamError("idle_timeout", "No further content");
        if (trouble === "cut") throw new StreamError("upstream_truncated", "Cut");
        yield more(piece);
      }
      yield finish;
    },
  };
}

async function wait(ms: number, signal: AbortSignal): Promise<void> {
  if (!(await pause(ms, signal))) throw new StreamError("cancelled", "Hung up");
}

/** What is still to be said; after a prefix the rest of the answer that begins with it, whoever began it. */
function left({ messages, prefix = "" }: ProviderRequest, name: string): readonly string[] {
  const question = messages.flatMap((message) => (message.role === "user" ? message.parts : [])).find(isText)!.text;
  const whole = wholeText(prefix === "" ? name : prefix[0]!, question);
  if (!whole.startsWith(prefix)) throw new RangeError(`not the beginning of an answer: ${prefix}`);
  const rest = whole.slice(prefix.length);
  return Array.from({ length: Math.ceil(rest.length / PIECE_CHARS) }, (_, at) =>
    rest.slice(at * PIECE_CHARS, (at + 1) * PIECE_CHARS),
  );
}

const isText = (part: { readonly type: string }): part is { readonly type: "text"; readonly text: string } =>
  part.type === "text";
