/** Tool calls arrive in fragments that may lack their index, their id or, at first, their name: puts them together. */
import type { BlockWriter } from "./block-writer.ts";
import { fieldsOf, textOf } from "./fields.ts";
import type { Fields } from "./fields.ts";
import type { ProviderEvent } from "./provider.ts";

interface Call {
  readonly index: number | null;
  readonly id: string;
  name: string;
  /** Null until the name is known; fragments wait in `pending`. */
  block: number | null;
  pending: string;
}

export class ToolFragments {
  readonly #blocks: BlockWriter;
  readonly #mintId: () => string;
  readonly #calls: Call[] = [];

  constructor(blocks: BlockWriter, mintId: () => string) {
    this.#blocks = blocks;
    this.#mintId = mintId;
  }

  add(fragments: readonly Fields[], events: ProviderEvent[]): void {
    for (const fragment of fragments) {
      const called = fieldsOf(fragment["function"]);
      const name = textOf(called["name"]);
      const call = this.#find(fragment, name);
      if (call.name === "") call.name = name;
      const { arguments: args } = called;
      const text = typeof args === "string" ? args : args === undefined || args === null ? "" : JSON.stringify(args);
      if (call.name === "") call.pending += text;
      else this.#write(call, text, events);
    }
  }

  /** At the end: a call whose name never came is shown without one. */
  open(events: ProviderEvent[]): void {
    for (const call of this.#calls) if (call.block === null) this.#write(call, "", events);
  }

  #write(call: Call, text: string, events: ProviderEvent[]): void {
    call.block ??= this.#blocks.startTool(call.name, call.id, events);
    this.#blocks.toolArgs(call.block, call.pending + text, events);
    call.pending = "";
  }

  /**
   * By index where there is one, else by id, else the latest. Another id together with a name at a known index is
   * another call: some servers count every call as 0.
   */
  #find(fragment: Fields, name: string): Call {
    const index = typeof fragment["index"] === "number" ? fragment["index"] : null;
    const id = textOf(fragment["id"]);
    const known = this.#calls.findLast((call) =>
      index !== null ? call.index === index : id !== "" ? call.id === id : true,
    );
    const another =
      known === undefined ||
      (name !== "" && known.name !== "" && (index === null ? id === "" : id !== "" && id !== known.id));
    if (!another) return known;
    const call: Call = { index, id: id || this.#mintId(), name: "", block: null, pending: "" };
    this.#calls.push(call);
    return call;
  }
}
