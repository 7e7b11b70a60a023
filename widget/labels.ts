/** Every word the element says itself, by language. */
import type { EndReason, ToolState } from "../protocol/index.ts";
import type { Phase } from "./connection/connection-state.ts";

export interface Labels {
  /** The language of these words, as a tag: times are told in it. */
  readonly locale: string;
  readonly conversation: string;
  readonly you: string;
  readonly answer: string;
  readonly message: string;
  readonly placeholder: string;
  /** For an agent without a greeting of its own. */
  readonly greeting: string;
  readonly send: string;
  readonly stop: string;
  readonly copy: string;
  readonly copied: string;
  readonly image: string;
  readonly table: string;
  readonly retry: string;
  readonly regenerate: string;
  /** The button below an answer that was cut. */
  readonly goOn: string;
  /** What that button sends in the reader's name, for all to see. */
  readonly continueInput: string;
  /** When asking again may help; `{when}` stands for "in 12 seconds". */
  readonly comeBack: string;
  /** Said of a text that no model wrote. */
  readonly canned: string;
  readonly jump: string;
  readonly waiting: string;
  readonly thinking: string;
  readonly thought: string;
  readonly sources: string;
  readonly queued: string;
  readonly notSent: string;
  readonly voided: string;
  readonly connecting: string;
  readonly reconnecting: string;
  readonly offline: string;
  readonly disconnected: string;
  readonly reconnect: string;
  /** Said of a tool call that waits for a yes. */
  readonly approve: string;
  readonly deny: string;
  readonly args: string;
  /** How an answer ended, where that is not simply its end. */
  readonly ends: Readonly<Partial<Record<EndReason, string>>>;
  /** What the proxy is doing while nothing comes. */
  readonly phases: Readonly<Record<Exclude<Phase, "live">, string>>;
  /** `unrun` and `unknown` are said of a call that the answer ended without. */
  readonly tools: Readonly<Record<ToolState | "unrun" | "unknown", string>>;
}

const en: Labels = {
  locale: "en",
  conversation: "Conversation",
  you: "You",
  answer: "Answer",
  message: "Message",
  placeholder: "Ask anything",
  greeting: "How can I help?",
  send: "Send",
  stop: "Stop",
  copy: "Copy",
  copied: "Copied",
  image: "Image",
  table: "Table",
  retry: "Try again",
  regenerate: "Answer again",
  goOn: "Continue",
  continueInput: "Continue",
  comeBack: "Try again {when}.",
  canned: "Prepared text, not written by a model",
  jump: "Jump to the latest",
  waiting: "Working on it",
  thinking: "Thinking…",
  thought: "Thoughts",
  sources: "Sources",
  queued: "Waiting to be sent",
  notSent: "Not sent",
  voided: "Being written again",
  connecting: "Connecting…",
  reconnecting: "Connection lost. Reconnecting…",
  offline: "You are offline. The answer goes on when you are back.",
  disconnected: "Not connected",
  reconnect: "Reconnect",
  approve: "Allow",
  deny: "Deny",
  args: "Details",
  ends: {
    length: "The answer reached its length limit.",
    content_filter: "The answer was withheld by a content filter.",
    paused: "The answer was paused by the provider.",
    cancelled: "Stopped.",
    interrupted: "The answer was interrupted. What had arrived is above.",
    budget: "The answer reached its spending limit.",
    max_steps: "The answer reached its limit of steps.",
    error: "The answer failed.",
  },
  phases: {
    waiting: "Waiting for the provider…",
    retrying: "The provider failed. Asking again…",
    paused: "The answer is paused.",
    step: "Working…",
    fallback: "Another model takes over:",
    resuming: "Going on where it broke off…",
  },
  tools: {
    input: "Preparing",
    awaiting: "Waits for approval",
    running: "Running",
    done: "Done",
    failed: "Failed",
    unrun: "Not run",
    unknown: "Outcome unknown",
  },
};

const LANGUAGES: Readonly<Record<string, Labels>> = { en };

/** The labels of a language tag (`de-CH` reads as `de`), English where it is not shipped, with the page's own on top. */
export const labelsFor = (lang: string, own: Partial<Labels> = {}): Labels => ({
  ...(LANGUAGES[lang.toLowerCase().split("-", 1)[0] ?? ""] ?? en),
  ...own,
});
