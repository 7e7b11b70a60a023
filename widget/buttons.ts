/** What the buttons inside the element do. One listener serves all: those in settled text belong to no template. */
import { visibleText } from "../protocol/index.ts";
import type { ChatMessage } from "./chat.ts";
import type { StreamController } from "./stream-controller.ts";
import { codeBeside, copyText } from "./view/copy.ts";

export interface ButtonContext {
  readonly chat: Pick<StreamController, "stop" | "retry" | "regenerate" | "reconnect" | "approve" | "deny">;
  /** The messages as drawn, in order. */
  readonly drawn: readonly ChatMessage[];
  readonly jump: () => void;
  /** Asks for the rest of an answer that was cut. */
  readonly goOn: () => Promise<void>;
  /** Tells people who listen that something was copied. */
  readonly onCopied: () => void;
}

/** Does what the button under a click asks for; a click elsewhere does nothing. */
export async function press(event: Event, { chat, drawn, jump, goOn, onCopied }: ButtonContext): Promise<void> {
  const button = (event.target as Element).closest<HTMLElement>("button[data-do]");
  if (button === null) return;
  try {
    switch (button.dataset["do"]) {
      case "stop":
        return await chat.stop();
      case "retry":
        return await chat.retry();
      case "continue":
        return await goOn();
      case "regenerate":
        return await chat.regenerate();
      case "reconnect":
        return chat.reconnect();
      case "approve":
        return await chat.approve(button.dataset["call"] ?? "");
      case "deny":
        return await chat.deny(button.dataset["call"] ?? "");
      case "jump":
        return jump();
      case "code":
        await copyText(codeBeside(button), button);
        break;
      case "answer":
        await copyText(textOf(drawn[articlesBefore(button)]), button);
        break;
      default:
        return;
    }
    button.dataset["done"] = "";
    onCopied();
  } catch {
    // What the conversation refused is shown in it and told by an event; what was not copied is not marked as copied.
  }
}

function articlesBefore(button: HTMLElement): number {
  const article = button.closest("article");
  return article === null ? -1 : [...(article.parentElement?.querySelectorAll("article") ?? [])].indexOf(article);
}

const textOf = (message: ChatMessage | undefined): string =>
  message?.role === "assistant" ? visibleText(message) : "";
