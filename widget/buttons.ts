/** What the buttons inside the element do. One listener serves all: those in settled text belong to no template. */
import type { Extras } from "./extras.ts";
import type { StreamController } from "./stream-controller.ts";

export interface ButtonContext {
  readonly chat: Pick<StreamController, "stop" | "retry" | "reconnect">;
  readonly extras: Extras;
  readonly jump: () => void;
  /** Asks for the rest of an answer that was cut. */
  readonly goOn: () => Promise<void>;
}

/** Does what the button under a click asks for; a click elsewhere does nothing. */
export async function press(event: Event, { chat, extras, jump, goOn }: ButtonContext): Promise<void> {
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
      case "reconnect":
        return chat.reconnect();
      case "jump":
        return jump();
      default:
        if (extras.desk === null) await extras.parts.load("desk");
        await extras.desk?.press(button);
    }
  } catch {
    // What the conversation refused is shown in it and told by an event; what was not copied is not marked as copied.
  }
}
