/** The states of the element that a conversation would take long to reach, on a page of their own. */
import type { Page } from "playwright-core";

const TEXT = {
  en: {
    ask: "How do I keep basil alive on a windowsill?",
    more: "And in winter?",
    answer: `Basil wants **light, warmth and steady moisture**, in that order.

1. Give it six hours of sun; a south-facing sill is best.
2. Water when the top of the soil is dry, from below.
3. Pinch the tips *before* it flowers, just above a pair of leaves.

| Sign | Cause |
|---|---|
| Yellow leaves | Too much water |
| Long, thin stems | Too little light |

\`\`\`js
const water = (soil) => soil.moisture < 0.3;
\`\`\`

> A pot from the supermarket holds twenty seedlings. Split it.`,
    half: "Basil wants **light, warmth and steady moisture**, in that order.\n\n1. Give it six hours of sun; a",
    thought: "They ask about basil indoors. Light first, then water; mention pinching.",
    greeting: "What would you like to grow?",
    starters: ["Herbs for a dark kitchen", "Why are my tomatoes splitting?", "Plan a balcony for bees"],
  },
  ar: {
    ask: "كيف أحافظ على الريحان حيًّا على حافة النافذة؟",
    more: "وفي الشتاء؟",
    answer: `يحتاج الريحان إلى **الضوء والدفء والرطوبة المنتظمة**، بهذا الترتيب.

1. امنحه ست ساعات من الشمس، وأفضل مكان نافذة جنوبية.
2. اسقه حين يجف سطح التربة.
3. اقطف الأطراف *قبل* أن يزهر.

| العلامة | السبب |
|---|---|
| أوراق صفراء | ماء كثير |
| سيقان طويلة رفيعة | ضوء قليل |

\`\`\`js
const water = (soil) => soil.moisture < 0.3;
\`\`\`

> الأصيص المشترى من المتجر يضم عشرين شتلة. قسّمه.`,
    half: "يحتاج الريحان إلى **الضوء والدفء والرطوبة المنتظمة**، بهذا الترتيب.\n\n1. امنحه ست ساعات من",
    thought: "السؤال عن الريحان داخل البيت. الضوء أولًا ثم الماء.",
    greeting: "ماذا تودّ أن تزرع؟",
    starters: ["أعشاب لمطبخ معتم", "لماذا تتشقق الطماطم؟", "شرفة يحبها النحل"],
  },
} as const;

export type GalleryLanguage = keyof typeof TEXT;
export const STATES = [
  "empty",
  "waiting",
  "thinking",
  "streaming",
  "approval",
  "finished",
  "interrupted",
  "failed",
  "offline",
] as const;
export type GalleryState = (typeof STATES)[number];

export interface Shown {
  readonly state: GalleryState;
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

/** Replaces what the page shows; the proxy at its origin serves the script. */
export async function showState(page: Page, { state, language, attributes, look = "" }: Shown): Promise<void> {
  await page.evaluate(
    async ([state, text, lang, attributes, look, styles]) => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(styles);
      document.adoptedStyleSheets = [sheet];
      document.documentElement.dataset["look"] = look;
      document.documentElement.lang = lang;
      document.documentElement.dir = lang === "ar" ? "rtl" : "ltr";
      const timings = { totalMs: 3_400 };
      const asked = (words: string, id: string, more = {}): object => ({
        role: "user",
        id,
        parent: null,
        text: words,
        attachments: [],
        state: "sent",
        ...more,
      });
      const answered = (blocks: readonly object[], status: string, more = {}): object => ({
        role: "assistant",
        id: "m_a",
        parent: "m_q",
        stream: "s_1",
        conversation: "c_1",
        status,
        blocks,
        cursor: "0-0",
        attempts: 1,
        usage: { input: 48, output: 312 },
        usageByAttempt: {},
        sources: [],
        ...(status === "running" ? {} : { end: { reason: "stop" }, timings }),
        ...more,
      });
      const words = (value: string, open: boolean): object => ({ kind: "text", seq: 9, block: 2, text: value, open });
      const thought = (open: boolean): object => ({ kind: "reasoning", seq: 1, block: 0, text: text.thought, open });
      const tool = (toolState: string, more = {}): object => ({
        kind: "tool",
        seq: 5,
        block: 1,
        callId: "call_1",
        name: "order_seeds",
        args: { kind: "Genovese", packets: 2 },
        argsText: "{}",
        state: toolState,
        ...more,
      });
      const error = { code: "provider_overloaded", message: "The provider is overloaded", retryable: true };
      const question = asked(text.ask, "m_q");
      const states: Record<string, object> = {
        empty: { agent: { name: "garden", greeting: text.greeting, starters: text.starters } },
        waiting: { status: "starting", messages: [question] },
        thinking: { status: "streaming", messages: [question, answered([thought(true)], "running")] },
        streaming: {
          status: "streaming",
          messages: [
            question,
            answered([thought(false), tool("done", { ms: 820 }), words(text.half, true)], "running"),
          ],
        },
        approval: {
          status: "streaming",
          messages: [question, answered([thought(false), tool("awaiting", { approval: true })], "running")],
        },
        finished: {
          messages: [
            question,
            answered(
              [
                thought(false),
                words(text.answer, false),
                { kind: "source", seq: 20, url: "https://example.org/basil", title: "Growing basil indoors" },
              ],
              "complete",
            ),
          ],
        },
        interrupted: {
          messages: [question, answered([words(text.half, false)], "interrupted", { end: { reason: "interrupted" } })],
        },
        failed: { messages: [question, answered([], "error", { end: { reason: "error", error } })] },
        offline: {
          status: "streaming",
          connection: { state: "offline", transport: "ws" },
          messages: [
            question,
            answered([words(text.half, true)], "running"),
            asked(text.more, "m_r", { state: "queued", waiting: true }),
          ],
        },
      };
      const chat = {
        messages: [],
        status: "idle",
        connection: { state: "idle", transport: null },
        agent: { name: "garden" },
        conversation: "c_1",
        reconnect() {},
        clear() {},
        versions: () => [],
        ask: () => Promise.resolve({}),
        showVersion() {},
        takeBack() {},
        ...states[state],
      };
      // A conversation in place of the network: the seam that the tests use.
      Object.assign(customElements.get("ai-stream")!.prototype, { createChat: () => chat });
      const element = document.createElement("ai-stream");
      for (const [attribute, value] of Object.entries({ endpoint: "/", ...attributes }))
        element.setAttribute(attribute, value);
      document.body.replaceChildren(element);
      await element.updateComplete;
      // What is loaded when it is first needed has come by then.
      await new Promise((resolve) => setTimeout(resolve, 250));
    },
    [state, TEXT[language], language, attributes, look, STYLES] as const,
  );
}
