/** The answers the benchmark streams: the same tokens in every process, made from their count alone. */

/** One answer of `tokens` tokens, and where each token ends in the text. */
export interface Answer {
  readonly tokens: readonly string[];
  readonly text: string;
  /** Length of the text up to and with each token, in UTF-16 units. */
  readonly ends: Int32Array;
}

const SEED = 20_261_121;
/** Makes an event of the wire as long as those of a current model: about 340 bytes. */
const ENVELOPE = {
  id: "chatcmpl-CdGf2Qx7m1WkZ0pYt5nRbV8sLhJuE",
  object: "chat.completion.chunk",
  created: 1_795_224_000,
  model: "gpt-5-mini-2025-08-07",
  service_tier: "default",
  system_fingerprint: "fp_3c1a7b9d2e",
};
const LETTERS = "etaoinshrdlucmfwypvbgkqjxz";

/** Characters of a wide token. */
const WIDE_CHARS = 4_000;

const known = new Map<string, Answer>();

/** Tokens about as long as a real tokenizer's (4 to 5 characters), with markdown and a few characters beyond ASCII. */
export function answerOf(count: number, isWide = false): Answer {
  const name = `${count} ${isWide}`;
  const made = known.get(name) ?? makeAnswer(count, isWide);
  known.set(name, made);
  return made;
}

/** The events of an answer in OpenAI's chat form: role, one per token, finish reason, usage, `[DONE]`. */
export function chatEvents(answer: Answer): readonly string[] {
  const usage = { prompt_tokens: 12, completion_tokens: answer.tokens.length, total_tokens: 12 + answer.tokens.length };
  return [
    chatEvent({ role: "assistant", content: "", refusal: null }, null),
    ...answer.tokens.map((content, index) => chatEvent({ content }, null, obfuscation(index))),
    chatEvent({}, "stop"),
    `data: ${JSON.stringify({ ...ENVELOPE, choices: [], usage })}\n\n`,
    "data: [DONE]\n\n",
  ];
}

function makeAnswer(count: number, isWide: boolean): Answer {
  const random = randomFrom(SEED);
  const tokens = Array.from({ length: count }, (_, index) => {
    const token = makeToken(index, random);
    return isWide ? token.repeat(Math.ceil(WIDE_CHARS / token.length)) : token;
  });
  const ends = new Int32Array(count);
  let end = 0;
  tokens.forEach((token, index) => (ends[index] = end += token.length));
  return { tokens, text: tokens.join(""), ends };
}

function makeToken(index: number, random: () => number): string {
  if (index % 97 === 96) return "\n\n";
  if (index % 61 === 60) return " **é—日本**";
  const letters = Array.from({ length: 1 + Math.floor(random() * 7) }, () => LETTERS[Math.floor(random() ** 2 * 26)]);
  return `${random() < 0.75 ? " " : ""}${letters.join("")}${random() < 0.08 ? "," : ""}`;
}

function chatEvent(delta: object, finishReason: string | null, padding = "h7Kq"): string {
  const choices = [{ index: 0, delta, logprobs: null, finish_reason: finishReason }];
  return `data: ${JSON.stringify({ ...ENVELOPE, choices, usage: null, obfuscation: padding })}\n\n`;
}

/** OpenAI pads events so that their length does not tell the token. */
function obfuscation(index: number): string {
  return "aZ3kQ9mPx7Lw".slice(0, 3 + (index % 9));
}

/** mulberry32: the same numbers on every machine. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
