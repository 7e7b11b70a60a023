import { expect } from "@esm-bundle/chai";
import axe from "axe-core";
import { answered, asked, growing, mount, words } from "./fake-chat.ts";
import type { FakeStream } from "./fake-chat.ts";

const frame = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve));
const file = (name: string): File => new File(["text"], name, { type: "text/plain" });

async function give(element: FakeStream, files: readonly File[]): Promise<void> {
  const transfer = new DataTransfer();
  for (const one of files) transfer.items.add(one);
  const init = { bubbles: true, cancelable: true, dataTransfer: transfer };
  element.find(".composer textarea").dispatchEvent(new DragEvent("drop", init));
  while (!element.has(".files")) await frame();
}

const STATES: Readonly<Record<string, (element: FakeStream) => Promise<void>>> = {
  "a question being edited": async (element) => {
    await element.show({ messages: [asked("?", { id: "q" }), answered([words("a")])] });
    element.find("[data-do=edit]").click();
    await element.updateComplete;
  },
  "versions and judgements": async (element) => {
    element.feedback = true;
    element.chat.family = [asked("1", { id: "q1" }), asked("2", { id: "q2" }), asked("2", { id: "q3" })];
    const usage = { input: 9, output: 9, reasoning: 0, cacheRead: 0, cacheWrite: 0, final: true, costUsd: 0.01 };
    await element.show({ messages: [asked("2", { id: "q3" }), answered([words("a")], { parent: "q3", usage })] });
    element.find("[data-do=good]").click();
    await element.updateComplete;
  },
  "messages that wait": async (element) => {
    const waiting = asked("Later", { id: "w", state: "queued", waiting: true });
    await element.show({ status: "streaming", messages: [asked("1"), growing("a"), waiting] });
  },
  "files, some refused": async (element) => {
    await give(element, [file("a.txt"), new File([new Uint8Array([255, 254])], "b.bin")]);
  },
  "a tool call with its result": async (element) => {
    const tool = {
      kind: "tool",
      seq: 2,
      callId: "c",
      name: "look",
      args: { a: 1 },
      argsText: "",
      state: "done",
    } as const;
    await element.show({ messages: [asked("?"), answered([{ ...tool, result: { b: 2 }, ms: 12 }, words("a")])] });
    for (const details of element.renderRoot.querySelectorAll("details")) details.open = true;
  },
};

describe("axe finds nothing", () => {
  for (const theme of ["light", "dark"]) {
    for (const [name, reach] of Object.entries(STATES)) {
      it(`in ${name}, ${theme}`, async () => {
        const element = await mount({ theme });
        document.body.style.background = theme === "dark" ? "#000" : "#fff";
        await reach(element);
        for (const animation of document.getAnimations()) animation.cancel();
        const { violations } = await axe.run(element, { rules: { region: { enabled: false } } });
        expect(violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))).to.deep.equal([]);
      });
    }
  }
});

describe("buttons", () => {
  it("are at least 24 CSS pixels wide and high", async () => {
    const element = await mount();
    element.feedback = true;
    element.chat.family = [asked("1", { id: "q1" }), asked("2", { id: "q2" })];
    await element.show({ messages: [asked("2", { id: "q2" }), answered([words("a")], { parent: "q2" })] });
    await give(element, [file("a.txt")]);
    const small = [...element.renderRoot.querySelectorAll("button")].filter((button) => {
      const { width, height } = button.getBoundingClientRect();
      return width < 24 || height < 24;
    });
    expect(small.map((button) => button.outerHTML)).to.deep.equal([]);
  });
});
