/** The demo provider as an agent: calls what it is offered, two tools at a time, then says what came back. */
import { fieldsOf } from "./fields.ts";
import type { ProviderMessage, ProviderRequest, ToolDeclaration } from "./provider.ts";

export interface AgentTurn {
  readonly text: string;
  readonly calls: readonly { readonly name: string; readonly args: Record<string, unknown> }[];
}

/** Calls of one step. */
const CALLS = 2;
/** More would be a demonstration of patience. */
const CALLING_STEPS = 2;

/** What the agent says and calls now; null for a question that is not for it. */
export function agentTurn({ messages, tools }: ProviderRequest, question: string): AgentTurn | null {
  if (tools.length === 0 || !/\bagent\b/iu.test(question)) return null;
  const since = messages.slice(messages.findLastIndex(({ role }) => role === "user") + 1);
  const step = since.filter(isCalling).length;
  const next = step < CALLING_STEPS ? tools.slice(step * CALLS, (step + 1) * CALLS) : [];
  if (next.length === 0) return { text: report(since), calls: [] };
  const names = next.map(({ name }) => `\`${name}\``).join(" and ");
  const text = step === 0 ? `I begin with ${names}.` : `Now ${names}.`;
  return { text, calls: next.map((tool) => ({ name: tool.name, args: exampleArgs(tool) })) };
}

const isCalling = (message: ProviderMessage): boolean =>
  message.role === "assistant" && message.parts.some(({ type }) => type === "tool-call");

function report(since: readonly ProviderMessage[]): string {
  const lines = since.flatMap((message) =>
    message.role === "tool" ? [`- \`${message.name}\` ${message.ok ? "answered" : "failed"}: ${message.result}`] : [],
  );
  return `That is what came back:\n\n${lines.join("\n")}\n\nI am only a script, so I leave the conclusions to you.`;
}

/** Arguments that fit the usual schema: what it suggests itself, else something of the right type. */
function exampleArgs({ parameters }: ToolDeclaration): Record<string, unknown> {
  const properties = Object.entries(fieldsOf(parameters["properties"]));
  return Object.fromEntries(properties.map(([name, schema]) => [name, exampleOf(fieldsOf(schema))]));
}

function exampleOf(schema: Readonly<Record<string, unknown>>): unknown {
  for (const suggested of [schema["default"], schema["const"], schema["examples"], schema["enum"]]) {
    if (suggested !== undefined) return Array.isArray(suggested) ? suggested[0] : suggested;
  }
  switch (schema["type"]) {
    case "integer":
    case "number":
      return typeof schema["minimum"] === "number" ? schema["minimum"] : 3;
    case "boolean":
      return true;
    case "array":
      return [];
    case "object":
      return {};
    default:
      return "Lisbon";
  }
}
