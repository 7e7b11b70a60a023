/** Raw bytes → frames: how a response body is cut into the pieces a decoder understands. Any split gives the same. */
import { createParser } from "eventsource-parser";
import { StreamError } from "../../protocol/index.ts";
import { Utf8Reader } from "./utf8-reader.ts";

export interface FrameReader {
  /** Calls back synchronously for each frame that these bytes complete. @throws {StreamError} `upstream_protocol` */
  push(bytes: Uint8Array): void;
  /** The body has ended regularly. */
  end(): void;
}

export type Framing<Frame> = (onFrame: (frame: Frame) => void) => FrameReader;

export interface SseFrame {
  readonly event?: string | undefined;
  readonly data: string;
}

/** One frame may hold a whole answer with inline images; more than this is not an answer. */
const MAX_FRAME_CHARS = 16_777_216;

/** Server-sent events as the WHATWG standard reads them: an event without its closing blank line does not count. */
export const sseFrames: Framing<SseFrame> = (onFrame) => {
  const utf8 = new Utf8Reader();
  const parser = createParser({
    maxBufferSize: MAX_FRAME_CHARS,
    onEvent: onFrame,
    onError: (error) => {
      if (error.type === "max-buffer-size-exceeded") throw tooLong();
    },
  });
  return { push: (bytes) => parser.feed(utf8.read(bytes)), end: () => {} };
};

/** Newline-delimited JSON: the text of each line that is not blank. A last line needs no newline. */
export const lineFrames: Framing<string> = (onFrame) => {
  const utf8 = new Utf8Reader();
  const parts: string[] = [];
  let partsChars = 0;
  const emit = (line: string): void => {
    if (line.trim() !== "") onFrame(line);
  };
  const flush = (last: string): void => {
    parts.push(last);
    const line = parts.length === 1 ? last : parts.join("");
    parts.length = 0;
    partsChars = 0;
    emit(line);
  };
  return {
    push(bytes) {
      const text = utf8.read(bytes);
      let start = 0;
      for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
        flush(text.slice(start, end));
        start = end + 1;
      }
      if (start === text.length) return;
      parts.push(start === 0 ? text : text.slice(start));
      partsChars += text.length - start;
      if (partsChars > MAX_FRAME_CHARS) throw tooLong();
    },
    end: () => flush(""),
  };
};

export const tooLong = (): StreamError =>
  new StreamError("upstream_protocol", `The provider sent an event of more than ${MAX_FRAME_CHARS} characters`);
