/** The states of the element that a conversation would take long to reach: what is in them, and how they are reached. */
import type { Page } from "playwright-core";
import type { GalleryText } from "./gallery-texts.ts";

export interface GalleryState {
  /** What the conversation holds; `family` are the versions of a question, `notes` the list of conversations. */
  readonly chat: Readonly<Record<string, unknown>>;
  readonly attributes?: Readonly<Record<string, string>>;
  /** What a reader does then. Resolves once it is seen. */
  readonly reach?: (page: Page) => Promise<unknown>;
}

const HOUR_MS = 3_600_000;
const USAGE = { input: 48, output: 312, reasoning: 0, cacheRead: 0, cacheWrite: 0, final: true };
const ERROR = { code: "provider_overloaded", message: "The provider is overloaded", retryable: true };

const asked = (text: string, more: object = {}): object => ({
  role: "user",
  id: "m_q",
  parent: null,
  text,
  attachments: [],
  state: "sent",
  ...more,
});

const answered = (blocks: readonly object[], status: string, more: object = {}): object => ({
  role: "assistant",
  id: "m_a",
  parent: "m_q",
  stream: "s_1",
  conversation: "c_1",
  status,
  blocks,
  cursor: "0-0",
  attempts: 1,
  steps: 1,
  usage: USAGE,
  ...(status === "running" ? {} : { end: { reason: "stop" }, timings: { totalMs: 3_400 } }),
  ...more,
});

const words = (text: string, more: object = {}): object => ({
  kind: "text",
  seq: 9,
  block: 2,
  text,
  open: false,
  ...more,
});
const thought = ({ thought: text }: GalleryText, open = false): object => ({
  kind: "reasoning",
  seq: 1,
  block: 0,
  text,
  open,
  ...(open ? {} : { ms: 2_300 }),
});
const tool = (state: string, more: object = {}): object => ({
  kind: "tool",
  seq: 5,
  block: 1,
  callId: "call_1",
  name: "order_seeds",
  args: { kind: "Genovese", packets: 2 },
  argsText: "{}",
  state,
  ...more,
});
const source = (title: string, index: number): object => ({
  kind: "source",
  seq: 20 + index,
  url: `https://example.org/${index}`,
  title,
});

const streaming = (question: object, blocks: readonly object[], more: object = {}): object => ({
  status: "streaming",
  messages: [question, answered(blocks, "running", more)],
});

const press = (selector: string) => (page: Page) => page.locator(`ai-stream ${selector}`).first().click();

/** By name; each is made for the texts of a language. */
export const STATES = {
  empty: ({ greeting, starters }) => ({ chat: { agent: { name: "garden", greeting, starters } } }),
  waiting: ({ ask }) => ({ chat: { status: "starting", messages: [asked(ask)] } }),
  thinking: (text) => ({ chat: { ...streaming(asked(text.ask), [thought(text, true)]) } }),
  unfolded: (text) => ({
    chat: { messages: [asked(text.ask), answered([thought(text), words(text.half)], "complete")] },
    reach: press("summary"),
  }),
  streaming: (text) => ({
    chat: {
      ...streaming(asked(text.ask), [thought(text), tool("done", { ms: 820 }), words(text.half, { open: true })]),
    },
  }),
  approval: (text) => ({
    chat: { ...streaming(asked(text.ask), [thought(text), tool("awaiting", { approval: true })]) },
  }),
  tools: (text) => ({
    chat: {
      ...streaming(asked(text.ask), [
        tool("done", { ms: 820, result: { order: 4711, arrives: "Tuesday" } }),
        tool("failed", { callId: "call_2", name: "weather", ms: 5_000, error: "No answer within 5 seconds" }),
        tool("running", { callId: "call_3", name: "search_almanac", args: {} }),
      ]),
    },
    reach: async (page) => {
      for (const summary of await page.locator("ai-stream .tool summary").all()) await summary.click();
    },
  }),
  finished: (text) => ({
    chat: {
      messages: [
        asked(text.ask),
        answered([thought(text), words(text.answer), ...text.sources.map(source)], "complete"),
      ],
    },
  }),
  longer: (text) => ({
    chat: {
      messages: [
        asked(text.ask),
        answered([thought(text), words(text.answer)], "complete"),
        asked(text.more, { id: "m_r", parent: "m_a" }),
        answered([words(text.half)], "complete", { id: "m_b", parent: "m_r" }),
      ],
    },
    reach: async (page) => {
      await page.locator("ai-stream .scroller").evaluate((box) => (box.scrollTop = 0));
      await page.locator("ai-stream .jump").waitFor();
    },
  }),
  rich: (text) => ({
    chat: { messages: [answered([words(text.rich)], "complete", { parent: null })] },
    reach: (page) => page.locator("ai-stream math, ai-stream .katex").first().waitFor({ state: "attached" }),
  }),
  judged: (text) => ({
    chat: {
      messages: [
        asked(text.reworded, { id: "m_r", attachments: [{ name: text.file, mediaType: "text/plain" }] }),
        answered([words(text.half)], "complete", { parent: "m_r", steps: 3, usage: { ...USAGE, costUsd: 0.0042 } }),
      ],
      family: [asked(text.ask), asked(text.reworded, { id: "m_r" }), asked(text.reworded, { id: "m_s" })],
    },
    attributes: { feedback: "" },
    reach: press("[data-do=good]"),
  }),
  editing: (text) => ({
    chat: { messages: [asked(text.ask), answered([words(text.half)], "complete")] },
    reach: async (page) => {
      await page.locator("ai-stream article.user").hover();
      await press("[data-do=edit]")(page);
    },
  }),
  writing: (text) => ({
    chat: { messages: [asked(text.ask), answered([words(text.half)], "complete")] },
    reach: async (page) => {
      await page.locator("ai-stream textarea").fill(text.draft);
      await page.locator("ai-stream textarea").evaluate(paste, text.file);
      await page.locator("ai-stream .file").first().waitFor();
    },
  }),
  dictating: ({ greeting }) => ({
    chat: { agent: { name: "garden", greeting } },
    reach: async (page) => {
      await page.evaluate(() =>
        Object.assign(window, {
          SpeechRecognition: class extends EventTarget {
            start(): void {}
            stop(): void {}
            abort(): void {}
          },
        }),
      );
      await press("[data-do=dictate]")(page);
      await page.locator("ai-stream [data-do=dictate][aria-pressed=true]").waitFor();
    },
  }),
  history: (text) => ({
    chat: {
      messages: [asked(text.ask), answered([words(text.half)], "complete")],
      notes: text.titles.map((title, index) => ({
        id: `c_${index + 1}`,
        agent: "garden",
        title,
        createdAt: 0,
        updatedAt: Date.now() - index * 40 * HOUR_MS,
      })),
    },
    reach: async (page) => {
      await press("[data-do=history]")(page);
      await page.locator("ai-stream .history li").first().waitFor();
    },
  }),
  rewriting: (text) => ({
    chat: {
      ...streaming(asked(text.ask), [words(text.half, { open: true })], { voided: true }),
      connection: { state: "open", transport: "ws", phase: "fallback", detail: "south/small-2" },
    },
  }),
  interrupted: (text) => ({
    chat: {
      messages: [
        asked(text.ask),
        answered([words(text.half)], "interrupted", { end: { reason: "interrupted" }, timings: undefined }),
      ],
    },
  }),
  canned: (text) => ({
    chat: {
      messages: [
        asked(text.ask),
        answered([words(text.canned, { canned: true })], "complete", { usage: { ...USAGE, input: 0, output: 0 } }),
      ],
    },
  }),
  failed: (text) => ({
    chat: {
      messages: [
        asked(text.ask),
        answered([], "error", { end: { reason: "error", error: ERROR }, retryAt: Date.now() + 12_500 }),
      ],
    },
  }),
  cut: (text) => ({
    chat: {
      messages: [
        asked(text.ask),
        answered([words(text.half)], "interrupted", { end: { reason: "budget" }, retryAt: Date.now() + 90_000 }),
      ],
    },
  }),
  refused: (text) => ({ chat: { messages: [asked(text.ask, { state: "failed", error: ERROR })] } }),
  reconnecting: (text) => ({
    chat: {
      ...streaming(asked(text.ask), [words(text.half, { open: true })]),
      connection: { state: "waiting", transport: "ws", retryAt: Date.now() + 7_500 },
    },
  }),
  disconnected: () => ({ chat: { connection: { state: "failed", transport: null, error: ERROR } } }),
  offline: (text) => ({
    chat: {
      status: "streaming",
      connection: { state: "offline", transport: "ws" },
      messages: [
        asked(text.ask),
        answered([words(text.half, { open: true })], "running"),
        asked(text.more, { id: "m_r", state: "queued", waiting: true }),
        asked(text.more, { id: "m_s", state: "queued" }),
      ],
    },
  }),
} as const satisfies Readonly<Record<string, (text: GalleryText) => GalleryState>>;

export type StateName = keyof typeof STATES;
export const STATE_NAMES = Object.keys(STATES) as readonly StateName[];

/** In the page: a file as from the clipboard, and one that cannot be sent. */
function paste(field: Element, name: string): void {
  const files = new DataTransfer();
  files.items.add(new File(["Light: four hours"], name, { type: "text/plain" }));
  files.items.add(new File([new Uint8Array([255, 254])], "garden.bin"));
  field.dispatchEvent(
    new ClipboardEvent("paste", { bubbles: true, cancelable: true, composed: true, clipboardData: files }),
  );
}
