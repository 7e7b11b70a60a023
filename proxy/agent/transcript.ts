/** What a stream said, as the messages a provider is sent back: in order, with the records only its maker can read. */
import type { MessageBlock, ToolBlock } from "../../protocol/index.ts";
import type { AssistantPart, ProviderMessage } from "../provider/provider.ts";
import type { AttemptRecord } from "../stream-log/stream-log.ts";
import { resultText } from "./tool-result.ts";

type NumberedBlock = Exclude<MessageBlock, { kind: "source" }>;

/**
 * Each recorded attempt as it was, then what no record tells of: a plain last answer, or the shown part of one that
 * failed. The same blocks and records always give the same messages, so that a history only ever grows.
 */
export function transcriptOf(blocks: readonly MessageBlock[], records: readonly AttemptRecord[]): ProviderMessage[] {
  // A text the operator prepared is nothing the model said.
  const numbered = blocks.filter((block) => block.kind !== "source").filter((block) => !isCanned(block));
  const isOf = ({ block = -1 }: NumberedBlock, { firstBlock, nextBlock }: AttemptRecord): boolean =>
    block >= firstBlock && block < nextBlock;
  const rest = numbered.filter((block) => !records.some((record) => isOf(block, record)));
  return [
    ...records.flatMap((record) =>
      attemptMessages(
        numbered.filter((block) => isOf(block, record)),
        record,
      ),
    ),
    ...attemptMessages(rest.filter(isWhole), null),
  ];
}

const isCanned = (block: NumberedBlock): boolean => block.kind === "text" && block.canned === true;

/** A call that was neither finished nor answered was never made. */
const isWhole = (block: NumberedBlock): boolean =>
  block.kind !== "tool" || block.state === "done" || block.state === "failed";

/** The model's message and the results of its calls; several where the provider ran calls itself and went on. */
function attemptMessages(blocks: readonly NumberedBlock[], record: AttemptRecord | null): ProviderMessage[] {
  const messages: ProviderMessage[] = [];
  let parts: AssistantPart[] = [];
  let calls: ToolBlock[] = [];
  const isCut = blocks.some((block) => block.kind === "tool" && block.args === undefined && !isWhole(block));
  // Thinking that led to a call which cannot be told of is no good without it.
  const natives = record === null || isCut ? [] : [...record.natives];

  const end = () => {
    if (parts.some((part) => part.type === "tool-call" || (part.type === "text" && part.text !== ""))) {
      messages.push({ role: "assistant", parts }, ...calls.map(resultOf));
    }
    parts = [];
    calls = [];
  };
  const addNatives = (before: number) => {
    while (natives.length > 0 && natives[0]!.at <= before) {
      parts.push({ type: "native", provider: record!.provider, value: natives.shift()!.value });
    }
  };

  for (const block of blocks) {
    const answered = calls.length > 0 && calls.every(isProviderRun);
    if (block.kind !== "tool" && answered) end();
    addNatives(block.block ?? Infinity);
    if (block.kind !== "tool") {
      parts.push({ type: block.kind === "reasoning" ? "reasoning" : "text", text: block.text });
    } else if (!isCut || block.args !== undefined || isWhole(block)) {
      parts.push(callOf(block));
      calls.push(block);
    }
  }
  addNatives(Infinity);
  end();
  return messages;
}

/** A provider that runs a call itself gives the result without a start. */
const isProviderRun = (call: ToolBlock): boolean => call.runsOn === undefined && isWhole(call);

/** Arguments that are not JSON would be refused by servers that read them. */
const callOf = ({ callId, name, args, argsText }: ToolBlock): AssistantPart => ({
  type: "tool-call",
  callId,
  name,
  argsText: args === undefined ? "" : argsText,
});

function resultOf({ callId, name, state, result, error }: ToolBlock): ProviderMessage {
  const answer = { role: "tool", callId, name, ok: state === "done" } as const;
  switch (state) {
    case "done":
      return { ...answer, result: resultText(result) };
    case "failed":
      return { ...answer, result: error ?? resultText(result) };
    case "input":
      return { ...answer, result: "Not run" };
    case "awaiting":
      return { ...answer, result: "Not run: nobody decided" };
    case "running":
      return { ...answer, result: "Its outcome is unknown" };
  }
}
