/** Entries on their way to viewers, encoded at most once for each transport however many viewers there are. */
import type { WireEntry } from "../../protocol/index.ts";
import { encodeWireEntry } from "../stream-log/batch.ts";

export class Parcel {
  /** The cursor a viewer must have to take it, and the one it has then. */
  readonly base: number;
  readonly last: number;
  readonly entries: readonly WireEntry[];
  readonly #inc: string;
  #lines: readonly string[] | null;
  #sse: Buffer | null = null;
  #json: string | null = null;
  #frame: { readonly s: number; readonly bytes: Buffer } | null = null;

  /** `lines` are the entries' JSON where it exists already. */
  constructor(base: number, inc: string, entries: readonly WireEntry[], lines: readonly string[] | null) {
    this.base = base;
    this.last = entries.at(-1)?.seq ?? base;
    this.entries = entries;
    this.#inc = inc;
    this.#lines = lines;
  }

  /** As SSE: `id` is the cursor after each event. LF only. */
  get sse(): Buffer {
    if (this.#sse !== null) return this.#sse;
    let text = "";
    const lines = this.#encoded();
    for (let index = 0; index < lines.length; index++) {
      text += `id: ${this.#inc}.${this.entries[index]!.seq}\ndata: ${lines[index]!}\n\n`;
    }
    return (this.#sse = Buffer.from(text));
  }

  /**
   * As an `ev` frame of subscription `s`, ready for the socket. Many sockets use the same small number, so the last one
   * is kept.
   */
  frame(s: number): Buffer {
    if (this.#frame?.s === s) return this.#frame.bytes;
    this.#json ??= this.#encoded().join(",");
    this.#frame = { s, bytes: textFrame(`{"type":"ev","s":${s},"e":[${this.#json}]}`) };
    return this.#frame.bytes;
  }

  #encoded(): readonly string[] {
    return (this.#lines ??= this.entries.map(encodeWireEntry));
  }
}

/** A whole text message as a server sends it: one unmasked frame (RFC 6455 §5.2). */
function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const head = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(head + length);
  frame[0] = 0x81;
  if (head === 2) {
    frame[1] = length;
  } else if (head === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  frame.write(text, head);
  return frame;
}
