/** A script → the events a provider yields, with its counts of tokens and its reason to stop. */
import type { DemoScript } from "./demo-script.ts";
import { splitTokens } from "./demo-tokens.ts";
import type { FinishReason, ProviderEvent, ProviderRequest } from "./provider.ts";

/** The whole answer as events, cut where `maxOutputTokens` ends it. */
export function scriptEvents({ parts }: DemoScript, request: ProviderRequest): readonly ProviderEvent[] {
  const limit = request.maxOutputTokens ?? Infinity;
  const input = countInput(request);
  const events: ProviderEvent[] = [{ type: "usage", usage: { input, output: 0, final: false } }];
  let reason: FinishReason = "stop";
  let output = 0;
  let reasoning = 0;
  let block = 0;
  for (const part of parts) {
    if (output >= limit) reason = "length";
    if (reason === "length") break;
    if (part.kind === "source") {
      events.push({ type: "source", url: part.url, title: part.title });
      continue;
    }
    const tokens = splitTokens(part.text);
    const said = tokens.slice(0, limit - output);
    const isWhole = said.length === tokens.length;
    const isTool = part.kind === "tool";
    const call = isTool ? { name: part.name, callId: `call_demo_${block}` } : {};
    events.push({ type: "block.start", block, kind: part.kind, ...call });
    for (const text of said) events.push({ type: "delta", block, text });
    events.push({ type: "block.end", block, ...(isTool && isWhole ? { args: JSON.parse(part.text) as unknown } : {}) });
    output += said.length;
    if (part.kind === "reasoning") reasoning += said.length;
    if (!isWhole) reason = "length";
    else if (isTool) reason = "tool_calls";
    block++;
  }
  const usage = { input, output, ...(reasoning > 0 ? { reasoning } : {}), final: true };
  events.push({ type: "usage", usage }, { type: "finish", reason, raw: reason });
  return events;
}

function countInput({ instructions, messages }: ProviderRequest): number {
  let tokens = splitTokens(instructions ?? "").length;
  for (const message of messages) {
    if (message.role === "tool") tokens += splitTokens(message.result).length;
    else for (const part of message.parts) if (part.type === "text") tokens += splitTokens(part.text).length;
  }
  return tokens;
}
