/** Signs receipts, so that one kept elsewhere can be told from one made up: compact JWS, HS256 (RFC 7515). */
import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from "node:crypto";
import { StreamError } from "../../protocol/index.ts";
import type { StreamLog } from "../stream-log/stream-log.ts";
import type { Receipt } from "./receipt.ts";

const HEADER = Buffer.from(JSON.stringify({ alg: "HS256", typ: "receipt+jwt" })).toString("base64url");
const KEY_BYTES = 32;

export class ReceiptSigner {
  readonly #key: Uint8Array;

  constructor(key: Uint8Array) {
    this.#key = key;
  }

  sign(receipt: Receipt): string {
    const body = `${HEADER}.${Buffer.from(JSON.stringify(receipt)).toString("base64url")}`;
    return `${body}.${this.#mac(body).toString("base64url")}`;
  }

  /** @throws {StreamError} `internal` for one that was not signed with this key: the store or the secret was changed. */
  verify(signed: string): Receipt {
    const [header, payload, signature = ""] = signed.split(".");
    const expected = this.#mac(`${header}.${payload}`);
    const given = Buffer.from(signature, "base64url");
    if (header !== HEADER || given.length !== expected.length || !timingSafeEqual(given, expected)) {
      throw new StreamError("internal", "The receipt's signature is not this server's");
    }
    return JSON.parse(Buffer.from(payload!, "base64url").toString()) as Receipt;
  }

  #mac(body: string): Buffer {
    return createHmac("sha256", this.#key).update(body).digest();
  }
}

/** One secret of the proxy's, from which each use derives a key of its own: `access.secret`, else one the store keeps. */
export async function masterKey(secret: string | undefined, log: Pick<StreamLog, "keepOnce">): Promise<string> {
  return secret ?? log.keepOnce("secret", randomBytes(KEY_BYTES).toString("base64url"));
}

/** The key for one use (RFC 5869): knowing it tells nothing of the secret or of another use's. */
export const deriveKey = (secret: string, use: "receipt" | "address"): Uint8Array =>
  new Uint8Array(hkdfSync("sha256", secret, "ai-stream", use, KEY_BYTES));
