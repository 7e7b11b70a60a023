/** An AG-UI agent's run. */
import { fastApiRefusal } from "./refusals.ts";
import type { Wire } from "./wire.ts";

const data = (...events: readonly object[]): string =>
  events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");
const runError = (message: string, code: string): string => data({ type: "RUN_ERROR", message, code });

export const agUiWire: Wire = {
  name: "ag-ui",
  model: "agent",
  configure: (url) => ({ kind: "ag-ui", url: `${url}/agent`, headers: { authorization: "Bearer matrix-key" } }),
  type: "text/event-stream",
  opening: data({ type: "RUN_STARTED", threadId: "t1", runId: "r1" }),
  said: (delta) => data({ type: "TEXT_MESSAGE_CHUNK", messageId: "m1", role: "assistant", delta }),
  closing: () => data({ type: "RUN_FINISHED", threadId: "t1", runId: "r1" }),
  ping: ": keep-alive\n\n",
  inBand: {
    overloaded: runError("The model behind this agent is overloaded", "overloaded"),
    "rate limit": runError("Rate limit exceeded. Please try again in 20ms.", "rate_limit_exceeded"),
    "server error": runError("The agent failed", "internal_error"),
  },
  endless: 'data: {"type":"TEXT_MESSAGE_CONTENT","messageId":"m1","delta":"',
  refusal: fastApiRefusal,
};
