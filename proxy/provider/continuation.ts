/** The continuation of a partial answer: of what was said already, nothing is said again. */
import type { Decoder } from "./decoder.ts";
import type { ProviderEvent } from "./provider.ts";

/** A partial answer as it is sent, and what of it may come back at the start of the continuation. */
export interface Lead {
  readonly sent: string;
  /** Left out where the continuation begins with all of it; empty where no server repeats it. */
  readonly echo: string;
  /** White space that was not sent; as much of it as comes next is left out, since the reader has it. */
  readonly space: string;
}

/** For servers that take any text. */
export const wholeLead = (prefix: string): Lead => ({ sent: prefix, echo: "", space: "" });

/** For servers that refuse white space at the end, or move it to the continuation. */
export function trimmedLead(prefix: string, echoes = false): Lead {
  const sent = prefix.trimEnd();
  return { sent, echo: echoes ? sent : "", space: prefix.slice(sent.length) };
}

/** Reads what follows a lead; text blocks after the first are as they come. */
export function continuation<Frame>(decoder: Decoder<Frame>, lead: Lead): Decoder<Frame> {
  if (lead.echo === "" && lead.space === "") return decoder;
  const start = new Start(lead);
  /** Also when the work throws: what came before the failure is told. */
  const filtered = (events: ProviderEvent[], work: () => void): void => {
    const from = events.length;
    try {
      work();
    } finally {
      if (!start.over) events.push(...events.splice(from).flatMap((event) => start.pass(event)));
    }
  };
  return {
    get complete() {
      return decoder.complete;
    },
    get done() {
      return decoder.done;
    },
    decode: (frame, events) => filtered(events, () => decoder.decode(frame, events)),
    end: (events) => filtered(events, () => decoder.end(events)),
  };
}

/** Watches the first text block until it says something new. */
class Start {
  over = false;
  #block: number | null = null;
  #echo: string;
  #space: string;
  /** Text that so far is all echo. */
  #held = "";

  constructor({ echo, space }: Lead) {
    this.#echo = echo;
    this.#space = space;
  }

  pass(event: ProviderEvent): readonly ProviderEvent[] {
    switch (event.type) {
      case "block.start":
        if (event.kind === "text") this.#block ??= event.block;
        return [event];
      case "delta":
        return this.over || event.block !== this.#block ? [event] : deltas(event.block, this.#news(event.text));
      case "block.end":
        return this.over || event.block !== this.#block ? [event] : [...deltas(event.block, this.#rest()), event];
      default:
        return [event];
    }
  }

  #news(text: string): string {
    this.#held += text;
    if (this.#held.length < this.#echo.length && this.#echo.startsWith(this.#held)) return "";
    const said = this.#held.startsWith(this.#echo) ? this.#held.slice(this.#echo.length) : this.#held;
    this.#echo = this.#held = "";
    return this.#withoutSpace(said);
  }

  #withoutSpace(text: string): string {
    let same = 0;
    while (same < text.length && same < this.#space.length && text[same] === this.#space[same]) same++;
    this.#space = this.#space.slice(same);
    this.over = same < text.length || this.#space === "";
    return text.slice(same);
  }

  /** The block ended in the middle of what looked like the echo: it was none. */
  #rest(): string {
    this.over = true;
    return this.#held;
  }
}

const deltas = (block: number, text: string): readonly ProviderEvent[] =>
  text === "" ? [] : [{ type: "delta", block, text }];
