/** What viewers of an agent may see: everything else is hidden, in events and in messages alike. */
import type { LogEntry, Message, MessageBlock, ToolBlock, Usage, WireError } from "../../protocol/index.ts";

/** The agent's `show`: what is not listed as true is hidden. Text, refusals and sources are always shown. */
export interface Audience {
  readonly reasoning: boolean;
  readonly toolArguments: boolean;
  readonly toolResults: boolean;
  readonly usage: boolean;
  readonly cost: boolean;
  readonly model: boolean;
  /** Why an attempt went where it went. */
  readonly route: boolean;
}

/** What an entry is to this audience: itself, a reduced copy, or null. */
export function showEntry(entry: LogEntry, audience: Audience): LogEntry | null {
  switch (entry.type) {
    case "attempt.start": {
      const { route: _route, ...rest } = entry;
      const attempt = audience.route ? entry : rest;
      return audience.model ? attempt : { ...attempt, provider: "", model: "" };
    }
    case "block.start":
      return entry.kind === "reasoning" && !audience.reasoning ? null : entry;
    case "delta":
      if (entry.kind === "reasoning") return audience.reasoning ? entry : null;
      return entry.kind === "tool" && !audience.toolArguments ? null : entry;
    case "block.end": {
      // The end of a hidden block changes nothing in a message that does not have it.
      if (entry.args === undefined || audience.toolArguments) return entry;
      const { args: _args, ...rest } = entry;
      return rest;
    }
    case "tool.end": {
      if (audience.toolResults) return entry;
      const { result: _result, error: _error, ...rest } = entry;
      return rest;
    }
    case "usage":
      return audience.usage ? showUsage(entry, audience) : null;
    case "stream.end":
      return { ...showFailure(entry, audience), usage: audience.usage ? showUsage(entry.usage, audience) : NO_USAGE };
    case "attempt.end":
      return showFailure(entry, audience);
    case "stream.start":
    case "step.start":
    case "tool.start":
    case "source":
    case "reset":
    case "step.end":
      return entry;
  }
}

/** The same for a folded message: what folding the shown entries gives. */
export function showMessage(message: Message, audience: Audience): Message {
  return {
    ...message,
    ...(audience.model ? {} : { provider: "", model: "" }),
    ...(message.end === undefined ? {} : { end: showFailure(message.end, audience) }),
    blocks: message.blocks.flatMap((block) => showBlock(block, audience)),
    usage: audience.usage ? showUsage(message.usage, audience) : NO_MESSAGE_USAGE,
    usageByAttempt: audience.usage
      ? Object.fromEntries(
          Object.entries(message.usageByAttempt).map(([attempt, usage]) => [attempt, showUsage(usage, audience)]),
        )
      : {},
  };
}

/** Errors whose message says in general terms what happened and, after a colon, what a provider or the route said of it. */
const DETAILED = /^(?:provider_|context_overflow|circuit_open|capacity|budget_exhausted)/;

/** The details name models, keys by number, figures. */
function showFailure<Part extends { readonly error?: WireError }>(part: Part, { model }: Audience): Part {
  const { error } = part;
  if (model || error === undefined || !DETAILED.test(error.code)) return part;
  return { ...part, error: { ...error, message: error.message.replace(/: .*$/s, "") } };
}

const NO_USAGE: Usage = { input: 0, output: 0, final: false };
const NO_MESSAGE_USAGE = { ...NO_USAGE, reasoning: 0, cacheRead: 0, cacheWrite: 0 };

function showUsage<Part extends Usage>(usage: Part, audience: Audience): Part {
  if (audience.cost || usage.costUsd === undefined) return usage;
  const { costUsd: _costUsd, priceTable: _priceTable, ...rest } = usage;
  return rest as Part;
}

/** The page that runs a call, and the person who decides about one, see what it is about. */
const isAsked = ({ runsOn, approval }: ToolBlock): boolean => runsOn === "page" || approval === true;

function showBlock(block: MessageBlock, audience: Audience): readonly MessageBlock[] {
  if (block.kind === "reasoning") return audience.reasoning ? [block] : [];
  if (block.kind !== "tool") return [block];
  const { result, error, ...call } = block;
  return [
    {
      ...call,
      ...(audience.toolArguments ? {} : { args: isAsked(block) ? block.args : undefined, argsText: "" }),
      ...(audience.toolResults && result !== undefined ? { result } : {}),
      ...(audience.toolResults && error !== undefined ? { error } : {}),
    },
  ];
}
