/** Every number both sides must agree on, with its unit and its reason. */

/** The version a client says in `hello`; another major is refused with close code 4501. */
export const PROTOCOL_VERSION = 1;
/** WebSocket subprotocol; a request without it is refused before the upgrade. */
export const SUBPROTOCOL = "ai-stream.v1";

/** Unacknowledged bytes a viewer may be sent: over a second of text for a fast model, small enough for a phone. */
export const WINDOW_BYTES = 262_144;
/** The smallest window a client may ask for: one merged delta fits. */
export const MIN_WINDOW_BYTES = 4_096;
/** An ack is sent when a quarter of the window was applied: the sender never waits for a reader that keeps up. */
export const ACK_RATIO = 0.25;
/** Client frames are small; a larger one is a mistake or an attack. Attachments go by POST. */
export const CLIENT_FRAME_BYTES = 262_144;
/** Text of a delta is merged up to this size, so that one frame always fits the smallest window. */
export const MERGED_DELTA_CHARS = 2_048;

/** Idle middleboxes commonly cut at 60 s; four beats fit. */
export const HEARTBEAT_MS = 15_000;
/** Two beats and a network hiccup: after this silence the client gives the connection up. */
export const SILENCE_MS = 35_000;
/** After sleep, `online`, `pageshow` or becoming visible the client waits this long for a sign of life. */
export const PROBE_MS = 3_000;
/** A viewer that acknowledges nothing for this long while it owes us an ack is gone. */
export const ACK_TIMEOUT_MS = 60_000;
/** A client that opened a socket says hello within this time. */
export const HELLO_MS = 10_000;

/** Reconnect delays: full jitter between these. */
export const BACKOFF_MIN_MS = 500;
export const BACKOFF_MAX_MS = 20_000;

/** Subscriptions on one socket: a page with more live answers than this is not a page a person reads. */
export const SUBSCRIPTIONS_PER_SOCKET = 64;
/** Entries in one answer of `GET /events`. */
export const PAGE_ENTRIES = 500;

/** WebSocket close codes (protocol.md §5.4): 4000–4499 reconnect, 4500–4999 do not. */
export const CLOSE = {
  draining: 4001,
  rotated: 4002,
  heartbeat: 4008,
  rate: 4029,
  accessTokenExpired: 4041,
  slow: 4408,
  protocol: 4500,
  version: 4501,
  origin: 4503,
  frameTooBig: 4509,
  unauthenticated: 4541,
  forbidden: 4543,
} as const;

export const isFatalClose = (code: number): boolean => code >= 4500 && code <= 4999;
