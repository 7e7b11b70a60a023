import { expect } from "@esm-bundle/chai";
import type { AssistantMessage } from "../../widget/chat.ts";
import { answered, asked, mount, words } from "./fake-chat.ts";
import type { FakeStream } from "./fake-chat.ts";

const frame = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve));
const text = (element: FakeStream, selector: string): string =>
  element.find(selector).textContent.replace(/\s+/g, " ").trim();

describe("an answer that does not simply end", () => {
  for (const [reason, note] of [
    ["length", "The answer reached its length limit."],
    ["interrupted", "The answer was interrupted. What had arrived is above."],
    ["budget", "The answer reached its spending limit."],
    ["content_filter", "The answer was withheld by a content filter."],
  ] as const) {
    it(`says that an answer ended for ${reason}, and keeps its text`, async () => {
      const element = await mount();
      await element.show({ messages: [asked("?"), answered([words("Half of")], { reason })] });
      expect(text(element, ".note")).to.equal(note);
      expect(text(element, ".md")).to.equal("Half of");
    });
  }

  it("says nothing where an answer simply ended", async () => {
    const element = await mount();
    await element.show({ messages: [asked("?"), answered([words("All of it")])] });
    expect(element.has(".note")).to.equal(false);
  });

  it("tells why an answer failed and tries again", async () => {
    const element = await mount();
    const error = { code: "provider_overloaded", message: "The provider is overloaded", retryable: true } as const;
    await element.show({ messages: [asked("?"), answered([], { status: "error", end: { reason: "error", error } })] });
    expect(text(element, ".error span")).to.equal("The provider is overloaded");
    element.find(".error button").click();
    expect(element.chat.calls).to.deep.equal(["retry"]);
  });

  it("tells why a message was refused and tries again", async () => {
    const element = await mount();
    const error = { code: "rate_limited", message: "Too many messages", retryable: true } as const;
    await element.show({ messages: [asked("?", { state: "failed", error })] });
    expect(text(element, ".error span")).to.equal("Too many messages");
    element.find(".error button").click();
    expect(element.chat.calls).to.deep.equal(["retry"]);
  });

  it("marks voided text without touching its nodes, and unmarks what was written again alike", async () => {
    const element = await mount();
    const shown = (block: number, change: Partial<AssistantMessage>) =>
      element.show({
        messages: [
          asked("?"),
          answered([words("One *two*\n\nthree", { block, seq: block + 3, open: true })], {
            status: "running",
            ...change,
          }),
        ],
      });
    await shown(0, {});
    const nodes = [...element.find(".md .run").childNodes];
    await shown(0, { voided: true });
    expect(element.find("[part~=voided]").getAttribute("role")).to.equal("deletion");
    expect(text(element, ".answer > .quiet")).to.equal("Being written again");
    await shown(1, {});
    expect(element.has("[part~=voided], [role=deletion], .answer > .quiet")).to.equal(false);
    expect([...element.find(".md .run").childNodes]).to.deep.equal(nodes);
  });

  it("marks a prepared text as one that no model wrote, for the eye and for assistive technology", async () => {
    const element = await mount();
    await element.show({ messages: [asked("?"), answered([words("We are back soon.", { canned: true })])] });
    const box = element.find("[part=canned]");
    expect(box.getAttribute("role")).to.equal("group");
    expect(box.getAttribute("aria-label")).to.equal("Prepared text, not written by a model");
    expect(text(element, "[part=canned] .chip")).to.equal("Prepared text, not written by a model");
    expect(text(element, "[part=canned] [part~=text]")).to.equal("We are back soon.");
  });

  for (const reason of ["interrupted", "budget"] as const) {
    it(`offers to go on, in words the reader sees, where an answer ended for ${reason}`, async () => {
      const element = await mount();
      element.labels = { continueInput: "Please go on" };
      const cut = answered([words("Half of")], { status: "interrupted", reason });
      await element.show({ messages: [asked("?"), cut] });
      element.find("[part=continue]").click();
      element.find(".decision [data-do=retry]").click();
      expect(element.chat.calls).to.deep.equal(["send Please go on", "retry"]);
      expect(element.has("[data-do=regenerate]")).to.equal(false);
      await element.show({ status: "streaming" });
      expect(element.has("[part=continue]")).to.equal(false);
      await element.show({ status: "idle", messages: [asked("?"), cut, asked("!"), answered([words("All.")])] });
      expect(element.has("[part=continue]")).to.equal(false);
    });
  }

  it("does not offer to go on where nobody may write, or where what is asked is not shown", async () => {
    for (const attributes of [{ readonly: "" }, { mode: "answer" }]) {
      const element = await mount(attributes as Record<string, string>);
      await element.show({ messages: [asked("?"), answered([words("Half")], { status: "interrupted" })] });
      expect(element.has("[part=continue]")).to.equal(false);
    }
  });

  it("says in words when asking again may help, until then", async () => {
    const element = await mount();
    const error = { code: "circuit_open", message: "The provider rests", retryable: true } as const;
    const told = async (inMs: number): Promise<string> => {
      const failed = { status: "error", end: { reason: "error", error }, retryAt: Date.now() + inMs } as const;
      await element.show({ messages: [asked("?"), answered([], failed)] });
      return text(element, ".error");
    };
    expect(await told(12_000)).to.equal("The provider rests Try again in 12 seconds. Try again");
    expect(await told(5 * 60_000)).to.match(/in 5 minutes/);
    expect(await told(7 * 3_600_000)).to.match(/in 7 hours/);
    await told(1_500);
    while (text(element, ".error").includes("in 2 seconds")) await frame();
    expect(text(element, ".error")).to.match(/in 1 second\./);
    while (text(element, ".error").includes("in 1 second")) await frame();
    expect(text(element, ".error")).to.equal("The provider rests Try again");
  });
});
