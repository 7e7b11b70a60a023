import { expect } from "@esm-bundle/chai";
import { asked, growing, mount } from "./fake-chat.ts";
import type { FakeStream } from "./fake-chat.ts";

const LINES = "A line of an answer that is long enough.\n\n".repeat(60);
/** Frames until what came into view has its own height instead of an estimated one, and following has seen it. */
const SETTLED_FRAMES = 4;
async function settled(): Promise<void> {
  for (let frame = 0; frame < SETTLED_FRAMES; frame++) await new Promise((resolve) => requestAnimationFrame(resolve));
}

describe("the view", () => {
  const mountLong = async (): Promise<{ element: FakeStream; box: HTMLElement }> => {
    const element = await mount();
    await element.show({ status: "streaming", messages: [asked("?"), growing(LINES)] });
    await settled();
    return { element, box: element.find(".scroller") };
  };
  const fromEnd = (box: HTMLElement): number => box.scrollHeight - box.clientHeight - box.scrollTop;
  const scrollTo = async (box: HTMLElement, top: number): Promise<void> => {
    const scrolled = new Promise((resolve) => box.addEventListener("scroll", resolve, { once: true }));
    box.scrollTop = top;
    await scrolled;
    await settled();
  };

  it("follows the text as it grows", async () => {
    const { element, box } = await mountLong();
    expect(box.scrollHeight).to.be.greaterThan(box.clientHeight * 2);
    await element.show({ messages: [asked("?"), growing(LINES + LINES)] });
    await settled();
    expect(fromEnd(box)).to.be.lessThan(2);
  });

  it("follows what comes after something was sent, though the browser moved the view when the text got shorter", async () => {
    const { element, box } = await mountLong();
    // Between two frames, as a key press comes: the scroll is told before the new height.
    await new Promise((resolve) => setTimeout(resolve));
    await element.send("Next");
    box.scrollTop -= 3;
    await element.show({ messages: [asked("?"), growing(LINES + LINES)] });
    await settled();
    expect(fromEnd(box)).to.be.lessThan(2);
  });

  it("stays where the reader scrolled to, and offers the way back", async () => {
    const { element, box } = await mountLong();
    await scrollTo(box, 300);
    await element.show({ messages: [asked("?"), growing(LINES + LINES)] });
    await settled();
    expect(box.scrollTop).to.equal(300);
    element.find("[data-do=jump]").click();
    await settled();
    expect(fromEnd(box)).to.be.lessThan(2);
    expect(element.has("[data-do=jump]")).to.equal(false);
  });

  it("follows again when the reader returns to the end", async () => {
    const { element, box } = await mountLong();
    await scrollTo(box, 300);
    await scrollTo(box, box.scrollHeight);
    await element.show({ messages: [asked("?"), growing(LINES + LINES)] });
    await settled();
    expect(fromEnd(box)).to.be.lessThan(2);
  });

  it("follows again when the reader asks", async () => {
    const { element, box } = await mountLong();
    await scrollTo(box, 300);
    await element.send("next");
    await settled();
    expect(fromEnd(box)).to.be.lessThan(2);
  });

  it("follows, lets go and comes back without an error of the page", async () => {
    const errors: string[] = [];
    const record = ({ message }: ErrorEvent): number => errors.push(message);
    window.addEventListener("error", record);
    const { element, box } = await mountLong();
    for (let times = 2; times < 12; times++) {
      await element.show({ messages: [asked("?"), growing(LINES.repeat(times))] });
      if (times % 3 === 0) await scrollTo(box, box.scrollHeight / 2);
      if (times % 3 === 1) await scrollTo(box, box.scrollHeight);
    }
    await settled();
    window.removeEventListener("error", record);
    expect(errors).to.deep.equal([]);
  });
});
