import { expect } from "@esm-bundle/chai";
import type { AiStreamErrorEvent } from "../../widget/dom-events.ts";
import { answered, asked, mount, words } from "./fake-chat.ts";
import type { FakeStream } from "./fake-chat.ts";

const text = (element: FakeStream, selector: string): string =>
  element.find(selector).textContent.replace(/\s+/g, " ").trim();

describe("attributes", () => {
  for (const endpoint of ["", "ftp://proxy.example", "http://"]) {
    it(`tells what is wrong with endpoint=${JSON.stringify(endpoint)} and goes on without throwing`, async () => {
      const errors: AiStreamErrorEvent[] = [];
      const listen = (event: AiStreamErrorEvent): void => void errors.push(event);
      document.addEventListener("ai-stream-error", listen as EventListener);
      const element = await mount({ endpoint });
      document.removeEventListener("ai-stream-error", listen as EventListener);
      expect(errors.map(({ error }) => [error.code, error.field])).to.deep.equal([["invalid_request", "endpoint"]]);
      expect(text(element, "[role=alert]")).to.match(/^endpoint: found .+, expected /);
      expect(element.has("textarea")).to.equal(false);
      element.endpoint = "https://proxy.example";
      await element.updateComplete;
      expect(element.has("textarea")).to.equal(true);
      expect(element.chat.calls).to.deep.equal(["reconnect"]);
    });
  }

  it("asks the prompt once in answer mode, and shows only the answer", async () => {
    const element = await mount({ mode: "answer", prompt: "Why?" });
    expect(element.chat.calls).to.deep.equal(["send Why?"]);
    await element.show({ messages: [asked("Why?"), answered([words("Because.")])] });
    expect(element.has("textarea, .user")).to.equal(false);
    expect(text(element, ".md")).to.equal("Because.");
    element.prompt = "And now?";
    await element.updateComplete;
    expect(element.chat.calls).to.deep.equal(["send Why?", "clear", "send And now?"]);
  });

  it("shows an unknown mode as chat, with one warning", async () => {
    const warnings: unknown[] = [];
    const { warn } = console;
    console.warn = (...words: unknown[]) => void warnings.push(words.join(" "));
    const element = await mount({ mode: "hologram" });
    await element.show({});
    console.warn = warn;
    expect(element.has("textarea")).to.equal(true);
    expect(warnings).to.deep.equal([
      '<ai-stream> mode: found "hologram", expected one of "chat", "answer", "bubble"; taking "chat"',
    ]);
  });

  it("reconnects when what it connects to changes, and not otherwise", async () => {
    const element = await mount();
    element.placeholder = "Write";
    await element.updateComplete;
    expect(element.chat.calls).to.deep.equal([]);
    element.agent = "other";
    await element.updateComplete;
    expect(element.chat.calls).to.deep.equal(["reconnect"]);
  });
});
