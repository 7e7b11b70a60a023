/** A conversation with everything in it, for the tests of how each format words a request. */
import type { ProviderRequest } from "../../../proxy/provider/provider.ts";

export const NATIVE = { type: "thinking", thinking: "hm", signature: "c2ln" };
export const PARAMETERS = { type: "object", properties: { port: { type: "string" } } };

export const REQUEST: ProviderRequest = {
  model: "model-1",
  instructions: "Be brief.",
  messages: [
    {
      role: "user",
      parts: [
        { type: "text", text: "What is this?" },
        { type: "image", mediaType: "image/png", data: "aW1n" },
      ],
    },
    {
      role: "assistant",
      parts: [
        { type: "reasoning", text: "hm" },
        { type: "native", provider: "mine", value: NATIVE },
        { type: "native", provider: "other", value: { secret: true } },
        { type: "text", text: "A port." },
        { type: "tool-call", callId: "call:1", name: "tide", argsText: '{"port":"Sète"}' },
        { type: "tool-call", callId: "call_2", name: "wind", argsText: "" },
      ],
    },
    { role: "tool", callId: "call:1", name: "tide", ok: true, result: "low" },
    { role: "tool", callId: "call_2", name: "wind", ok: false, result: "broken" },
    { role: "user", parts: [{ type: "text", text: "And now?" }] },
  ],
  tools: [{ name: "tide", description: "Tides", parameters: PARAMETERS }],
  maxOutputTokens: 100,
  temperature: 1.5,
};

export const BARE: ProviderRequest = { model: "m", messages: [], tools: [] };
