/** Follows one answer and shows it, at most once per animation frame, until its end is on screen. */
import { isContent } from "../protocol/index.ts";
import type { Message, WireEntry } from "../protocol/index.ts";
import type { AssistantMessage } from "./chat.ts";
import type { ProxyClient } from "./proxy-client.ts";
import { noteOf, noteOfAttempt } from "./connection-view.ts";
import type { Note } from "./connection-view.ts";
import { isUnseen, nextFrame } from "./next-frame.ts";
import { readMessage } from "./read-message.ts";
import { ShownAnswer } from "./shown-answer.ts";

export interface LiveAnswerOptions {
  readonly parent: string | null;
  /** True shows everything at once. Asked at each frame. */
  readonly isInstant: () => boolean;
  readonly onShown: (now: AssistantMessage, before: AssistantMessage) => void;
  /** Null when content came after the last note: that says better that the answer goes on. */
  readonly onNote: (note: Note | null) => void;
  readonly onDivergence: () => void;
  readonly signal: AbortSignal;
}

/**
 * Resolves to the message as it ended and was shown, or as far as it came when the signal aborts.
 * @param message what has been read of it already; its cursor is where reading goes on
 * @throws {StreamError} when the proxy will not give the rest
 */
export async function showAnswer(client: ProxyClient, message: Message, options: LiveAnswerOptions): Promise<Message> {
  const { parent, isInstant, onShown, onNote, onDivergence, signal } = options;
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

  const feed = client.follow(message.stream, {
    after: message.cursor,
    signal,
    onStatus: (note) => onNote(noteOf(note)),
  });
  for await (const reading of readMessage(feed, message, onDivergence)) {
    const note = lastNote(reading.entries);
    if (note !== undefined) onNote(note);
    answer.arrive(reading.message, reading.entries, performance.now());
    // What arrives until the next frame waits in the buffer and is folded in one go.
    const frame = nextFrame();
    painting ??= paint();
    if (answer.arrived.end === undefined) await frame;
  }
  await painting;
  return answer.arrived;
}

/** Of the latest attempt that began; null once it wrote something, undefined where nothing is new. */
function lastNote(entries: readonly WireEntry[]): Note | null | undefined {
  const last = entries.findLast((entry) => entry.type === "attempt.start" || isContent(entry));
  return last?.type === "attempt.start" ? noteOfAttempt(last) : last && null;
}
