/** One state of the element on a page of its own, with a conversation in place of the network. */
import type { Page } from "playwright-core";
import { STATES } from "./gallery-states.ts";
import type { GalleryState, StateName } from "./gallery-states.ts";
import { TEXTS } from "./gallery-texts.ts";
import type { GalleryLanguage } from "./gallery-texts.ts";

export interface Shown {
  readonly state: StateName;
  readonly language: GalleryLanguage;
  readonly attributes: Readonly<Record<string, string>>;
  /** One of the demo page's. @default the element's own */
  readonly look?: string;
}

/** Around the element: nothing, or the margin of a page. */
const STYLES = `
  body { display: block; padding: 1rem; background: light-dark(#f4f5f7, #0f1013); }
  body > :not([mode="bubble"]) { --ai-stream-height: calc(100dvh - 2rem); max-inline-size: 60rem; margin-inline: auto; }
  body > [mode="answer"] { padding: 1rem; }
`;
/** Drawn by what is loaded last: for every state, and for what is in some. */
const COMPLETE = ':is([part~="bar"], [part~="actions"], [part~="launcher"])';
const BY_KIND = { tool: ".tool", source: ".sources" };

/** Replaces what the page shows; the proxy at its origin serves the script. Resolves when all of it is drawn. */
export async function showState(page: Page, { state, language, attributes, look = "" }: Shown): Promise<void> {
  const { chat, attributes: own, reach }: GalleryState = STATES[state](TEXTS[language]);
  await page.evaluate(putOn, {
    chat,
    attributes: { endpoint: "/", ...own, ...attributes },
    language,
    look,
    styles: STYLES,
  });
  const kinds = Object.entries(BY_KIND).filter(([kind]) => JSON.stringify(chat).includes(`"kind":"${kind}"`));
  for (const part of [COMPLETE, ...kinds.map(([, selector]) => selector)])
    await page.locator(`ai-stream ${part}`).first().waitFor({ state: "attached" });
  const isShown = attributes["mode"] !== "bubble" || "open" in attributes;
  if (isShown && attributes["readonly"] === undefined && attributes["mode"] !== "answer") await reach?.(page);
  await page.waitForFunction(isPainted);
}

/** In the page: the colours of code have come, where there is code. */
const isPainted = (): boolean => {
  const root = document.querySelector("ai-stream")?.shadowRoot;
  return root?.querySelector("figure") == null || root.querySelector('[class^="tok-"]') !== null;
};

interface Put {
  readonly chat: Readonly<Record<string, unknown>>;
  readonly attributes: Readonly<Record<string, string>>;
  readonly language: string;
  readonly look: string;
  readonly styles: string;
}

/** Runs in the page. */
async function putOn({ chat, attributes, language, look, styles }: Put): Promise<void> {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(styles);
  document.adoptedStyleSheets = [sheet];
  document.documentElement.dataset["look"] = look;
  document.documentElement.lang = language;
  document.documentElement.dir = language === "ar" ? "rtl" : "ltr";
  const { family = [], notes = [] } = chat;
  const conversation = {
    messages: [],
    status: "idle",
    connection: { state: "idle", transport: null },
    agent: { name: "garden" },
    conversation: "c_1",
    reconnect() {},
    clear() {},
    versions: () => family,
    ask: () => Promise.resolve({ conversations: notes }),
    showVersion() {},
    takeBack() {},
    ...chat,
  };
  await customElements.whenDefined("ai-stream");
  // The seam that the tests use too.
  Object.assign(customElements.get("ai-stream")!.prototype, { createChat: () => conversation });
  const element = document.createElement("ai-stream");
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
  document.body.replaceChildren(element);
  await element.updateComplete;
}
