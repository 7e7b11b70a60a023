/** A question in the making once more: Enter sends, Shift+Enter begins a line, Escape leaves it as it was. */
import type { WordKit } from "./desk-host.ts";

export interface EditState {
  readonly id: string;
  readonly draft: string;
  /** Why it was not taken; empty while all is well. */
  readonly refused: string;
}

export interface EditActions {
  onDraft(draft: string): void;
  onSend(): void;
  onCancel(): void;
}

export function editForm(kit: WordKit, { draft, refused }: EditState, actions: EditActions): unknown {
  const { html, nothing, live, words } = kit;
  const onKey = (event: KeyboardEvent): void => {
    const isSend = event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229;
    if (!isSend && event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    if (isSend) actions.onSend();
    else actions.onCancel();
  };
  return html`<form part="edit" class="edit" @submit=${(event: Event) => event.preventDefault()}>
    <div class="grow" data-text=${draft}>
      <textarea
        rows="1"
        aria-label=${words.editMessage}
        .value=${live(draft)}
        @input=${(event: Event) => actions.onDraft((event.target as HTMLTextAreaElement).value)}
        @keydown=${onKey}
      ></textarea>
    </div>
    ${refused === "" ? nothing : html`<p class="error" role="alert">${refused}</p>`}
    <div class="decision">
      <button type="button" @click=${() => actions.onCancel()}>${words.cancel}</button>
      <button type="button" class="yes" ?disabled=${draft.trim() === ""} @click=${() => actions.onSend()}>
        ${words.send}
      </button>
    </div>
  </form>`;
}
