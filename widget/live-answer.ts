/** Follows one answer and shows it, at most once per animation frame, until its end is on screen. */
import type { Message, StatusNote } from "../protocol/index.ts";
import type { AssistantMessage } from "./chat.ts";
import type { Client } from "./client.ts";
import { isUnseen, nextFrame } from "./next-frame.ts";
import { readMessage } from "./read-message.ts";
import { ShownAnswer } from "./shown-answer.ts";

export interface LiveAnswerOptions {
  readonly parent: string | null;
  /** True shows everything at once. Asked at each frame. */
  readonly isInstant: () => boolean;
  readonly onShown: (now: AssistantMessage, before: AssistantMessage) => void;
  readonly onStatus: (note: StatusNote) => void;
  readonly onDivergence: () => void;
  readonly signal: AbortSignal;
}

/**
 * Resolves to the message as it ended and was shown, or as far as it came when the signal aborts.
 * @param message what has been read of it already; its cursor is where reading goes on
 * @throws {StreamError} when the proxy will not give the rest
 */
export async function showAnswer(client: Client, message: Message, options: LiveAnswerOptions): Promise<Message> {
  const { parent, isInstant, onShown, onStatus, onDivergence, signal } = options;
  const answer = new ShownAnswer(message, parent);
  let painting: Promise<void> | null = null;

  const paint = async (): Promise<void> => {
    do {
      await nextFrame();
      const before = answer.shown;
      const now = answer.show(performance.now(), isUnseen() || isInstant());
      if (signal.aborted) return;
      onShown(now, before);
    } while (answer.isBehind);
    painting = null;
  };

  const feed = client.follow(message.stream, { after: message.cursor, signal, onStatus });
  for await (const reading of readMessage(feed, message, onDivergence)) {
    answer.arrive(reading.message, reading.entries, performance.now());
    // What arrives until the next frame waits in the buffer and is folded in one go.
    const frame = nextFrame();
    painting ??= paint();
    if (answer.arrived.end === undefined) await frame;
  }
  await painting;
  return answer.arrived;
}
