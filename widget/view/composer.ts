/** Where the reader writes: Enter sends, Shift+Enter begins a line; one button sends or stops. */
import { html, nothing } from "lit";
import { live } from "lit/directives/live.js";
import type { Labels } from "../labels.ts";
import type { Desk } from "./desk.ts";
import { icon } from "./icons.ts";

export interface ComposerState {
  readonly draft: string;
  readonly placeholder: string;
  /** An answer is on its way: the button stops it. */
  readonly busy: boolean;
  readonly stopping: boolean;
  /** Draws what goes with the text; null until it is loaded. */
  readonly desk: Pick<Desk, "staged" | "tools"> | null;
  readonly onDraft: (text: string) => void;
  readonly onSend: (text: string) => void;
}

export function composer(state: ComposerState, labels: Labels): unknown {
  const { draft, busy, stopping, desk, onDraft, onSend } = state;
  const onKey = (event: KeyboardEvent): void => {
    if (event.key !== "Enter" || event.shiftKey || isComposing(event)) return;
    event.preventDefault();
    // Not `draft`: a fast typist is ahead of the last drawn frame.
    onSend((event.target as HTMLTextAreaElement).value);
  };
  // The replica behind the text area holds the same text and so gives it its height: no measuring, no style attribute.
  const shown = draft || state.placeholder;
  return html`<form part="composer" class=${isLong(shown) ? "composer long" : "composer"} @submit=${prevent}>
    ${desk?.staged() ?? nothing}
    <div class="grow" data-text=${shown}>
      <textarea
        part="input"
        rows="1"
        enterkeyhint="send"
        aria-label=${labels.message}
        placeholder=${state.placeholder}
        .value=${live(draft)}
        @input=${(event: Event) => onDraft((event.target as HTMLTextAreaElement).value)}
        @keydown=${onKey}
      ></textarea>
    </div>
    ${desk?.tools() ?? nothing}
    ${
      busy
        ? html`<button
            type="button"
            part="button stop"
            class="round"
            data-do="stop"
            ?disabled=${stopping}
            aria-label=${labels.stop}
            title=${labels.stop}
          >
            ${icon("stop")}
          </button>`
        : nothing
    }
    ${
      // What is written while an answer is on its way waits for its turn.
      busy && draft.trim() === ""
        ? nothing
        : html`<button
            type="button"
            part="button send"
            class="round"
            ?disabled=${draft.trim() === ""}
            aria-label=${labels.send}
            title=${labels.send}
            @click=${() => onSend(draft)}
          >
            ${icon("send")}
          </button>`
    }
  </form>`;
}

/** More than a narrow composer shows in the line of its buttons. */
const isLong = (text: string): boolean => text.length > 24 || text.includes("\n");

const prevent = (event: Event): void => event.preventDefault();

/** Enter that accepts a word of an input method is not Enter; 229 is what Safari says of it after the fact. */
const isComposing = (event: KeyboardEvent): boolean => event.isComposing || event.keyCode === 229;
