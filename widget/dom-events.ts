/** The events `<ai-stream>` dispatches: each bubbles, crosses shadow roots and carries its values as plain fields. */
import type { Message, MessageBlock, TextBlock, ToolBlock, WireError } from "../protocol/index.ts";
import type { ChatStatus, ConnectionView } from "./chat.ts";

const REACH = { bubbles: true, composed: true } as const;

/** An answer began: the proxy committed its `stream.start`. */
export class AiStreamStartEvent extends Event {
  declare readonly stream: string;
  declare readonly conversation: string;
  declare readonly message: string;
  declare readonly agent: string;

  constructor(started: { stream: string; conversation: string; message: string; agent: string }) {
    super("ai-stream-start", REACH);
    Object.assign(this, started);
  }
}

/** Text was shown: what one frame added to one block, so at most one per block and animation frame. */
export class AiStreamTokenEvent extends Event {
  declare readonly message: string;
  declare readonly block: number;
  declare readonly kind: TextBlock["kind"];
  declare readonly text: string;

  constructor(added: { message: string; block: number; kind: TextBlock["kind"]; text: string }) {
    super("ai-stream-token", REACH);
    Object.assign(this, added);
  }
}

/** A block is final: its text will not change any more. */
export class AiStreamBlockEvent extends Event {
  readonly message: string;
  readonly block: MessageBlock;

  constructor(message: string, block: MessageBlock) {
    super("ai-stream-block", REACH);
    this.message = message;
    this.block = block;
  }
}

/** A tool call changed its state. */
export class AiStreamToolEvent extends Event {
  readonly message: string;
  readonly tool: ToolBlock;

  constructor(message: string, tool: ToolBlock) {
    super("ai-stream-tool", REACH);
    this.message = message;
    this.tool = tool;
  }
}

/** An answer ended, for whatever reason: `message.end` tells which. */
export class AiStreamMessageEvent extends Event {
  readonly message: Message;

  constructor(message: Message) {
    super("ai-stream-message", REACH);
    this.message = message;
  }
}

/** The conversation started, streams, stops or came to rest. */
export class AiStreamStatusEvent extends Event {
  readonly status: ChatStatus;
  readonly previous: ChatStatus;

  constructor(status: ChatStatus, previous: ChatStatus) {
    super("ai-stream-status", REACH);
    this.status = status;
    this.previous = previous;
  }
}

/** The connection to the proxy changed. */
export class AiStreamConnectionEvent extends Event {
  readonly connection: ConnectionView;

  constructor(connection: ConnectionView) {
    super("ai-stream-connection", REACH);
    this.connection = connection;
  }
}

/** Something failed that the page may want to know: a refused message, a failed answer, a wrong attribute. */
export class AiStreamErrorEvent extends Event {
  readonly error: WireError;

  constructor(error: WireError) {
    super("ai-stream-error", REACH);
    this.error = error;
  }
}

/** The reader judged an answer, or took the judgement back; nothing is sent anywhere by itself. */
export class AiStreamFeedbackEvent extends Event {
  readonly message: string;
  readonly value: "good" | "bad" | null;

  constructor(message: string, value: "good" | "bad" | null) {
    super("ai-stream-feedback", REACH);
    this.message = message;
    this.value = value;
  }
}

export interface AiStreamEventMap {
  "ai-stream-start": AiStreamStartEvent;
  "ai-stream-token": AiStreamTokenEvent;
  "ai-stream-block": AiStreamBlockEvent;
  "ai-stream-tool": AiStreamToolEvent;
  "ai-stream-message": AiStreamMessageEvent;
  "ai-stream-status": AiStreamStatusEvent;
  "ai-stream-connection": AiStreamConnectionEvent;
  "ai-stream-error": AiStreamErrorEvent;
  "ai-stream-feedback": AiStreamFeedbackEvent;
}

declare global {
  interface HTMLElementEventMap extends AiStreamEventMap {}
}
