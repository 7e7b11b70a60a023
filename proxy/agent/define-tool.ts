/** `defineTool()`: something a model may have done on the proxy. */
import { toolSchema } from "./tool-schema.ts";
import type { JsonSchema, StandardSchema, ToolSchema } from "./tool-schema.ts";

export interface ToolContext {
  /** Aborts when the answer is stopped and when the tool's time is up. Whatever the tool does after that is ignored. */
  readonly signal: AbortSignal;
  /** Id of the stream whose model calls. */
  readonly stream: string;
}

interface ToolOptions {
  /** Tells the model what the tool does and when to call it. */
  readonly description: string;
  /** `always`: a person says yes to each call before it runs. @default "never" */
  readonly approval?: "never" | "always";
  /** Milliseconds a call may take. @default 60000 */
  readonly timeoutMs?: number;
  /** Running a call twice does no harm: it may be run again when nobody knows whether it ran. @default false */
  readonly idempotent?: boolean;
}

export interface JsonTool<Args> extends ToolOptions {
  /** JSON Schema of the arguments: of an object. Drafts 6 and 7 when `$schema` says so, else 2020-12. */
  readonly parameters: JsonSchema;
  /** Returns anything that JSON can hold. @throws {ToolError} to tell the model what went wrong. */
  run(args: Args, context: ToolContext): unknown;
}

export interface StandardTool<Args> extends ToolOptions {
  /** A Standard Schema (zod, valibot, arktype …) of the arguments; `run` gets what it makes of them. */
  readonly parameters: StandardSchema<Args>;
  /** JSON Schema of `parameters`, for a library that does not say it itself. */
  readonly toJSONSchema?: () => JsonSchema;
  /** Returns anything that JSON can hold. @throws {ToolError} to tell the model what went wrong. */
  run(args: Args, context: ToolContext): unknown;
}

type AnyTool = ToolOptions & {
  readonly parameters: JsonSchema | StandardSchema;
  readonly toJSONSchema?: () => JsonSchema;
  run(args: never, context: ToolContext): unknown;
};

/** The message reaches the model, and viewers where the agent shows results. Of any other error neither sees a word. */
export class ToolError extends Error {
  override readonly name = "ToolError";
}

/** True for a ToolError of any copy of this package. */
export const isToolError = (thrown: unknown): thrown is ToolError =>
  thrown instanceof Error && thrown.name === "ToolError";

/** A person who waits for an answer does not wait longer for a part of it. */
const DEFAULT_TIMEOUT_MS = 60_000;
/** The longest `setTimeout` there is would fire at once. */
const MAX_TIMEOUT_MS = 86_400_000;

/** Marks a tool for whichever copy of this package reads it: a configuration file may bring its own. */
const BRAND = Symbol.for("ai-stream.tool");

/** What `defineTool()` returns; goes into `agents.NAME.tools`. */
export class Tool {
  readonly [BRAND] = true;
  readonly description: string;
  readonly parameters: JsonSchema;
  readonly check: ToolSchema["check"];
  readonly run: (args: unknown, context: ToolContext) => unknown;
  readonly approval: "never" | "always";
  readonly timeoutMs: number;
  readonly idempotent: boolean;

  constructor(options: ToolOptions, { parameters, check }: ToolSchema, run: Tool["run"]) {
    this.description = options.description;
    this.parameters = parameters;
    this.check = check;
    this.run = run;
    this.approval = options.approval ?? "never";
    this.timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.idempotent = options.idempotent ?? false;
  }
}

export const isTool = (value: unknown): value is Tool =>
  typeof value === "object" && value !== null && (value as Partial<Tool>)[BRAND] === true;

/**
 * Defines a tool of an agent.
 *
 *     defineTool({
 *       description: "The weather in a city, today",
 *       parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
 *       run: ({ city }, { signal }) => fetchWeather(city, signal),
 *     })
 *
 * @throws {TypeError} naming the field that is wrong.
 */
export function defineTool<Args>(tool: StandardTool<Args>): Tool;
export function defineTool<Args = Record<string, unknown>>(tool: JsonTool<Args>): Tool;
export function defineTool(tool: AnyTool): Tool {
  const { description, parameters, approval, timeoutMs, toJSONSchema } = tool;
  if (typeof description !== "string" || description.trim() === "") throw wrong("description", "a text for the model");
  if (typeof parameters !== "object" || parameters === null) {
    // A schema of arktype is a function; anything else that is one has no `~standard`.
    if (typeof parameters !== "function" || !("~standard" in parameters)) throw wrong("parameters", "a schema");
  }
  if (typeof tool.run !== "function") throw wrong("run", "a function");
  if (approval !== undefined && approval !== "never" && approval !== "always") {
    throw wrong("approval", '"never" or "always"');
  }
  if (timeoutMs !== undefined && !(Number.isInteger(timeoutMs) && timeoutMs >= 1 && timeoutMs <= MAX_TIMEOUT_MS)) {
    throw wrong("timeoutMs", `a whole number of milliseconds from 1 to ${MAX_TIMEOUT_MS}`);
  }
  return new Tool(tool, toolSchema(parameters, toJSONSchema), (args, context) => tool.run(args as never, context));
}

const wrong = (field: string, expected: string): TypeError =>
  new TypeError(`defineTool: ${field}: found another value, expected ${expected}`);
