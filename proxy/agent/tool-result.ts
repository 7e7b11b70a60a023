/** What a tool returned → what its event holds and what the model reads: JSON, bounded in size. */
import { ToolError } from "./define-tool.ts";

/**
 * A copy of the value as JSON holds it. What is longer than `maxChars` becomes text, cut, with a note that says so.
 * @throws {ToolError} for what JSON cannot hold.
 */
export function boundedResult(value: unknown, maxChars: number): unknown {
  if (typeof value === "string") return cut(value, maxChars);
  let text: string;
  try {
    text = JSON.stringify(value) ?? "null";
  } catch {
    throw new ToolError("The tool returned something that is not JSON");
  }
  return text.length <= maxChars ? (JSON.parse(text) as unknown) : cut(text, maxChars);
}

/** What the model reads of a result. */
export const resultText = (result: unknown): string =>
  typeof result === "string" ? result : (JSON.stringify(result) ?? "null");

const cut = (text: string, maxChars: number): string =>
  text.length <= maxChars
    ? text
    : `${text.slice(0, maxChars).toWellFormed()}\n[Cut: these are the first ${maxChars} of ${text.length} characters.]`;
