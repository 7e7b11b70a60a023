/** The measured page: one answer growing at a steady rate into one contender, drawn once a frame. */
import * as smd from "streaming-markdown";
import { blockList } from "../../../widget/render/block-list.ts";
import { html, render } from "lit";
import { growing, mount } from "../../browser/fake-chat.ts";
import { markdownStyles } from "../../../widget/render/markdown.styles.ts";
import { longAnswer } from "../../widget/render/markdown.ts";

/** Of a token, roughly. */
const TOKEN_CHARS = 4;

/** Draws the text so far. */
type Draw = (text: string) => void | Promise<void>;

const CONTENDERS: Readonly<Record<string, () => Promise<Draw> | Draw>> = {
  /** What a page costs whose text only arrives. */
  "empty page": () => () => {},
  "streaming-markdown": () => {
    const root = document.body.appendChild(document.createElement("div"));
    const parser = smd.parser(smd.default_renderer(root));
    let written = 0;
    return (text) => {
      smd.parser_write(parser, text.slice(written));
      written = text.length;
    };
  },
  "our renderer": () => {
    const root = document.body.appendChild(document.createElement("div"));
    const styles = new CSSStyleSheet();
    styles.replaceSync(markdownStyles.cssText);
    document.adoptedStyleSheets = [styles];
    const context = { copy: "Copy", image: "Image", table: "Table" };
    return (text) => void render(html`<div class="md" ${blockList(text, true, context)}></div>`, root);
  },
  "<ai-stream>": async () => {
    // An address no one answers: there is no connection, only what is shown.
    const element = await mount({ endpoint: "https://proxy.invalid" });
    return (text) => element.show({ status: "streaming", messages: [growing(text)] });
  },
};

let text = "";
let draw: Draw = () => {};

/** @param tokens of the whole answer */
async function begin(contender: string, tokens: number): Promise<number> {
  text = longAnswer(tokens * TOKEN_CHARS);
  draw = await CONTENDERS[contender]!();
  return text.length;
}

/** Lets the tokens arrive at `perSecond`, as far as frames come. @returns how many came */
async function grow(tokens: number, perSecond: number): Promise<number> {
  const start = performance.now();
  let frames = 0;
  for (let arrived = 0; arrived < tokens; frames++) {
    await new Promise((resolve) => requestAnimationFrame(resolve));
    arrived = Math.min(tokens, Math.floor(((performance.now() - start) * perSecond) / 1000));
    await draw(text.slice(0, arrived * TOKEN_CHARS));
    window.scrollTo(0, document.body.scrollHeight);
  }
  return frames;
}

Object.assign(window, { bench: { begin, grow } });
declare global {
  interface Window {
    bench: { begin: typeof begin; grow: typeof grow };
  }
}
