/** The message that people look at: the last one that is said; those that wait for their turn come behind it. */
import type { ChatMessage } from "../chat.ts";

export const latest = (messages: readonly ChatMessage[]): ChatMessage | undefined =>
  messages.findLast((message) => message.role === "assistant" || message.waiting !== true);
