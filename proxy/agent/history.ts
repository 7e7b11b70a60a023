/** The turns of a conversation's branch → the messages a provider is sent. */
import { Buffer } from "node:buffer";
import { StreamError } from "../../protocol/index.ts";
import type { Attachment, Message } from "../../protocol/index.ts";
import type { InputPart, ProviderMessage } from "../provider/provider.ts";
import type { Turn, UserTurn } from "../stream-log/stream-log.ts";

/** The branch that ends at `leaf`, oldest first. */
export function branchOf(turns: readonly Turn[], leaf: string | null): Turn[] {
  const byId = new Map(turns.map((turn) => [turn.id, turn]));
  const branch: Turn[] = [];
  for (let turn = leaf === null ? undefined : byId.get(leaf); turn !== undefined;) {
    branch.unshift(turn);
    byId.delete(turn.id);
    turn = turn.parent === null ? undefined : byId.get(turn.parent);
  }
  return branch;
}

/** What was said on a branch. An answer without text (an error, a stop before the first word) is left out. */
export function toProviderMessages(branch: readonly Turn[]): ProviderMessage[] {
  return branch.flatMap((turn): ProviderMessage[] => {
    if (turn.role === "user") return [userMessage(turn)];
    const text = turn.message === null ? "" : answerText(turn.message);
    return text === "" ? [] : [{ role: "assistant", parts: [{ type: "text", text }] }];
  });
}

/** Images go as images, everything else as text under its name. */
export function userMessage({ text, attachments }: Pick<UserTurn, "text" | "attachments">): ProviderMessage {
  return { role: "user", parts: [...attachments.map(toPart), { type: "text", text }] };
}

const answerText = (message: Message): string =>
  message.blocks.map((block) => (block.kind === "text" || block.kind === "refusal" ? block.text : "")).join("");

function toPart({ name, mediaType, data }: Attachment): InputPart {
  if (mediaType.startsWith("image/")) return { type: "image", mediaType, data };
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(data, "base64"));
    return { type: "text", text: `File ${name}:\n${text}` };
  } catch {
    throw new StreamError("invalid_request", `attachments: found "${name}" with other bytes, expected an image or UTF-8 text`, {
      field: "attachments",
    });
  }
}
