import { expect } from "@esm-bundle/chai";
import { answered, asked, mount, words } from "./fake-chat.ts";
import type { FakeStream } from "./fake-chat.ts";

const frame = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve));
const scope = globalThis as unknown as Record<string, unknown>;

/** The browser's own ear, by a test's hand. */
class FakeRecognition extends EventTarget {
  static latest: FakeRecognition;
  lang = "";
  constructor() {
    super();
    FakeRecognition.latest = this;
  }
  start(): void {}
  stop(): void {
    this.dispatchEvent(new Event("end"));
  }
  abort(): void {}
  hear(...pieces: readonly string[]): void {
    const results = pieces.map((transcript) => [{ transcript }]);
    this.dispatchEvent(Object.assign(new Event("result"), { results }));
  }
}

/** The browser's own voice: keeps what it is given until the test has it said. */
async function withVoice(run: (said: SpeechSynthesisUtterance[]) => Promise<void>): Promise<void> {
  const said: SpeechSynthesisUtterance[] = [];
  const voice = {
    speak: (utterance: SpeechSynthesisUtterance) => said.push(utterance),
    cancel: () => (said.length = 0),
  };
  const original = Object.getOwnPropertyDescriptor(globalThis, "speechSynthesis");
  Object.defineProperty(globalThis, "speechSynthesis", { configurable: true, value: voice });
  try {
    await run(said);
  } finally {
    if (original === undefined) Reflect.deleteProperty(globalThis, "speechSynthesis");
    else Object.defineProperty(globalThis, "speechSynthesis", original);
  }
}

const label = (element: FakeStream, selector: string): string | null =>
  element.find(selector).getAttribute("aria-label");

describe("reading aloud", () => {
  it("reads the sentences of an answer without its code, and stops with the same button", async () => {
    await withVoice(async (said) => {
      const element = await mount({ lang: "en-GB" });
      await element.show({
        messages: [asked("?"), answered([words("First **one**. Then two.\n\n```js\nsecret()\n```\n\n- three")])],
      });
      element.find("[data-do=read]").click();
      while (said.length === 0) await frame();
      expect(said.map(({ text }) => text)).to.deep.equal(["First one.", "Then two.", "three"]);
      expect(said[0]?.lang).to.equal("en-GB");
      await element.updateComplete;
      expect(label(element, "[data-do=read]")).to.equal("Stop reading");
      element.find("[data-do=read]").click();
      while (label(element, "[data-do=read]") === "Stop reading") await frame();
      expect(said).to.deep.equal([]);
    });
  });

  it("is over when the last sentence was said, and when the element leaves the page", async () => {
    await withVoice(async (said) => {
      const element = await mount();
      await element.show({ messages: [asked("?"), answered([words("One. Two.")])] });
      element.find("[data-do=read]").click();
      while (said.length === 0) await frame();
      said.at(-1)?.dispatchEvent(new Event("end"));
      await element.updateComplete;
      expect(label(element, "[data-do=read]")).to.equal("Read aloud");
      element.find("[data-do=read]").click();
      while (label(element, "[data-do=read]") === "Read aloud") await frame();
      element.remove();
      expect(said).to.deep.equal([]);
    });
  });
});

describe("dictation", () => {
  it("writes what is heard behind what stands there, until it is pressed again", async () => {
    const { SpeechRecognition } = scope;
    scope["SpeechRecognition"] = FakeRecognition;
    const element = await mount({ lang: "de" });
    element.draft = "Dear";
    await element.updateComplete;
    element.find("[data-do=dictate]").click();
    while (element.find("[data-do=dictate]").ariaPressed !== "true") await frame();
    const ear = FakeRecognition.latest;
    expect(ear.lang).to.equal("de");
    ear.hear("rea");
    ear.hear("reader,", " hello");
    await element.updateComplete;
    expect(element.find<HTMLTextAreaElement>(".composer textarea").value).to.equal("Dear reader, hello");
    element.find("[data-do=dictate]").click();
    while (element.find("[data-do=dictate]").ariaPressed !== "false") await frame();
    if (SpeechRecognition === undefined) Reflect.deleteProperty(scope, "SpeechRecognition");
    else scope["SpeechRecognition"] = SpeechRecognition;
  });
});
