/** Every kind of provider there is to fail. */
import { agUiWire } from "./ag-ui-wire.ts";
import { anthropicWire } from "./anthropic-wire.ts";
import { converseWire, invokeWire } from "./bedrock-wires.ts";
import { ollamaWire } from "./ollama-wire.ts";
import {
  cerebrasWire,
  compatibleWire,
  deepSeekWire,
  groqWire,
  openAiChatWire,
  openAiResponsesWire,
} from "./openai-wires.ts";
import type { Wire } from "./wire.ts";

export const ALL_WIRES: readonly Wire[] = [
  openAiResponsesWire,
  openAiChatWire,
  compatibleWire,
  groqWire,
  cerebrasWire,
  deepSeekWire,
  anthropicWire,
  converseWire,
  invokeWire,
  ollamaWire,
  agUiWire,
];
