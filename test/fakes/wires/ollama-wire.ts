/** Ollama's own API: a line of JSON each. */
import { ollamaRefusal } from "./refusals.ts";
import type { Wire } from "./wire.ts";

const line = (reply: unknown): string => `${JSON.stringify(reply)}\n`;
const reply = (content: string): string =>
  line({ model: "llama3.2", message: { role: "assistant", content }, done: false });

export const ollamaWire: Wire = {
  name: "ollama",
  model: "llama3.2",
  configure: (url) => ({ kind: "ollama", baseUrl: url }),
  type: "application/x-ndjson",
  opening: reply(""),
  said: reply,
  closing: () =>
    line({
      model: "llama3.2",
      message: { role: "assistant", content: "" },
      done: true,
      done_reason: "stop",
      prompt_eval_count: 12,
      eval_count: 9,
    }),
  ping: reply(""),
  inBand: {
    overloaded: line({ error: "server busy, please try again.  maximum pending requests exceeded" }),
    "rate limit": line({ error: "too many requests, please try again in 20ms" }),
    "server error": line({ error: "an error was encountered while running the model: unexpected EOF" }),
  },
  endless: '{"model":"llama3.2","message":{"role":"assistant","content":"',
  refusal: ollamaRefusal,
};
