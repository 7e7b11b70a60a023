/** OpenRouter's structured reasoning: collected from fragments, sent back as it came on the next turn. */
import { textOf } from "./fields.ts";
import type { Fields } from "./fields.ts";
import type { ProviderEvent } from "./provider.ts";

export class ReasoningDetails {
  readonly #details: Record<string, unknown>[] = [];

  /** Returns the readable text of these fragments. */
  add(fragments: readonly Fields[]): string {
    let text = "";
    for (const fragment of fragments) {
      const last = this.#details.at(-1);
      const field = fragment["type"] === "reasoning.summary" ? "summary" : "text";
      text += textOf(fragment[field]);
      const continues = last?.["type"] === fragment["type"] && last?.["index"] === fragment["index"];
      if (last === undefined || !continues || fragment["type"] === "reasoning.encrypted") {
        this.#details.push({ ...fragment });
        continue;
      }
      const joined = textOf(last[field]) + textOf(fragment[field]);
      Object.assign(last, withoutEmpty(fragment));
      if (joined !== "") last[field] = joined;
    }
    return text;
  }

  end(events: ProviderEvent[]): void {
    if (this.#details.length > 0) events.push({ type: "native", value: { reasoning_details: this.#details } });
  }
}

/** A later fragment adds a signature; its empty fields take nothing away. */
const withoutEmpty = (fragment: Fields): Fields =>
  Object.fromEntries(Object.entries(fragment).filter(([, value]) => value !== null && value !== ""));
