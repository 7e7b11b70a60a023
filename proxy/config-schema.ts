/** The configuration's form: keys, types, bounds and defaults (docs/config.md). Unknown keys are mistakes. */
import { z } from "zod";
import { isTool } from "./agent/define-tool.ts";
import type { Tool } from "./agent/define-tool.ts";

const text = z.string().min(1);
const ms = z.int().min(0);
const positiveMs = z.int().min(1);
const count = z.int().min(1);
const usd = z.number().min(0);
/** Only their proportion counts. */
const weight = z.number().gt(0).max(1_000_000);
const httpUrl = z.url({ protocol: /^https?$/, error: "an http(s) URL" });

const timers = z.strictObject({
  connectMs: ms.optional(),
  firstContentMs: ms.optional(),
  livenessMs: ms.optional(),
  betweenContentMs: ms.optional(),
});

/** US dollars per million tokens. */
const price = z.strictObject({ input: usd, output: usd, cacheRead: usd.optional(), cacheWrite: usd.optional() });

/** What a model can take and costs, where the proxy cannot know it. */
const modelFacts = z.strictObject({
  /** Input and output together. */
  contextTokens: count.optional(),
  images: z.boolean().optional(),
  tools: z.boolean().optional(),
  prices: price.optional(),
});

/** A pool: calls take turns, a key of weight 3 three times as often as one of weight 1. */
const apiKeys = z
  .array(
    z.union([text, z.strictObject({ key: text, weight: weight.optional() })], { error: "a key or { key, weight }" }),
  )
  .min(1);

const common = {
  prices: z.record(text, price).optional(),
  models: z.record(text, modelFacts).optional(),
  timers: timers.optional(),
  headers: z.record(text, z.string()).optional(),
  maxConcurrent: count.optional(),
};
const keyed = {
  ...common,
  baseUrl: httpUrl.optional(),
  apiKey: text.optional(),
  apiKeys: apiKeys.optional(),
};

/** Only that API keeps an answer. */
function checkBackground(api: string, background: boolean | undefined, context: z.RefinementCtx): void {
  if (background !== true || api === "responses") return;
  const message = 'false unless api is "responses"';
  context.addIssue({ code: "custom", path: ["background"], input: background, message });
}

const provider = z.discriminatedUnion("kind", [
  z
    .strictObject({
      kind: z.literal("openai"),
      ...keyed,
      api: z.enum(["responses", "chat"]).optional(),
      background: z.boolean().optional(),
    })
    .superRefine(({ api = "responses", background }, context) => checkBackground(api, background, context)),
  z.strictObject({ kind: z.literal("anthropic"), ...keyed }),
  z.strictObject({
    kind: z.literal("bedrock"),
    ...common,
    region: text.optional(),
    api: z.enum(["converse", "invoke"]).optional(),
    endpoint: httpUrl.optional(),
    apiKey: text.optional(),
    apiKeys: apiKeys.optional(),
    accessKeyId: text.optional(),
    secretAccessKey: text.optional(),
    sessionToken: text.optional(),
  }),
  z.strictObject({ kind: z.literal("groq"), ...keyed }),
  z.strictObject({ kind: z.literal("cerebras"), ...keyed }),
  z.strictObject({ kind: z.literal("deepseek"), ...keyed }),
  z.strictObject({ kind: z.literal("ollama"), ...keyed }),
  z
    .strictObject({
      kind: z.literal("openai-compatible"),
      ...keyed,
      baseUrl: httpUrl,
      api: z.enum(["chat", "responses"]).optional(),
      background: z.boolean().optional(),
    })
    .superRefine(({ api = "chat", background }, context) => checkBackground(api, background, context)),
  z.strictObject({ kind: z.literal("ag-ui"), ...common, url: httpUrl }),
  z.strictObject({ kind: z.literal("demo"), ...common }),
]);

const show = z.strictObject({
  reasoning: z.boolean().default(false),
  toolArguments: z.boolean().default(false),
  toolResults: z.boolean().default(false),
  usage: z.boolean().default(true),
  cost: z.boolean().default(false),
  model: z.boolean().default(true),
  route: z.boolean().default(false),
});

const modelName = z.string().regex(/^[^/]+\/.+$/, { error: "'provider/model'" });

/** Where one has a weight, first choices are drawn in proportion, and 1 is the others'. */
const modelEntry = z.union([modelName, z.strictObject({ model: modelName, weight: weight.optional() })], {
  error: "'provider/model' or { model, weight }",
});

const agent = z.strictObject({
  instructions: z.string().optional(),
  greeting: z.string().optional(),
  starters: z.array(text).default([]),
  models: z.array(modelEntry).min(1),
  route: z.enum(["order", "fastest", "cheapest"]).default("order"),
  limits: z.strictObject({ maxFirstTokenMs: positiveMs.optional(), maxCostUsd: usd.optional() }).default({}),
  maxOutputTokens: count.optional(),
  temperature: z.number().min(0).max(2).optional(),
  reasoning: z.enum(["none", "low", "medium", "high"]).optional(),
  maxSteps: count.default(8),
  tools: z
    .record(
      z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, { error: "letters, digits, _ and -" }),
      z.custom<Tool>(isTool, { error: "what defineTool() returns" }),
    )
    .default({}),
  /** A person reads, thinks and decides within this; an abandoned page holds the stream no longer. */
  toolWaitMs: z.int().min(1).max(86_400_000).default(300_000),
  show: show.prefault({}),
  pageMay: z.array(z.enum(["tools", "instructions", "model", "temperature", "history"])).default([]),
  /** What becomes of a partial answer whose provider failed. */
  onPartial: z.enum(["auto", "end"]).default("auto"),
  /** Whether a second target is asked when the first is slow to speak; `true` after two seconds. */
  hedge: z.union([z.boolean(), z.strictObject({ afterMs: positiveMs })]).default(false),
  /** Said, and marked as such, when no model can be reached. */
  fallbackText: text.optional(),
  orphanPolicy: z
    .union([z.enum(["finish", "detached"]), z.strictObject({ cancelAfterMs: positiveMs })])
    .default("finish"),
  budget: z.strictObject({ usdPerAnswer: usd }).optional(),
});

const visitorLimits = z.strictObject({
  streamsPerMinute: count.optional(),
  concurrent: count.optional(),
  usdPerDay: usd.optional(),
});

const secretText = z.string().min(16, { error: "at least 16 characters" });

const access = z.strictObject({
  origins: z.array(z.union([z.literal("*"), httpUrl])).default([]),
  anonymous: z.boolean().default(true),
  secret: secretText.optional(),
  jwks: httpUrl.optional(),
  perVisitor: visitorLimits.optional(),
  perAddress: visitorLimits.optional(),
  trustedProxies: z.int().min(0).max(10).default(0),
  total: z.strictObject({ usdPerDay: usd }).optional(),
  proofOfWork: z.enum(["auto", "always", "never"]).optional(),
  paused: z.boolean().default(false),
});

const resilience = z.strictObject({
  attempts: count.default(4),
  afterContent: z.int().min(0).default(1),
  // Without a default here: what is not written depends on the model (proxy/route/timers.ts).
  connectMs: ms.optional(),
  firstContentMs: ms.optional(),
  livenessMs: ms.optional(),
  betweenContentMs: ms.optional(),
  totalMs: positiveMs.default(600_000),
  breaker: z
    .strictObject({
      failures: count.optional(),
      windowMs: positiveMs.optional(),
      halfOpenAfterMs: positiveMs.optional(),
    })
    .optional(),
  leaseMs: z.int().min(300).default(15_000),
  // Below what orchestrators commonly wait before they kill, 30 s.
  drainMs: ms.default(25_000),
});

const ratio = z.number().gt(0).max(1);

const backpressure = z
  .strictObject({
    capacityEvents: count.default(1_000),
    high: ratio.default(0.8),
    low: ratio.default(0.3),
    maxTokensPerSecond: z.number().min(0).default(0),
    maxLeadEvents: count.default(20_000),
    flushMs: z.int().min(0).max(1_000).default(20),
  })
  .refine(({ high, low }) => low < high, { path: ["low"], error: "less than backpressure.high" });

const delivery = z.strictObject({
  heartbeatMs: z.int().min(100).default(15_000),
  windowBytes: z.int().min(4_096).default(262_144),
  rotateMs: positiveMs.default(600_000),
});

const retention = z.strictObject({
  streamsHours: z.number().gt(0).default(24),
  conversationsDays: z.number().gt(0).default(30),
  eventsBytesPerStream: count.default(4_194_304),
});

const limits = z.strictObject({
  requestBytes: count.default(1_048_576),
  inputChars: count.default(32_000),
  attachmentsBytes: z.int().min(0).default(8_388_608),
  toolResultChars: z.int().min(100).default(32_000),
});

/** Keys of the contract that this version checks but does not act on; setting one is told in the log. */
export const NOT_YET: readonly string[] = ["access.jwks", "access.proofOfWork"];

export const configSchema = z.strictObject({
  host: text.default("127.0.0.1"),
  port: z.int().min(0).max(65_535).default(8787),
  store: z
    .string()
    .regex(/^sqlite:.+$|^rediss?:\/\/.+$/, { error: "'sqlite:FILE', 'sqlite::memory:' or 'redis://HOST:PORT/0'" })
    .default("sqlite:./ai-stream.db"),
  providers: z.record(z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, { error: "letters, digits, _ and -" }), provider),
  agents: z.record(z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, { error: "letters, digits, _ and -" }), agent),
  access: access.prefault({}),
  resilience: resilience.prefault({}),
  backpressure: backpressure.prefault({}),
  delivery: delivery.prefault({}),
  retention: retention.prefault({}),
  limits: limits.prefault({}),
});

/** What a person writes: every key optional, `"$NAME"` for a value from the environment. */
export type ConfigInput = {
  readonly [Key in keyof z.input<typeof configSchema>]?: z.input<typeof configSchema>[Key];
};

/** What the proxy runs with: complete and valid. */
export type Config = z.output<typeof configSchema>;
export type AgentConfig = Config["agents"][string];
export type ProviderConfig = Config["providers"][string];
/** `provider/model`, alone or with its weight. */
export type ModelEntry = AgentConfig["models"][number];
