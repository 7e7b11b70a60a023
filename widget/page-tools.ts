/** Tools a page offers, and what the model is told of them. */
import { invalid } from "../protocol/index.ts";
import type { PageTool as ToolDeclaration } from "../protocol/index.ts";

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

/** What the proxy is told with a start. @throws {StreamError} `invalid_request` naming the tool and what is wrong */
export const declareTools = (tools: PageTools): readonly ToolDeclaration[] =>
  Object.entries(tools).map(([name, { description, parameters = { type: "object" }, run }]) => {
    if (!/^[\w-]{1,64}$/.test(name)) throw invalid(`tools.${name}`, name, "a name of letters, digits, _ and -");
    if (typeof run !== "function") throw invalid(`tools.${name}.run`, run, "a function");
    if (typeof description !== "string") throw invalid(`tools.${name}.description`, description, "a text");
    return { name, description, parameters };
  });
