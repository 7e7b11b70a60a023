/** Small readings of a request's messages that several wire formats share. */
import { randomBytes } from "node:crypto";
import type { AssistantPart, ProviderMessage } from "./provider.ts";

/** The records this provider made itself; those of another provider are nothing it could read. */
export const nativeParts = (provider: string, parts: readonly AssistantPart[]): readonly object[] =>
  parts.flatMap((part) =>
    part.type === "native" && part.provider === provider && typeof part.value === "object" && part.value !== null
      ? [part.value]
      : [],
  );

/** The conversation, and what the model has said so far of its next turn; nothing said is no turn. */
export const withTurn = (messages: readonly ProviderMessage[], said: string): readonly ProviderMessage[] =>
  said === "" ? messages : [...messages, { role: "assistant", parts: [{ type: "text", text: said }] }];

/** The arguments of a call as an object, as the formats want them that are not text. Text that is no object is lost. */
export function argsObject(argsText: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(argsText);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // An earlier answer was cut inside its arguments, or the call has none.
  }
  return {};
}

/** Names a call for servers that do not; random, so that the calls of several steps never share a name. */
export const mintCallId = (): string => `call_${randomBytes(9).toString("base64url")}`;
