/** What agents do with AG-UI events that the transcript does not show. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { agUiDecoder } from "../../../proxy/provider/ag-ui-decoder.ts";
import { sseFrames } from "../../../proxy/provider/frames.ts";
import type { ProviderEvent } from "../../../proxy/provider/provider.ts";
import { reading } from "./decoding.ts";

/** The blocks of a run of these events, as `kind: text`, and what is kept beside them. */
function blocksOf(...run: readonly object[]): { blocks: string[]; natives: unknown[] } {
  const reader = reading(sseFrames, agUiDecoder());
  for (const event of [...run, { type: "RUN_FINISHED" }]) {
    reader.push(Buffer.from(`data: ${JSON.stringify(event)}\n\n`));
  }
  const { events, error } = reader.end();
  assert.equal(error, null);
  const blocks: string[] = [];
  const natives: unknown[] = [];
  for (const event of events as readonly ProviderEvent[]) {
    if (event.type === "block.start") blocks.push(`${event.kind}: `);
    if (event.type === "delta") blocks[event.block] += event.text;
    if (event.type === "native") natives.push(event.value);
  }
  return { blocks, natives };
}

const text = (messageId: string | undefined, delta: string, role = "assistant") => ({
  type: "TEXT_MESSAGE_CHUNK",
  messageId,
  delta,
  role,
});
const thought = (messageId: string | undefined, delta: string) => ({
  type: "REASONING_MESSAGE_CHUNK",
  messageId,
  delta,
});

test("chunks of two messages do not run together", () => {
  const { blocks } = blocksOf(text("a", "One."), text(undefined, " More."), text("b", "Two."), text("b", " End."));
  assert.deepEqual(blocks, ["text: One. More.", "text: Two. End."]);
});

test("chunks of two thoughts do not either, and each seal is of its own thought", () => {
  const seal = (entityId: string) => ({
    type: "REASONING_ENCRYPTED_VALUE",
    subtype: "message",
    entityId,
    encryptedValue: `enc:${entityId}`,
  });
  const run = [thought("a", "First"), thought(undefined, " this."), seal("a"), thought("b", "Then that."), seal("b")];
  const { blocks, natives } = blocksOf(...run, text("c", "Done."));
  assert.deepEqual(blocks, ["reasoning: First this.", "reasoning: Then that.", "text: Done."]);
  assert.deepEqual(natives, [
    { id: "a", role: "reasoning", content: "First this.", encryptedValue: "enc:a" },
    { id: "b", role: "reasoning", content: "Then that.", encryptedValue: "enc:b" },
  ]);
});

test("a thought and the text of one message may share its id", () => {
  const start = { type: "REASONING_MESSAGE_START", messageId: "a", role: "reasoning" };
  const content = { type: "REASONING_MESSAGE_CONTENT", messageId: "a", delta: "Hm." };
  assert.deepEqual(blocksOf(start, content, text("a", "Yes.")).blocks, ["reasoning: Hm.", "text: Yes."]);
});

test("messages of other roles, steps and events nobody knows are no part of the answer", () => {
  const { blocks } = blocksOf(
    { type: "STEP_STARTED", stepName: "plan" },
    text("u", "What the user said", "user"),
    { type: "NOT_OF_THIS_YEAR" },
    text("a", "The "),
    { type: "STEP_FINISHED", stepName: "plan" },
    text("a", "answer"),
  );
  assert.deepEqual(blocks, ["text: The answer"]);
});
