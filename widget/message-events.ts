/** The events that tell a page what changed between two states of a shown answer. */
import type { AssistantMessage } from "./chat.ts";
import type { Events } from "./stream-controller.ts";
import type { MessageBlock } from "../protocol/index.ts";

/** In the order of the blocks; a block's text comes before the news that the block is final. */
export function eventsBetween(
  { AiStreamBlockEvent, AiStreamTokenEvent, AiStreamToolEvent }: Events,
  before: AssistantMessage,
  after: AssistantMessage,
): Event[] {
  const events: Event[] = [];
  for (const [index, block] of after.blocks.entries()) {
    const known = before.blocks[index];
    if (known === block) continue;
    // After a reset another block may stand at this place.
    const previous = known?.seq === block.seq ? known : undefined;
    if (block.kind === "tool") {
      if (previous?.kind !== "tool" || previous.state !== block.state) {
        events.push(new AiStreamToolEvent(after.id, block));
      }
    } else if (block.kind !== "source") {
      const from = previous !== undefined && "text" in previous ? previous.text.length : 0;
      const text = block.text.slice(from);
      if (text !== "") {
        events.push(new AiStreamTokenEvent({ message: after.id, block: block.block, kind: block.kind, text }));
      }
    }
    if (isFinal(block) && (previous === undefined || !isFinal(previous))) {
      events.push(new AiStreamBlockEvent(after.id, block));
    }
  }
  return events;
}

function isFinal(block: MessageBlock): boolean {
  if (block.kind === "tool") return block.state === "done" || block.state === "failed";
  return block.kind === "source" || !block.open;
}
