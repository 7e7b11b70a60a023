/** What the demo provider knows: its thoughts and answers, in the markdown a model would write. */

export const TOUR_THOUGHTS = `Somebody opens the demo for the first time. They want to see what it looks like when an answer streams in, and what happens when something breaks.

I should show headings, a list, a table, some code and a link, keep it short, and point at the buttons that cut the connection.`;

export const TOUR = `## Hello, I'm an answer that survives

You are reading \`<ai-stream>\`: one script tag in the page, one small proxy that holds the keys. No model wrote this. It is the **demo provider**, so you can try everything *offline* and without a key.

### What happens while you read

1. The proxy asks a provider and gives every piece of its answer a **number**.
2. Each numbered event is *stored first*, then sent to whoever is watching.
3. This element adds them up. After a cut it asks for what comes after the last number it has, so **nothing is lost and nothing appears twice**.

> Leaving is not stopping: close this tab and the answer is still written to its end. Come back, and it is here.

### Break it while I'm talking

| Press | And you should see |
| --- | --- |
| Cut connection | The text goes on where it stopped |
| Stall for 10 s | Silence, then everything that was missed |
| Reload the page | The same answer, still streaming |
| Kill the provider | A second attempt, which replaces the first |
| Stop | The provider's socket closes at once |

### Put it on your own page

\`\`\`html
<script type="module" src="https://proxy.example/ai-stream.js"></script>

<ai-stream endpoint="https://proxy.example" agent="support"></ai-stream>
\`\`\`

Then tell the proxy whom to ask:

\`\`\`ts
// ai-stream.config.ts
import { defineConfig } from "ai-stream-element/proxy";

export default defineConfig({
  providers: { claude: { kind: "anthropic" } },
  agents: { support: { models: ["claude/claude-sonnet-4-6"] } },
});
\`\`\`

Ask me for a **long answer**, for **code**, a **table**, some **emoji and other scripts**, a **tool call** or **sources**. The wire is plain [server-sent events](https://html.spec.whatwg.org/multipage/server-sent-events.html) or a [WebSocket](https://developer.mozilla.org/docs/Web/API/WebSocket), whichever gets through.`;

export const GREETING = `Hello! I'm the demo provider: everything I say is scripted, but the way it travels to you is the real thing.

Ask me for a *tour*, a *long answer*, *code*, a *table*, *emoji and other scripts*, a *tool call* or *sources*. Or break something while I talk.`;

export const CODE_THOUGHTS = `They want code. A small debounce in TypeScript shows generics, comments and a call; a shell line and a diff show other languages.`;

export const CODE = `Here is a \`debounce\` that cancels cleanly: the signal is the only way to stop it, and nothing is left running afterwards.

\`\`\`ts
/** Calls \`run\` once, \`ms\` after the last request, unless \`signal\` aborts first. */
export function debounce<Args extends unknown[]>(
  run: (...args: Args) => void,
  ms: number,
  signal: AbortSignal,
): (...args: Args) => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
  return (...args) => {
    clearTimeout(timer);
    if (!signal.aborted) timer = setTimeout(run, ms, ...args);
  };
}
\`\`\`

Use it for a search box:

\`\`\`ts
const page = new AbortController();
const search = debounce((text: string) => void load(text), 200, page.signal);

input.addEventListener("input", () => search(input.value));
addEventListener("pagehide", () => page.abort());
\`\`\`

Try it with \`node --test\`, where time is yours:

\`\`\`sh
node --test --watch "test/**/*.test.ts"
\`\`\`

Two things to note:

- \`clearTimeout(undefined)\` is allowed, so there is no need for a check.
- The listener is added **once**, not per call, so a busy input leaks nothing.`;

export const TABLE = `### What each layer does

| Layer | Where it runs | What it keeps | When it fails |
| :--- | :--- | :--- | :--- |
| Element | the reader's browser | the last number it has seen | asks again from there |
| Proxy | your server | every event, in order | another takes over, or ends it honestly |
| Provider | somebody else's | nothing we rely on | is asked again, or the next one is |

### And what it costs to be sure

| Situation | Text lost | Text doubled | Questions asked twice |
| :--- | ---: | ---: | ---: |
| Five cuts in one answer | 0 | 0 | 0 |
| Reload in mid-answer | 0 | 0 | 0 |
| The provider hangs up | 0 | 0 | 1 |

The last row is the only one with a price: an answer that ends early has to be asked for again.`;

export const UNICODE = `### One answer, many scripts

**Emoji**, also those made of several: 👩‍🚀 👨‍👩‍👧‍👦 🏳️‍🌈 🇯🇵 👍🏽 and a plain ☕.

- 日本語: 吾輩は猫である。名前はまだ無い。
- 中文: 千里之行，始于足下。
- 한국어: 시작이 반이다.
- Ελληνικά: Ἓν οἶδα ὅτι οὐδὲν οἶδα.
- हिन्दी: जहाँ चाह वहाँ राह।
- ไทย: ช้า ๆ ได้พร้าเล่มงาม
- Tiếng Việt: Có công mài sắt, có ngày nên kim.

العربية تُكتب من اليمين إلى اليسار، ومعها كلمات مثل \`WebSocket\` وأرقام مثل 42 في السطر نفسه.

שלום! גם עברית נכתבת מימין לשמאל, עם **הדגשה** ועם [קישור](https://www.unicode.org/).

Accents that are combined (e\u0301, n\u0303, Z\u0351\u036B), a zero-width joiner, 𝒎𝒂𝒕𝒉 letters beyond the first plane, and a line of arrows: ← ↑ → ↓ ⇄.`;

export const TOOL_THOUGHTS = `The weather is not something I know. There is a tool for it, so I call it and wait.`;
export const TOOL_INTRO = `I'll look that up.`;

export const SOURCES_INTRO = `**Server-sent events** are plain text over one long response: each event may carry an \`id\`, and after a cut the browser sends the last one back in the \`Last-Event-ID\` header. A **WebSocket** is a two-way connection that begins as an HTTP request. Neither remembers anything for you: what was missed in between has to be kept by the server, which is why every event here has a number.`;

export const SOURCES: readonly { readonly url: string; readonly title: string }[] = [
  { url: "https://html.spec.whatwg.org/multipage/server-sent-events.html", title: "HTML Standard: Server-sent events" },
  { url: "https://www.rfc-editor.org/rfc/rfc6455", title: "RFC 6455: The WebSocket Protocol" },
];

export const FAULT_HELP = `### How to make me fail

Write one of these into a question:

| Directive | What happens |
| --- | --- |
| \`/fault die 50%\` | I hang up half-way; the second attempt completes. Add \`always\` and it does not |
| \`/fault stall 5s\` | I fall silent for 5 seconds in the middle |
| \`/fault slow\` | A word now and then |
| \`/fault overloaded\` | I refuse before the first word; the second attempt is answered |
| \`/fault rate-limit 2s\` | The same, with a hint when to come back |
| \`/fault auth\` | Your key is wrong, which no retry can help |
| \`/tokens 5000\` | An answer of exactly that many tokens |

For example: *Give me a tour /fault die 30%*`;

export const LONG_THOUGHTS = `A long answer, then: an essay in chapters, long enough to scroll away from, to reload in, and to cut a few times.`;

/** Paragraphs of which long answers are made; each stands alone, in any order. */
export const PARAGRAPHS: readonly string[] = [
  `Think of a letter sent page by page. If every page has a number, the reader knows at once when one is missing, and can ask for that page alone. If the pages have no numbers, the only honest thing to do is to send the whole letter again, and to hope that the reader throws the first one away.`,
  `A connection is a guess about the future. It says that the other side was there a moment ago and will probably be there in a moment. Phones go into tunnels, laptops are closed, balancers forget. What matters is not whether a connection breaks but what is known afterwards, and by whom.`,
  `There is a simple test for any system that claims to be reliable: pull the plug at the worst moment and read what is on the screen. Half a sentence is fine, if it says that it is half a sentence. A whole sentence twice is not. A half that looks like a whole is the worst of all.`,
  `Storing something *before* telling anybody about it sounds slow. It is not: a modern disk takes thousands of small commits in a second, and commits that arrive together travel together. The price is a fraction of a millisecond; what it buys is that nobody has ever seen a word that can still disappear.`,
  `Patience has a unit. Waiting ten seconds for a connection is patience; waiting ten minutes is neglect. So every wait has a limit, every limit has a reason, and the reason is written beside the number, where the next person will look for it.`,
  `The reader should never have to know any of this. To the reader there is a text that appears, at a pace that can be followed, that can be stopped, and that is still there tomorrow. Everything else is plumbing, and good plumbing is quiet.`,
  `Retrying is easy to do and hard to do well. Too early, and it adds to the load that caused the failure. Too late, and the reader has left. Together with everybody else, and it becomes a second failure. A little randomness, a limit on the attempts, and respect for the hints one is given go a long way.`,
  `When two writers believe that they own the same page, both will be careful and the page will still be ruined. So there is one writer, and a number that rises whenever the pen changes hands. A late hand is recognised by its old number and is politely ignored.`,
  `Slow readers are not a problem; hurried writers are. If a reader cannot keep up, the writer must not pile up letters at the door. It keeps one finger on the page the reader has reached and goes on from there when the reader looks up. That finger costs nothing.`,
  `Every message that goes wrong should say three things: what was looked at, what was found there, and what had been expected. *Invalid input* says none of them. A good error is a small piece of documentation that turns up exactly when it is needed.`,
];

export const LONG_TITLES: readonly string[] = [
  "Numbers",
  "Cuts",
  "Honesty",
  "Order",
  "Patience",
  "Silence",
  "Second attempts",
  "One writer",
  "Slow readers",
  "Clear words",
  "Memory",
  "Endings",
];
