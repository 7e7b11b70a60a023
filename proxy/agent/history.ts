/** The turns of a conversation's branch → the messages a provider is sent. */
import { Buffer } from "node:buffer";
import { StreamError } from "../../protocol/index.ts";
import type { Attachment } from "../../protocol/index.ts";
import type { InputPart, ProviderMessage } from "../provider/provider.ts";
import type { AttemptRecord, Turn, UserTurn } from "../stream-log/stream-log.ts";
import { transcriptOf } from "./transcript.ts";

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

/**
 * What was said on a branch, calls and their results too. An answer with neither text nor calls (an error, a stop before
 * the first word) is left out. @param records by stream
 */
export function toProviderMessages(
  branch: readonly Turn[],
  records: ReadonlyMap<string, readonly AttemptRecord[]>,
): ProviderMessage[] {
  return branch.flatMap((turn): ProviderMessage[] => {
    if (turn.role === "user") return [userMessage(turn)];
    return turn.message === null ? [] : transcriptOf(turn.message.blocks, records.get(turn.stream) ?? []);
  });
}

/** Images go as images, everything else as text under its name. */
export function userMessage({ text, attachments }: Pick<UserTurn, "text" | "attachments">): ProviderMessage {
  const said: InputPart = { type: "text", text };
  return { role: "user", parts: attachments.length === 0 ? [said] : [...attachments.map(toPart), said] };
}

function toPart({ name, mediaType, data }: Attachment): InputPart {
  if (mediaType.startsWith("image/")) return { type: "image", mediaType, data };
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(data, "base64"));
    return { type: "text", text: `File ${name}:\n${text}` };
  } catch {
    throw new StreamError(
      "invalid_request",
      `attachments: found "${name}" with other bytes, expected an image or UTF-8 text`,
      {
        field: "attachments",
      },
    );
  }
}
