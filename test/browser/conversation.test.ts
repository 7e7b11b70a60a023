import { expect } from "@esm-bundle/chai";
import type { AiStreamErrorEvent } from "../../widget/dom-events.ts";
import { answered, asked, growing, mount, words } from "./fake-chat.ts";
import type { FakeStream } from "./fake-chat.ts";

const LINES = "A line of an answer that is long enough.\n\n".repeat(60);
const frame = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve));
const text = (element: FakeStream, selector: string): string =>
  element.find(selector).textContent.replace(/\s+/g, " ").trim();
const type = (element: FakeStream, words: string): HTMLTextAreaElement => {
  const field = element.find<HTMLTextAreaElement>("textarea");
  field.value = words;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  return field;
};
const press = (field: Element, init: KeyboardEventInit): boolean =>
  field.dispatchEvent(new KeyboardEvent("keydown", { bubbles: true, cancelable: true, ...init }));

describe("the composer", () => {
  it("sends with Enter and empties itself", async () => {
    const element = await mount();
    const field = type(element, "Hello");
    expect(press(field, { key: "Enter" })).to.equal(false);
    await element.updateComplete;
    expect(element.chat.calls).to.deep.equal(["send Hello"]);
    expect(field.value).to.equal("");
  });

  it("begins a line with Shift+Enter", async () => {
    const element = await mount();
    expect(press(type(element, "Hello"), { key: "Enter", shiftKey: true })).to.equal(true);
    expect(element.chat.calls).to.deep.equal([]);
  });

  it("leaves Enter to an input method that is composing", async () => {
    const element = await mount();
    const field = type(element, "にほん");
    press(field, { key: "Enter", isComposing: true });
    press(field, { key: "Enter", keyCode: 229 } as KeyboardEventInit);
    expect(element.chat.calls).to.deep.equal([]);
  });

  it("does not send nothing", async () => {
    const element = await mount();
    press(type(element, "  \n "), { key: "Enter" });
    expect(element.chat.calls).to.deep.equal([]);
    expect(element.find<HTMLButtonElement>("[part~=send]").disabled).to.equal(true);
  });

  it("grows with its text up to a bound", async () => {
    const element = await mount();
    const height = () => element.find(".composer").getBoundingClientRect().height;
    const one = height();
    type(element, "a\nb\nc");
    await element.updateComplete;
    const three = height();
    type(element, "a\n".repeat(100));
    await element.updateComplete;
    expect(three).to.be.greaterThan(one + 20);
    expect(height()).to.be.lessThan(220);
  });

  it("stops with the button that sends, while an answer is on its way", async () => {
    const element = await mount();
    await element.show({ status: "streaming", messages: [asked("?"), growing("a")] });
    expect(element.has("[part~=send]")).to.equal(false);
    element.find("[part~=stop]").click();
    expect(element.chat.calls).to.deep.equal(["stop"]);
    await element.show({ status: "stopping" });
    expect(element.find<HTMLButtonElement>("[part~=stop]").disabled).to.equal(true);
    await element.show({
      status: "idle",
      messages: [asked("?"), answered([words("a")], { status: "cancelled", reason: "cancelled" })],
    });
    expect(element.has("[part~=send]")).to.equal(true);
    expect(text(element, ".note")).to.equal("Stopped.");
  });

  it("gets back what the conversation would not take", async () => {
    const element = await mount();
    element.chat.send = () => Promise.reject(new Error("no connection"));
    press(type(element, "Hello"), { key: "Enter" });
    await frame();
    expect(element.find<HTMLTextAreaElement>("textarea").value).to.equal("Hello");
  });

  it("gets the focus of the element", async () => {
    const element = await mount();
    element.focus();
    expect(element.shadowRoot?.activeElement).to.equal(element.find("textarea"));
  });
});

describe("the view", () => {
  const mountLong = async (): Promise<{ element: FakeStream; box: HTMLElement }> => {
    const element = await mount();
    await element.show({ status: "streaming", messages: [asked("?"), growing(LINES)] });
    return { element, box: element.find(".scroller") };
  };
  const fromEnd = (box: HTMLElement): number => box.scrollHeight - box.clientHeight - box.scrollTop;
  const scrollTo = async (box: HTMLElement, top: number): Promise<void> => {
    const scrolled = new Promise((resolve) => box.addEventListener("scroll", resolve, { once: true }));
    box.scrollTop = top;
    await scrolled;
    await frame();
  };

  it("follows the text as it grows", async () => {
    const { element, box } = await mountLong();
    expect(box.scrollHeight).to.be.greaterThan(box.clientHeight * 2);
    await element.show({ messages: [asked("?"), growing(LINES + LINES)] });
    expect(fromEnd(box)).to.be.lessThan(2);
  });

  it("stays where the reader scrolled to, and offers the way back", async () => {
    const { element, box } = await mountLong();
    await scrollTo(box, 300);
    await element.show({ messages: [asked("?"), growing(LINES + LINES)] });
    expect(box.scrollTop).to.equal(300);
    element.find("[data-do=jump]").click();
    await element.updateComplete;
    expect(fromEnd(box)).to.be.lessThan(2);
    expect(element.has("[data-do=jump]")).to.equal(false);
  });

  it("follows again when the reader returns to the end", async () => {
    const { element, box } = await mountLong();
    await scrollTo(box, 300);
    await scrollTo(box, box.scrollHeight);
    await element.show({ messages: [asked("?"), growing(LINES + LINES)] });
    expect(fromEnd(box)).to.be.lessThan(2);
  });

  it("follows again when the reader asks", async () => {
    const { element, box } = await mountLong();
    await scrollTo(box, 300);
    await element.send("next");
    await element.updateComplete;
    expect(fromEnd(box)).to.be.lessThan(2);
  });
});

describe("what is shown", () => {
  it("greets, offers starters, and asks the one that is chosen", async () => {
    const element = await mount();
    await element.show({ agent: { name: "a", greeting: "Welcome", starters: ["One", "Two"] } });
    expect(text(element, ".welcome p")).to.equal("Welcome");
    element.renderRoot.querySelectorAll<HTMLElement>("[part=starter]")[1]?.click();
    expect(element.chat.calls).to.deep.equal(["send Two"]);
  });

  it("labels the answers of a provider that must be labelled", async () => {
    const element = await mount();
    await element.show({
      agent: { name: "a", label: "demo provider" },
      messages: [asked("?"), answered([words("!")])],
    });
    expect(text(element, "[part=label]")).to.equal("demo provider");
  });

  it("folds the thinking away, with the tool calls and sources in their places", async () => {
    const element = await mount();
    const tool = { kind: "tool", seq: 2, block: 1, callId: "c", name: "search", args: {}, argsText: "{}" } as const;
    await element.show({
      messages: [
        asked("?"),
        answered([
          { kind: "reasoning", seq: 1, block: 0, text: "Hmm", open: false },
          { ...tool, state: "done", ms: 1234 },
          { ...tool, seq: 4, callId: "d", state: "failed", error: "no such order" },
          words("Done."),
          { kind: "source", seq: 9, url: "https://e.example/a", title: "A" },
          { kind: "source", seq: 10, url: "javascript:x()", title: "B" },
        ]),
      ],
    });
    expect(element.find<HTMLDetailsElement>("details").open).to.equal(false);
    const tools = [...element.renderRoot.querySelectorAll(".tool")].map((card) =>
      card.textContent.replace(/\s+/g, " ").trim(),
    );
    expect(tools).to.deep.equal(["search Done · 1.2 s", "search Failed no such order"]);
    expect(element.renderRoot.querySelectorAll(".sources li").length).to.equal(2);
    expect(
      [...element.renderRoot.querySelectorAll<HTMLAnchorElement>(".sources a")].map((link) => link.href),
    ).to.deep.equal(["https://e.example/a"]);
  });

  it("shows a refusal as what it is", async () => {
    const element = await mount();
    await element.show({
      messages: [
        asked("?"),
        answered([{ kind: "refusal", seq: 1, block: 0, text: "I will not.", open: false }], { reason: "refusal" }),
      ],
    });
    expect(text(element, "[part=refusal]")).to.equal("I will not.");
  });

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

  it("keeps voided text on screen, marked, until the new text has caught up with it", async () => {
    const element = await mount();
    const again = (now: string) =>
      element.show({
        messages: [asked("?"), answered([words(now, { open: true })], { status: "running", voided: "One two three" })],
      });
    await again("One ");
    expect(text(element, ".voided del")).to.equal("two three");
    await again("One two ");
    expect(text(element, ".voided del")).to.equal("three");
  });

  it("shows that it works before the first word", async () => {
    const element = await mount();
    await element.show({ status: "starting", messages: [asked("?")] });
    expect(element.renderRoot.querySelectorAll(".waiting").length).to.equal(1);
    await element.show({ status: "streaming", messages: [asked("?"), answered([], { status: "running" })] });
    expect(element.renderRoot.querySelectorAll(".waiting").length).to.equal(1);
    await element.show({ messages: [asked("?"), growing("Word")] });
    expect(element.has(".waiting")).to.equal(false);
  });

  it("is silent about a connection that is well, and says what is wrong otherwise", async () => {
    const element = await mount();
    const line = async (connection: FakeStream["connection"]): Promise<string> => {
      await element.show({ connection });
      return text(element, ".connection");
    };
    expect(await line({ state: "idle", transport: null })).to.equal("");
    expect(await line({ state: "open", transport: "ws" })).to.equal("");
    expect(await line({ state: "open", transport: "ws", detail: "retrying provider" })).to.equal("retrying provider");
    expect(await line({ state: "offline", transport: null })).to.match(/offline/);
    expect(await line({ state: "waiting", transport: "ws", retryInMs: 1000 })).to.match(/Reconnecting/);
    element.find(".connection button").click();
    expect(element.chat.calls).to.deep.equal(["reconnect"]);
    const error = { code: "forbidden", message: "Not from this page", retryable: false } as const;
    expect(await line({ state: "failed", transport: null, error })).to.match(/Not from this page/);
  });

  it("copies an answer as it was written, and a listing as its code", async () => {
    const copied: string[] = [];
    const clipboard = { writeText: (words: string) => Promise.resolve(void copied.push(words)) };
    Object.defineProperty(navigator, "clipboard", { configurable: true, value: clipboard });
    const element = await mount();
    const code = Array.from({ length: 200 }, (_, line) => `line ${line}`).join("\n");
    const markdown = `**Bold**\n\n\`\`\`js\n${code}\n\`\`\``;
    await element.show({ status: "streaming", messages: [asked("?"), growing(markdown)] });
    await element.show({ status: "idle", messages: [asked("?"), answered([words(markdown)])] });
    element.find("[data-copy=code]").click();
    element.find("[data-copy=answer]").click();
    await frame();
    expect(copied).to.deep.equal([code, markdown]);
    expect(element.find("[data-copy=answer]").hasAttribute("data-done")).to.equal(true);
    Reflect.deleteProperty(navigator, "clipboard");
  });

  it("asks for another answer to the last question only", async () => {
    const element = await mount();
    await element.show({ messages: [asked("1"), answered([words("a")]), asked("2"), answered([words("b")])] });
    const buttons = element.renderRoot.querySelectorAll<HTMLElement>("[data-do=regenerate]");
    expect(buttons.length).to.equal(1);
    buttons[0]?.click();
    expect(element.chat.calls).to.deep.equal(["regenerate"]);
  });

  it("offers no writing where it is read-only", async () => {
    const element = await mount({ readonly: "" });
    await element.show({ agent: { name: "a", starters: ["One"] } });
    expect(element.has("textarea, [part=starter]")).to.equal(false);
    await element.show({ messages: [asked("1"), answered([words("a")])] });
    expect(element.has("[data-do]")).to.equal(false);
  });

  it("takes the page's own words for its labels", async () => {
    const element = await mount();
    element.labels = { send: "Senden" };
    await element.updateComplete;
    expect(element.find("[part~=send]").getAttribute("aria-label")).to.equal("Senden");
  });
});

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
    expect(warnings).to.deep.equal(['<ai-stream> mode: found "hologram", expected "chat" or "answer"; showing "chat"']);
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
