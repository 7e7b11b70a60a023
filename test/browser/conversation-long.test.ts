import { expect } from "@esm-bundle/chai";
import type { ChatMessage } from "../../widget/chat.ts";
import { answered, asked, growing, mount, words } from "./fake-chat.ts";
import type { FakeStream } from "./fake-chat.ts";

const MESSAGES = 1_000;
/** Three screens are near the view, and the last pages are always drawn; one page more at each end for what straddles. */
const MOST_DRAWN = 200;
const TEXT = "A paragraph with **some** markup and `code`.\n\n- one\n- two\n\n".repeat(3);

const conversation = (count: number): ChatMessage[] =>
  Array.from({ length: count / 2 }, (_, turn) => [
    asked(`Question ${turn}`, { id: `q${turn}` }),
    answered([words(`Answer ${turn}. ${TEXT}`)], { id: `a${turn}`, parent: `q${turn}` }),
  ]).flat();
const drawn = (element: FakeStream): string[] =>
  Array.from(element.renderRoot.querySelectorAll<HTMLElement>("article"), (article) => article.dataset["id"]!);
const frame = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve));
const until = async (check: () => boolean): Promise<void> => {
  while (!check()) await frame();
};
const isInView = (element: FakeStream, id: string): boolean => {
  const article = element.renderRoot.querySelector(`article[data-id=${id}]`);
  const box = element.find(".scroller").getBoundingClientRect();
  const place = article?.getBoundingClientRect();
  return place !== undefined && place.bottom > box.top && place.top < box.bottom;
};

describe("a conversation of 1,000 messages", () => {
  it("draws those near the view only, wherever the reader scrolls, and forgets the others again", async () => {
    const element = await mount();
    await element.parts.load("pages");
    await element.show({ messages: conversation(MESSAGES) });
    await until(() => isInView(element, "a499"));
    expect(drawn(element).length).to.be.lessThan(MOST_DRAWN);
    const box = element.find(".scroller");
    let most = 0;
    for (let part = 19; part > 0; part--) {
      box.scrollTop = (box.scrollHeight * part) / 20;
      await until(() => drawn(element).some((id) => isInView(element, id)));
      await frame();
      await frame();
      most = Math.max(most, drawn(element).length);
    }
    box.scrollTop = 0;
    await until(() => isInView(element, "q0"));
    await until(() => drawn(element).length < MOST_DRAWN);
    expect(most).to.be.lessThan(MOST_DRAWN);
    expect(drawn(element)).to.not.include("a250");
  });

  it("goes on at its end while an answer grows, without drawing the rest again", async () => {
    const element = await mount();
    await element.parts.load("pages");
    const before = conversation(MESSAGES);
    const streaming = { ...growing("One"), id: "live", parent: "q499" };
    await element.show({ status: "streaming", messages: [...before, streaming] });
    await until(() => isInView(element, "live"));
    const kept = element.find("article[data-id=a499]");
    for (let length = 1; length <= 20; length++) {
      await element.show({ messages: [...before, { ...growing(`${"More text. ".repeat(length * 20)}`), id: "live" }] });
    }
    await until(() => isInView(element, "live"));
    expect(element.find("article[data-id=a499]")).to.equal(kept);
    expect(drawn(element).length).to.be.lessThan(MOST_DRAWN);
  });

  it("keeps the words of what is not drawn for the browser's search, which leads to them", async () => {
    const element = await mount();
    await element.parts.load("pages");
    await element.show({ messages: conversation(MESSAGES) });
    await until(() => isInView(element, "a499"));
    expect(drawn(element)).to.not.include("a100");
    const words = element.find("[data-page='10'] > div");
    expect(words.getAttribute("hidden")).to.equal("until-found");
    expect(words.textContent).to.contain("Question 100\n\nAnswer 100. A paragraph with");
    words.dispatchEvent(new Event("beforematch", { bubbles: true }));
    await until(() => isInView(element, "a100"));
    expect(element.find("article[data-id=a100] strong").textContent).to.equal("some");
  });

  it("shows its last messages before the part that does this is loaded", async () => {
    const element = await mount();
    Object.defineProperty(element.parts, "need", { value: () => undefined });
    await element.show({ messages: conversation(MESSAGES) });
    expect(drawn(element).at(-1)).to.equal("a499");
    expect(drawn(element).length).to.equal(40);
  });
});
