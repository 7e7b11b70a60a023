/** Long answers as each provider's wire carries them: a recorded one where the recordings lie, else one made to measure. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fixturesMissing, streamFixture } from "../fixtures.ts";
import { converseStream } from "../proxy/provider/aws-bytes.ts";
import { answerOf, chatEvents } from "./answer.ts";

export const WIRES = ["openai chat", "openai responses", "anthropic", "bedrock converse", "ollama"] as const;
export type Wire = (typeof WIRES)[number];

export interface WireBody {
  /** The recorded stream's name, or `MADE`. */
  readonly source: string;
  readonly body: Uint8Array;
  /** The visible text, all of it. */
  readonly text: string;
}

/** The longest recorded answers that are whole and mostly text. */
const RECORDED: Readonly<Record<Wire, string>> = {
  "openai chat": "openai/chat-long-gpt-4-1-nano",
  "openai responses": "openai/responses-server-tools-long-cache-gpt-5",
  anthropic: "anthropic/messages-thinking-server-tools-claude-sonnet-4",
  "bedrock converse": "bedrock/converse-thinking-anthropic-claude-haiku-4-5",
  ollama: "ollama/native-parallel-tools-long-qwen3-4b",
};
export const MADE = "made";
const MADE_TOKENS = 400;

/** @param recorded whether to take a recorded stream */
export function wireBody(wire: Wire, recorded = fixturesMissing === false): WireBody {
  if (!recorded) return { source: MADE, body: madeBody(wire), text: answerOf(MADE_TOKENS).text };
  const { name, body, expected } = streamFixture(RECORDED[wire]);
  return { source: name, body, text: expected.text };
}

function madeBody(wire: Wire): Uint8Array {
  const answer = answerOf(MADE_TOKENS);
  switch (wire) {
    case "openai chat":
      return Buffer.from(chatEvents(answer).join(""));
    case "openai responses":
      return lengthened("openai-responses.sse", "\n\n", answer.tokens);
    case "anthropic":
      return lengthened("anthropic.sse", "\n\n", answer.tokens);
    case "ollama":
      return lengthened("ollama.jsonl", "\n", answer.tokens);
    case "bedrock converse":
      return converseStream([
        ["messageStart", { role: "assistant", p: "abcdefgh" }],
        ...answer.tokens.map(
          (text) => ["contentBlockDelta", { contentBlockIndex: 0, delta: { text }, p: "abcdefghijkl" }] as const,
        ),
        ["contentBlockStop", { contentBlockIndex: 0, p: "abcd" }],
        ["messageStop", { stopReason: "end_turn", p: "abcdefg" }],
        ["metadata", { usage: { inputTokens: 12, outputTokens: MADE_TOKENS, totalTokens: 12 + MADE_TOKENS } }],
      ]);
  }
}

/** The text of the project's own transcripts, in two pieces. */
const FIRST_PIECE = "Bateaux à ";
const SECOND_PIECE = "quai 🛥️ 港へ";
const TRANSCRIPTS = join(import.meta.dirname, "../proxy/provider/transcripts");

/** A transcript whose text is these tokens, an event each. */
function lengthened(file: string, separator: string, tokens: readonly string[]): Uint8Array {
  const frames = readFileSync(join(TRANSCRIPTS, file), "utf8").split(separator);
  const isPiece = (frame: string, piece: string): boolean => frame.includes(`"${piece}"`);
  const said = (frame: string): string[] =>
    tokens.map((token) => frame.replace(`"${FIRST_PIECE}"`, () => JSON.stringify(token)));
  const long = frames
    .filter((frame) => !isPiece(frame, SECOND_PIECE))
    .flatMap((frame) => (isPiece(frame, FIRST_PIECE) ? said(frame) : [frame]));
  return Buffer.from(long.join(separator));
}
