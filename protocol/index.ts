/** The wire types and pure functions shared by proxy, widget and API clients. Runs anywhere; imports nothing. */
export { formatCursor, parseCursor } from "./cursor.ts";
export type { Cursor, Position } from "./cursor.ts";
export { cover, merge, place, reveal } from "./coverage.ts";
export { crc32 } from "./digest.ts";
export { fold, statusOf } from "./fold.ts";
export { decodeClientFrame, decodeServerFrame, encodeFrame } from "./frame.ts";
export type { ClientFrame, Head, ServerFrame, Started, StatusNote, ToolOutcome } from "./frame.ts";
export * from "./limits.ts";
export { decodeEntry } from "./log-entry.ts";
export { emptyMessage, sumUsage, visibleText } from "./message.ts";
export type {
  Message,
  MessageBlock,
  MessageStatus,
  MessageUsage,
  SourceBlock,
  TextBlock,
  ToolBlock,
  ToolState,
} from "./message.ts";
export { decodeStartRequest, MAX_ATTACHMENTS } from "./start-request.ts";
export type { Attachment, HistoryTurn, PageTool, StartLimits, StartRequest } from "./start-request.ts";
export { describe, ERROR_CODES, invalid, isStreamError, StreamError } from "./stream-error.ts";
export type { ErrorCode, WireError } from "./stream-error.ts";
export type {
  AttemptCause,
  AttemptEnd,
  AttemptMode,
  AttemptOutcome,
  AttemptStart,
  BlockKind,
  EndReason,
  LogEntry,
  Reset,
  RouteNote,
  Skip,
  StreamEnd,
  StreamEvent,
  Timings,
  Usage,
  UsageReport,
  WireEntry,
} from "./stream-event.ts";
export { isFields } from "./validate.ts";
export type { Fields } from "./validate.ts";
export { isContent } from "./stream-event.ts";
