/** How long a connection waits for what. */
import { PROBE_MS, SILENCE_MS } from "../../protocol/index.ts";
import { backoffMs } from "./backoff.ts";
import type { Timing } from "./transport.ts";

/** A socket that opens but brings no welcome within this is blocked or buffered on the way. */
const WELCOME_MS = 5_000;
/** Far below the server's patience (ACK_TIMEOUT_MS), far above once per entry. */
const ACK_MS = 5_000;
/** A person who reads an answer and asks on keeps the socket; one who left does not cost the server anything. */
const IDLE_MS = 60_000;
export const TIMING: Timing = {
  welcomeMs: WELCOME_MS,
  silenceMs: SILENCE_MS,
  probeMs: PROBE_MS,
  ackMs: ACK_MS,
  idleMs: IDLE_MS,
  backoff: backoffMs,
};
