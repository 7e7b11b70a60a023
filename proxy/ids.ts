/** Ids the server mints: 128 random bits, URL-safe, prefixed by what they name. An id alone gives no access. */
import { randomBytes } from "node:crypto";

/** `s` stream, `c` conversation, `m` message, `p` process, `v` visitor, `w` WebSocket session. */
export const mintId = (prefix: "s" | "c" | "m" | "p" | "v" | "w"): string =>
  `${prefix}_${randomBytes(16).toString("base64url")}`;

/** The incarnation of a log: only needs to differ from the one before. */
export const mintIncarnation = (): string => randomBytes(6).toString("base64url");
