import { expect } from "@esm-bundle/chai";
import { answered, asked, growing, mount, words } from "./fake-chat.ts";
import type { FakeStream } from "./fake-chat.ts";

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
    expect(tools).to.deep.equal(["search Done · 1.2s", "search Failed no such order"]);
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
    const retrying = { state: "open", transport: "ws", phase: "retrying", detail: "upstream_truncated" } as const;
    expect(await line(retrying)).to.equal("The provider failed. Asking again…");
    expect(await line({ state: "open", transport: "ws", phase: "live" })).to.equal("");
    expect(await line({ ...retrying, retryAt: Date.now() + 2_500 })).to.equal("The provider failed. Asking again…3s");
    expect(await line({ state: "open", transport: "ws", phase: "fallback", detail: "small-2" })).to.equal(
      "Another model takes over: small-2",
    );
    expect(await line({ state: "open", transport: "ws", phase: "resuming" })).to.match(/Resuming/);
    const busy = { code: "capacity", message: "The proxy is busy", retryable: true } as const;
    expect(await line({ state: "waiting", transport: "ws", error: busy })).to.match(/^The proxy is busy/);
    expect(await line({ state: "offline", transport: null })).to.match(/offline/);
    expect(await line({ state: "waiting", transport: "ws", retryInMs: 1000 })).to.match(/Reconnecting/);
    element.find(".connection button").click();
    expect(element.chat.calls).to.deep.equal(["reconnect"]);
    const error = { code: "forbidden", message: "Not from this page", retryable: false } as const;
    expect(await line({ state: "failed", transport: null, error })).to.match(/Not from this page/);
  });

  it("counts the seconds to the next attempt down, for the eye only", async () => {
    const element = await mount();
    await element.show({
      connection: { state: "waiting", transport: "ws", retryInMs: 1100, retryAt: Date.now() + 1100 },
    });
    expect(text(element, ".count")).to.equal("2s");
    expect(element.find(".count").getAttribute("aria-hidden")).to.equal("true");
    while (element.has(".count") && text(element, ".count") === "2s") await frame();
    expect(text(element, ".count")).to.equal("1s");
    while (element.has(".count")) await frame();
    expect(text(element, ".connection")).to.match(/Reconnecting/);
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
    element.find("[data-do=code]").click();
    element.find("[data-do=answer]").click();
    await frame();
    expect(copied).to.deep.equal([code, markdown]);
    expect(element.find("[data-do=answer]").hasAttribute("data-done")).to.equal(true);
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
    expect(element.has("[data-do]:not([data-do=answer], [data-do=read])")).to.equal(false);
  });

  it("takes the page's own words for its labels", async () => {
    const element = await mount();
    element.labels = { send: "Senden" };
    await element.updateComplete;
    expect(element.find("[part~=send]").getAttribute("aria-label")).to.equal("Senden");
  });
});
