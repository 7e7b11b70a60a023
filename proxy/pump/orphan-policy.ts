/** What becomes of an answer that nobody watches. Leaving is not stopping; a policy may make it so after a while. */
import { StreamError } from "../../protocol/index.ts";
import type { StreamTail } from "../stream-log/tail.ts";

/**
 * `finish`: it is finished, but a call that fails is not followed by another once nobody has watched for a minute.
 * `detached`: as if somebody always watched. A number: stopped after so many milliseconds without a viewer.
 */
export type OrphanPolicy = "finish" | "detached" | { readonly cancelAfterMs: number };

/** A reload, a tunnel, a phone in a pocket: whoever is away for less than this is coming back. */
const GONE_MS = 60_000;

/** True while another attempt is worth its money. */
export const isWanted = (policy: OrphanPolicy, tail: StreamTail): boolean =>
  policy === "detached" || tail.unwatchedMs < GONE_MS;

/** Calls `cancel` when the policy says so. Returns how to stop watching. */
export function watchOrphan(policy: OrphanPolicy, tail: StreamTail, cancel: (why: StreamError) => void): () => void {
  if (typeof policy === "string") return () => {};
  const { cancelAfterMs } = policy;
  let timer: NodeJS.Timeout;
  const look = () => {
    const leftMs = cancelAfterMs - tail.unwatchedMs;
    if (leftMs <= 0) cancel(new StreamError("cancelled", `Nobody has watched for ${cancelAfterMs} ms`));
    else timer = setTimeout(look, leftMs);
  };
  look();
  return () => clearTimeout(timer);
}
