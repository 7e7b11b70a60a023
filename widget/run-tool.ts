/** What runs in the page when a model calls one of its tools. */
import type { ToolOutcome } from "../protocol/index.ts";
import type { PageTool } from "./page-tools.ts";

/** Far above what a model should read at once; the proxy cuts earlier. */
const RESULT_CHARS = 262_144;
/** The proxy takes 4,096. */
const ERROR_CHARS = 1_000;

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
