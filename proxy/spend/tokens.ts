/**
 * How many tokens a text is, without a tokenizer: by its characters' scripts. Kept in hundredths, so that a fragment of
 * a word counts. Good to a factor, not to a token (docs/money.md says how far): what a provider reports replaces it.
 */
import type { ProviderMessage, ProviderRequest, ToolDeclaration } from "../provider/provider.ts";

/** Hundredths of a token for a small letter or a space: English prose has about four characters to a token. */
const LETTER = 22;
/** Digits, capitals, punctuation and line ends: code and JSON are made of them. */
const SIGN = 60;
/** Accents, Greek, Cyrillic, Hebrew, Arabic, the scripts of India and of South-East Asia. */
const ALPHABET = 45;
/** A Chinese, Japanese or Korean character; half of an emoji. */
const IDEOGRAPH = 90;
/** Where the ideographs, kana and Hangul begin; half emoji lie above, too. */
const FIRST_IDEOGRAPH = 0x2e80;

/** Hundredths of what a format puts around a call of a tool. */
export const CALL = 2_000;

/** An image, at the size providers scale it to; they count from 85 to some 1,600. */
const IMAGE_TOKENS = 1_000;
/** What a format puts around each message. */
const MESSAGE_TOKENS = 4;

/** Hundredths of a token. */
export function countText(text: string): number {
  let hundredths = 0;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) hundredths += (unit >= 0x61 && unit <= 0x7a) || unit === 0x20 ? LETTER : SIGN;
    else hundredths += unit < FIRST_IDEOGRAPH ? ALPHABET : IDEOGRAPH;
  }
  return hundredths;
}

/** Whole tokens a request is about to cost as input. */
export function countInput({
  instructions = "",
  messages,
  tools,
  prefix = "",
}: Omit<ProviderRequest, "model">): number {
  let hundredths = countText(instructions) + countText(prefix);
  for (const message of messages) hundredths += MESSAGE_TOKENS * 100 + countMessage(message);
  for (const tool of tools) hundredths += countTool(tool);
  return Math.ceil(hundredths / 100);
}

function countMessage(message: ProviderMessage): number {
  if (message.role === "tool") return countText(message.result);
  let hundredths = 0;
  for (const part of message.parts) {
    switch (part.type) {
      case "text":
      case "reasoning":
        hundredths += countText(part.text);
        break;
      case "tool-call":
        hundredths += CALL + countText(part.name) + countText(part.argsText);
        break;
      case "image":
        hundredths += IMAGE_TOKENS * 100;
        break;
      case "native":
        // It goes with the text it belongs to.
        break;
    }
  }
  return hundredths;
}

const countTool = ({ name, description, parameters }: ToolDeclaration): number =>
  countText(name) + countText(description) + countText(JSON.stringify(parameters));
