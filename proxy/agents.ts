/** The configured agents: which models answer, what viewers see, what a page may set. */
import { MAX_ATTACHMENTS, StreamError } from "../protocol/index.ts";
import type { StartRequest } from "../protocol/index.ts";
import type { Answer } from "./agent/loop.ts";
import { checkPageTools, StreamTools } from "./agent/stream-tools.ts";
import type { ToolInbox } from "./agent/tool-inbox.ts";
import type { AgentConfig, Config } from "./config-schema.ts";
import type { Audience } from "./delivery/audience.ts";
import type { ProviderMessage } from "./provider/provider.ts";
import type { Route } from "./route/route.ts";
import type { Router } from "./route/router.ts";
import type { Target } from "./route/target.ts";
import type { Meter } from "./spend/meter.ts";
import type { Targets } from "./targets.ts";

/** What anybody may know of an agent. */
export interface AgentNote {
  readonly name: string;
  readonly greeting?: string;
  readonly starters: readonly string[];
  /** Said beside every answer when it must be: `demo provider`. */
  readonly label?: string;
  /** What one message may hold: characters, files, and their decoded bytes together. */
  readonly limits: { readonly inputChars: number; readonly attachments: number; readonly attachmentsBytes: number };
}

/** The stream an answer is for. */
export interface AnswerPlace {
  readonly stream: string;
  readonly conversation: string;
  readonly inbox: ToolInbox;
  /** The purse it is paid from. @param usdPerAnswer undefined without a limit of its own */
  readonly openPurse: (usdPerAnswer: number | undefined) => Promise<Meter>;
  /** Attempts that followed a failure before this process took the stream over. */
  readonly spent?: { readonly attempts: number; readonly afterContent: number };
}

/** Hears what an agent's tool threw: nobody but the operator may see it. */
export type OnToolFailure = (agent: string, stream: string, tool: string, thrown: unknown) => void;

/** A stream whose agent left the configuration shows its text and nothing else. */
const NOTHING_MORE: Audience = {
  reasoning: false,
  toolArguments: false,
  toolResults: false,
  usage: false,
  cost: false,
  model: false,
  route: false,
};

/** Fields of a start that `pageMay` guards, and the word that allows each. */
const GUARDED = ["model", "temperature", "instructions", "history", "tools"] as const;

export class Agents {
  readonly #agents: ReadonlyMap<string, Agent>;

  constructor(config: Config, targets: Targets, router: Router, onToolFailure: OnToolFailure) {
    this.#agents = new Map(
      Object.entries(config.agents).map(([name, agent]) => [
        name,
        new Agent(name, agent, config, targets, router, onToolFailure),
      ]),
    );
  }

  /** The named agent, or the first. @throws {StreamError} `not_found` naming those there are. */
  find(name: string | undefined): Agent {
    const agent = name === undefined ? this.#agents.values().next().value : this.#agents.get(name);
    if (agent !== undefined) return agent;
    throw new StreamError(
      "not_found",
      `agent: found "${name}", expected one of ${[...this.#agents.keys()].join(", ")}`,
      {
        field: "agent",
      },
    );
  }

  audience(name: string): Audience {
    return this.#agents.get(name)?.audience ?? NOTHING_MORE;
  }

  /** True when what an answer has said is never begun again; false for an agent that left the configuration. */
  keepsPartials(name: string): boolean {
    return this.#agents.get(name)?.keepsPartials ?? false;
  }

  notes(): readonly AgentNote[] {
    return [...this.#agents.values()].map((agent) => agent.note());
  }
}

export class Agent {
  readonly name: string;
  readonly #agent: AgentConfig;
  readonly #config: Config;
  readonly #allTargets: Targets;
  readonly #router: Router;
  readonly #onToolFailure: OnToolFailure;
  /** Whom it asks unless the page says otherwise; the same for all of its streams. */
  #usual: readonly Target[] | null = null;

  constructor(
    name: string,
    agent: AgentConfig,
    config: Config,
    targets: Targets,
    router: Router,
    onToolFailure: OnToolFailure,
  ) {
    this.name = name;
    this.#agent = agent;
    this.#config = config;
    this.#allTargets = targets;
    this.#router = router;
    this.#onToolFailure = onToolFailure;
  }

  get audience(): Audience {
    return this.#agent.show;
  }

  get keepsPartials(): boolean {
    return this.#agent.onPartial === "end";
  }

  note(): AgentNote {
    const { greeting, starters } = this.#agent;
    const label = this.#targets(undefined)[0]?.provider.label;
    const { inputChars, attachmentsBytes } = this.#config.limits;
    return {
      name: this.name,
      starters,
      limits: { inputChars, attachments: attachmentsBytes > 0 ? MAX_ATTACHMENTS : 0, attachmentsBytes },
      ...(greeting === undefined ? {} : { greeting }),
      ...(label === undefined ? {} : { label }),
    };
  }

  /** @throws {StreamError} `forbidden` for a field the page may not set, `invalid_request` for an unknown model or a tool's name that is taken. */
  checkAllowed(request: StartRequest): void {
    for (const field of GUARDED) {
      if (request[field] === undefined || this.#agent.pageMay.includes(field)) continue;
      throw new StreamError(
        "forbidden",
        `${field}: found a value, expected none: agent "${this.name}" does not list it in pageMay`,
        {
          field,
        },
      );
    }
    if (request.model !== undefined) this.#targets(request.model);
    checkPageTools(request.tools ?? [], this.#agent.tools);
  }

  /** What to ask whom, with what the page set in place of the agent's own. */
  async answer(request: StartRequest, messages: readonly ProviderMessage[], place: AnswerPlace): Promise<Answer> {
    const { maxOutputTokens, reasoning, maxSteps } = this.#agent;
    const tools = this.#tools(request, place);
    const instructions = request.instructions ?? this.#agent.instructions;
    const temperature = request.temperature ?? this.#agent.temperature;
    const targets = this.#targets(request.model);
    return {
      route: this.#route(request, targets, place.spent),
      targets,
      meter: await place.openPurse(stricter(this.#agent.budget?.usdPerAnswer, request.constraints?.maxCostUsd)),
      maxSteps,
      onPartial: this.#agent.onPartial,
      hedgeAfterMs: hedgeAfterMs(this.#agent.hedge),
      fallbackText: this.#agent.fallbackText ?? null,
      orphanPolicy: this.#agent.orphanPolicy,
      tools,
      request: {
        messages,
        tools: tools.declared,
        conversation: place.conversation,
        ...(instructions === undefined ? {} : { instructions }),
        ...(temperature === undefined ? {} : { temperature }),
        ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
        ...(reasoning === undefined ? {} : { reasoning }),
      },
    };
  }

  #tools(request: StartRequest, { stream, inbox }: AnswerPlace): StreamTools {
    return new StreamTools({
      stream,
      inbox,
      own: this.#agent.tools,
      page: request.tools ?? [],
      waitMs: this.#agent.toolWaitMs,
      resultChars: this.#config.limits.toolResultChars,
      onFailure: (tool, thrown) => this.#onToolFailure(this.name, stream, tool, thrown),
    });
  }

  /** What the page asks for can only be stricter than what the agent is held to. */
  #route({ constraints = {} }: StartRequest, targets: readonly Target[], spent: AnswerPlace["spent"]): Route {
    const { route: strategy, limits } = this.#agent;
    return this.#router.open({
      targets,
      strategy,
      ...(spent === undefined ? {} : { spent }),
      limits: {
        maxFirstTokenMs: stricter(limits.maxFirstTokenMs, constraints.maxFirstTokenMs),
        maxCostUsd: stricter(limits.maxCostUsd, constraints.maxCostUsd),
      },
      lateAfterMs: limits.maxFirstTokenMs,
      budget: this.#config.resilience,
    });
  }

  #targets(model: string | undefined): readonly Target[] {
    const { models, reasoning } = this.#agent;
    if (model !== undefined) return this.#allTargets.find([model], reasoning);
    return (this.#usual ??= this.#allTargets.find(models, reasoning));
  }
}

/** A model that has not spoken by then is slow for whoever waits; most have by a second. */
const HEDGE_AFTER_MS = 2_000;

const hedgeAfterMs = (hedge: AgentConfig["hedge"]): number | null =>
  hedge === false ? null : hedge === true ? HEDGE_AFTER_MS : hedge.afterMs;

const stricter = (one: number | undefined, other: number | undefined): number | undefined =>
  one === undefined ? other : other === undefined ? one : Math.min(one, other);
