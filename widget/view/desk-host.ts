/** What the desk is told by the element it works for, and what it may do there. */
import type { AgentNote, ChatMessage, ChatStatus, UserMessage } from "../chat.ts";
import type { Labels } from "../labels.ts";
import type { StrokeName } from "./desk-icons.ts";
import type { DeskWords, say } from "./desk-words.ts";
import type { Kit } from "./kit.ts";
import type { Parts } from "./parts.ts";

/** The conversation, as far as the desk works on it. */
export interface DeskChat {
  readonly messages: readonly ChatMessage[];
  readonly status: ChatStatus;
  readonly agent: AgentNote | null;
  readonly conversation: string | null;
  regenerate(): Promise<void>;
  edit(messageId: string, text: string): Promise<void>;
  takeBack(messageId: string): void;
  versions(messageId: string): readonly UserMessage[];
  showVersion(messageId: string): void;
  approve(callId: string): Promise<void>;
  deny(callId: string): Promise<void>;
  clear(conversation?: string | null): void;
  ask(path: string, request?: { readonly method?: "GET" | "POST" | "DELETE" }): Promise<unknown>;
}

export interface DeskHost {
  readonly chat: DeskChat;
  readonly parts: Parts;
  readonly root: ShadowRoot;
  readonly labels: Labels;
  /** Only reading: nothing is offered that changes the conversation. */
  readonly readonly: boolean;
  /** Whether answers can be judged. */
  readonly feedback: boolean;
  /** What stands in the composer. */
  draft: string;
  /** For speech. @default the page's */
  readonly language: string;
  /** Draws anew. */
  requestUpdate(): void;
  /** Tells people who listen. */
  say(text: string): void;
  /** Tells the page what a reader thinks of an answer; undefined when they took it back. */
  onJudged(message: string, value: "good" | "bad" | undefined): void;
}

/** The element as it is, and what else the host is made of. */
export interface DeskElement extends Pick<DeskHost, "chat" | "parts" | "say" | "onJudged"> {
  readonly element: HTMLElement & Pick<DeskHost, "readonly" | "feedback" | "draft" | "requestUpdate">;
  readonly labels: () => Labels;
}

/** Reads the element anew at each look. */
export const deskHost = ({ element, labels, chat, parts, say, onJudged }: DeskElement): DeskHost => ({
  chat,
  parts,
  root: element.shadowRoot!,
  say,
  onJudged,
  get labels() {
    return labels();
  },
  get readonly() {
    return element.readonly;
  },
  get feedback() {
    return element.feedback;
  },
  get language() {
    return element.lang || document.documentElement.lang;
  },
  get draft() {
    return element.draft;
  },
  set draft(text) {
    element.draft = text;
  },
  requestUpdate: () => element.requestUpdate(),
});

/** The kit of the desk and of the parts it loads: with its words, and its drawings by name. */
export type WordKit = Kit & {
  readonly words: Labels & DeskWords;
  readonly say: typeof say;
  readonly strokes: (name: StrokeName) => unknown;
};
