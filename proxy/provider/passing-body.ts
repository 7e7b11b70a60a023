/**
 * The body of a request, given away as it is sent. undici holds on to a request until its answer has ended, and a long
 * conversation is hundreds of kilobytes: as a string or a buffer it would be kept for as long as the answer streams.
 */
export class PassingBody implements Iterable<Uint8Array> {
  readonly byteLength: number;
  #bytes: Uint8Array | null;

  constructor(body: string | Uint8Array) {
    this.#bytes = typeof body === "string" ? Buffer.from(body) : body;
    this.byteLength = this.#bytes.byteLength;
  }

  /** Once: there is nothing left to send a second time. */
  *[Symbol.iterator](): Generator<Uint8Array, void> {
    const bytes = this.#bytes;
    this.#bytes = null;
    if (bytes !== null) yield bytes;
  }
}
