/** What an empty conversation shows: the agent's greeting and ways to begin. */
import { html, nothing } from "lit";
import type { AgentNote } from "../chat.ts";
import type { Labels } from "../labels.ts";

/** @param onStart `nothing` where nothing may be asked: then no starters */
export const welcome = (
  agent: AgentNote | null,
  labels: Labels,
  onStart: ((text: string) => void) | typeof nothing,
): unknown =>
  html`<div part="welcome" class="welcome">
    <slot name="welcome"><p part="greeting">${agent?.greeting ?? labels.greeting}</p></slot>
    <div class="starters">
      ${
        onStart === nothing
          ? nothing
          : agent?.starters?.map(
              (text) => html`<button type="button" part="starter" @click=${() => onStart(text)}>${text}</button>`,
            )
      }
    </div>
  </div>`;
