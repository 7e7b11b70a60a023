/** Which scripted answer a question gets: chosen by its words, the same for the same question. */
import { crc32 } from "../../protocol/index.ts";
import { agentTurn } from "./demo-agent.ts";
import { readDirectives } from "./demo-directives.ts";
import type { Directives } from "./demo-directives.ts";
import * as texts from "./demo-texts.ts";
import type { ProviderMessage, ProviderRequest } from "./provider.ts";

export type ScriptPart =
  | { readonly kind: "text" | "reasoning"; readonly text: string }
  | { readonly kind: "tool"; readonly name: string; readonly text: string }
  | { readonly kind: "source"; readonly url: string; readonly title: string };

export interface DemoScript {
  readonly parts: readonly ScriptPart[];
  readonly directives: Directives;
  /** Of the question: makes the jitter, and the order of a long answer, repeatable. */
  readonly seed: number;
}

/** Chapters of a long answer: about 5,000 tokens. */
const CHAPTERS = 12;
const PARAGRAPHS_PER_CHAPTER = 6;
/** Characters of an earlier question that are quoted back. */
const QUOTE_CHARS = 60;

/** The first whose words occur in the question answers it; otherwise the tour. */
const ANSWERS: readonly { readonly words: RegExp; readonly parts: (seed: number) => readonly ScriptPart[] }[] = [
  { words: /\/fault|\/tokens|directive/iu, parts: () => [text(texts.FAULT_HELP)] },
  { words: /\b(tool|weather)\b/iu, parts: callTool },
  {
    words: /\b(long|essay|story|chapters?)\b/iu,
    parts: (seed) => [thoughts(texts.LONG_THOUGHTS), text(longText(seed))],
  },
  {
    words: /\b(emoji|unicode|scripts|languages?|arabic|hebrew|chinese|japanese)\b/iu,
    parts: () => [text(texts.UNICODE)],
  },
  { words: /\b(sources?|cite|citations?|links?)\b/iu, parts: citeSources },
  {
    words: /\b(code|function|typescript|javascript|debounce)\b/iu,
    parts: () => [thoughts(texts.CODE_THOUGHTS), text(texts.CODE)],
  },
  { words: /\btables?\b/iu, parts: () => [text(texts.TABLE)] },
  { words: /^\W*(hi|hello|hey|good (morning|evening|day))\b.{0,20}$/isu, parts: () => [text(texts.GREETING)] },
];

/** Never empty. The same messages always make the same script. */
export function scriptFor(request: ProviderRequest): DemoScript {
  const questions = request.messages.filter(({ role }) => role === "user").map(questionOf);
  const directives = readDirectives(questions.at(-1) ?? "");
  const seed = crc32(directives.text);
  const parts =
    directives.tokens === null ? answerTo(request, directives, questions, seed) : countedParts(directives.tokens);
  return {
    parts: request.reasoning === "none" ? parts.filter(({ kind }) => kind !== "reasoning") : parts,
    directives,
    seed,
  };
}

function answerTo(
  request: ProviderRequest,
  { text: question }: Directives,
  questions: readonly string[],
  seed: number,
): readonly ScriptPart[] {
  const { messages } = request;
  const turn = agentTurn(request, question);
  if (turn !== null) return [text(turn.text), ...turn.calls.map(callOf)];
  const last = messages.at(-1);
  if (last?.role === "tool") return [text(toolAnswer(last))];
  const answer = ANSWERS.find(({ words }) => words.test(question))?.parts(seed) ?? tour();
  const remark = [earlierRemark(questions), attachmentRemark(messages)].filter(Boolean).join(" ");
  if (remark === "") return answer;
  return withRemark(answer, remark);
}

const text = (value: string): ScriptPart => ({ kind: "text", text: value });
const thoughts = (value: string): ScriptPart => ({ kind: "reasoning", text: value });
const tour = (): readonly ScriptPart[] => [thoughts(texts.TOUR_THOUGHTS), text(texts.TOUR)];

const callOf = ({ name, args }: { readonly name: string; readonly args: object }): ScriptPart => ({
  kind: "tool",
  name,
  text: JSON.stringify(args),
});

function callTool(): readonly ScriptPart[] {
  const args = JSON.stringify({ city: "Lisbon", unit: "celsius", days: 3 });
  return [thoughts(texts.TOOL_THOUGHTS), text(texts.TOOL_INTRO), { kind: "tool", name: "get_weather", text: args }];
}

function citeSources(): readonly ScriptPart[] {
  return [text(texts.SOURCES_INTRO), ...texts.SOURCES.map((source) => ({ kind: "source", ...source }) as const)];
}

const toolAnswer = ({ name, ok, result }: Extract<ProviderMessage, { role: "tool" }>): string =>
  ok
    ? `\`${name}\` answered:\n\n\`\`\`json\n${result}\n\`\`\`\n\nThat is all I can say about it: I am only a script.`
    : `\`${name}\` failed: ${result}. I would rather say so than guess.`;

/** An essay whose chapters take the paragraphs in an order of their own. */
function longText(seed: number): string {
  const chapters = Array.from({ length: CHAPTERS }, (_, chapter) => {
    const title = texts.LONG_TITLES[chapter % texts.LONG_TITLES.length];
    const paragraphs = Array.from(
      { length: PARAGRAPHS_PER_CHAPTER },
      (_unused, index) => texts.PARAGRAPHS[(seed + chapter * 3 + index) % texts.PARAGRAPHS.length],
    );
    return `## ${chapter + 1}. ${title}\n\n${paragraphs.join("\n\n")}`;
  });
  return `# On things that go on\n\n${chapters.join("\n\n")}\n\n---\n\n*That was the whole of it: nothing missing, nothing twice.*`;
}

/** Exactly so many tokens: numbered words, so that one that is missing or doubled shows. */
const countedParts = (tokens: number): readonly ScriptPart[] => [
  text(Array.from({ length: tokens }, (_, index) => (index === 0 ? "w1" : ` w${index + 1}`)).join("")),
];

function earlierRemark(questions: readonly string[]): string {
  const earlier = questions.at(-2);
  if (earlier === undefined) return "";
  const plain = readDirectives(earlier)
    .text.replaceAll(/[\s`*_[\]<>#|]+/gu, " ")
    .trim();
  const characters = Array.from(plain);
  const quote = characters.length > QUOTE_CHARS ? `${characters.slice(0, QUOTE_CHARS).join("").trimEnd()}…` : plain;
  return `Earlier you asked “${quote}”; this is question ${questions.length}.`;
}

function attachmentRemark(messages: readonly ProviderMessage[]): string {
  const last = messages.at(-1);
  const count = last?.role === "user" ? last.parts.length - 1 : 0;
  if (count < 1) return "";
  return count === 1 ? "You attached a file." : `You attached ${count} files.`;
}

/** The remark stands before the first text. */
function withRemark(parts: readonly ScriptPart[], remark: string): readonly ScriptPart[] {
  const first = parts.findIndex(({ kind }) => kind === "text");
  return parts.map((part, index) =>
    index === first && part.kind === "text" ? text(`${remark}\n\n${part.text}`) : part,
  );
}

/** What the person wrote; attachments come before it. */
function questionOf(message: ProviderMessage): string {
  if (message.role !== "user") return "";
  const last = message.parts.at(-1);
  return last?.type === "text" ? last.text : "";
}
