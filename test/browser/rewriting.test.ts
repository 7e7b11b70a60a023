import { expect } from "@esm-bundle/chai";
import { emptyMessage, fold } from "../../protocol/index.ts";
import type { LogEntry, StreamEvent } from "../../protocol/index.ts";
import { ShownAnswer } from "../../widget/shown-answer.ts";
import { asked, mount } from "./fake-chat.ts";
import type { FakeStream } from "./fake-chat.ts";

/** Numbered words, eight a paragraph: one that is doubled, missing or out of place shows. */
const paragraphs = (count: number, mark = ""): string[] =>
  Array.from({ length: count }, (_, at) =>
    Array.from({ length: 8 }, (_unused, word) => `${mark}w${String(at * 8 + word).padStart(3, "0")}${mark}`)
      .join(" ")
      .concat("\n\n"),
  );

/** An attempt that breaks off after `first`, and one that begins again and writes `second` to its end. */
function rewritten(first: readonly string[], second: readonly string[]): LogEntry[] {
  const block = (number: number, texts: readonly string[]): StreamEvent[] => [
    { type: "block.start", block: number, kind: "text" },
    ...texts.map((text): StreamEvent => ({ type: "delta", block: number, kind: "text", text })),
  ];
  const events: StreamEvent[] = [
    { type: "stream.start", id: "s", agent: "a", conversation: "c", message: "m" },
    ...block(0, first),
    { type: "reset", to: 1, cause: "upstream_truncated" },
    ...block(1, second),
    {
      type: "stream.end",
      reason: "stop",
      usage: { input: 1, output: 1, final: true },
      timings: { totalMs: 1 },
      digest: 0,
    },
  ];
  return events.map((event, index) => ({ ...event, seq: index + 1, ts: 0 }));
}

interface Sight {
  readonly words: readonly string[];
  readonly top: number;
  readonly fromEnd: number;
}

/** Plays a log, an entry a frame, and looks at each frame that the browser draws. */
async function watch(
  element: FakeStream,
  log: readonly LogEntry[],
  onFrame: (at: number) => Promise<void> | void,
): Promise<Sight[]> {
  let message = emptyMessage("i");
  const answer = new ShownAnswer(message, null);
  const seen: Sight[] = [];
  for (let at = 0; at < log.length || answer.isBehind; at++) {
    const entry = log[at];
    if (entry !== undefined) {
      message = fold(message, [entry]);
      answer.arrive(message, [entry], performance.now());
    }
    await element.show({ status: "streaming", messages: [asked("?"), answer.show(performance.now(), false)] });
    await new Promise((resolve) => requestAnimationFrame(resolve));
    await onFrame(at);
    const box = element.find(".scroller");
    seen.push({
      words: readable(element.find("article.answer")).match(/w\d+/g) ?? [],
      top: box.scrollTop,
      fromEnd: box.scrollHeight - box.clientHeight - box.scrollTop,
    });
  }
  return seen;
}

/** What is there to be read by scrolling to it; some engines leave out of `innerText` what is not in view. */
function readable(element: HTMLElement): string {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  const texts: string[] = [];
  while (walker.nextNode() !== null)
    if (walker.currentNode.parentElement?.checkVisibility() === true) texts.push(walker.currentNode.nodeValue ?? "");
  return texts.join(" ");
}

async function scrollTo(box: HTMLElement, top: number): Promise<void> {
  const scrolled = new Promise((resolve) => box.addEventListener("scroll", resolve, { once: true }));
  box.scrollTop = top;
  await scrolled;
}

const drops = (seen: readonly Sight[]): Sight[] =>
  seen.filter(({ words }, at) => at > 0 && words.length < seen[at - 1]!.words.length);
const doubled = (seen: readonly Sight[]): Sight[] => seen.filter(({ words }) => new Set(words).size < words.length);

describe("an answer that is written again", () => {
  const cases = {
    "with the same words": paragraphs(40),
    "with other words": paragraphs(40).toReversed(),
    "in another form": paragraphs(40, "**").map((text) => `- ${text}`),
    "with a preface": ["w900 w901\n\n", ...paragraphs(40)],
  };
  for (const [how, second] of Object.entries(cases)) {
    it(`${how} never shows a word twice and does not move the view, at any frame`, async () => {
      const element = await mount();
      const seen = await watch(element, rewritten(paragraphs(30), second), (at) => {
        // The reader looks at something earlier from here on.
        if (at === 20) return scrollTo(element.find(".scroller"), 60);
      });
      expect(doubled(seen)).to.deep.equal([]);
      // Marks count as text that has arrived: only without any does the new text come as long as the old.
      if (how !== "in another form") expect(drops(seen)).to.deep.equal([]);
      expect([...new Set(seen.slice(21).map(({ top }) => top))]).to.deep.equal([60]);
      expect(seen.at(-1)!.words).to.deep.equal(second.join("").match(/w\d+/g));
      expect(element.has("[part~=voided]")).to.equal(false);
    });
  }

  it("keeps its end in view for a reader who follows it", async () => {
    const element = await mount();
    const seen = await watch(element, rewritten(paragraphs(30), paragraphs(40).toReversed()), () => {});
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    const box = element.find(".scroller");
    expect(seen.at(-1)!.top).to.be.greaterThan(0);
    expect(box.scrollHeight - box.clientHeight - box.scrollTop).to.be.lessThan(2);
  });
});
