/** Tools a page offers: what the model is told of them, and what runs in the page when it calls one. */
import { invalid } from "../protocol/index.ts";
import type { PageTool as ToolDeclaration, ToolOutcome } from "../protocol/index.ts";

/**
 * ```ts
 * el.tools = {
 *   addToCart: {
 *     description: "Puts an article into the reader's cart",
 *     parameters: { type: "object", properties: { article: { type: "string" } }, required: ["article"] },
 *     run: ({ article }) => cart.add(article),
 *   },
 * };
 * ```
 */
export interface PageTool {
  /** For the model. */
  readonly description: string;
  /** JSON Schema of the arguments; they come from a model, so check what matters. @default any object */
  readonly parameters?: Readonly<Record<string, unknown>>;
  /**
   * Gives the result, as JSON; may be async. What it throws the model is told, by its message. The signal aborts when
   * the answer is stopped, or nobody waits for the result any more.
   */
  run(args: Record<string, unknown>, context: { readonly signal: AbortSignal }): unknown;
}

/** By name: letters, digits, `_` and `-`, at most 64. */
export type PageTools = Readonly<Record<string, PageTool>>;

/** Far above what a model should read at once; the proxy cuts earlier. */
const RESULT_CHARS = 262_144;
/** The proxy takes 4,096. */
const ERROR_CHARS = 1_000;

/** What the proxy is told with a start. @throws {StreamError} `invalid_request` naming the tool and what is wrong */
export const declareTools = (tools: PageTools): readonly ToolDeclaration[] =>
  Object.entries(tools).map(([name, { description, parameters = { type: "object" }, run }]) => {
    if (!/^[\w-]{1,64}$/.test(name)) throw invalid(`tools.${name}`, name, "a name of letters, digits, _ and -");
    if (typeof run !== "function") throw invalid(`tools.${name}.run`, run, "a function");
    if (typeof description !== "string") throw invalid(`tools.${name}.description`, description, "a text");
    return { name, description, parameters };
  });

/** Runs a call to its outcome. Rejects only with the signal's reason. */
export async function runTool(tool: PageTool, args: unknown, signal: AbortSignal): Promise<ToolOutcome> {
  signal.throwIfAborted();
  const aborted = new Promise<never>((_resolve, reject) =>
    signal.addEventListener("abort", () => reject(signal.reason), { once: true }),
  );
  try {
    const running = Promise.resolve(tool.run(args as Record<string, unknown>, { signal }));
    return outcomeOf(await Promise.race([running, aborted]));
  } catch (thrown) {
    signal.throwIfAborted();
    return failed(thrown instanceof Error ? thrown.message : String(thrown));
  }
}

export const failed = (message: string): ToolOutcome => ({ error: message.slice(0, ERROR_CHARS) || "It failed" });

/** @throws {TypeError} for what JSON cannot say */
function outcomeOf(value: unknown): ToolOutcome {
  const { length } = JSON.stringify(value ?? null) ?? "";
  if (length > RESULT_CHARS) return failed(`The result has ${length} characters, expected at most ${RESULT_CHARS}`);
  return { result: value ?? null };
}
