import { expect } from "@esm-bundle/chai";
import { answered, asked, growing, mount, words } from "./fake-chat.ts";
import type { FakeStream } from "./fake-chat.ts";

const frame = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve));
const text = (element: FakeStream, selector: string): string =>
  element.find(selector).textContent.replace(/\s+/g, " ").trim();
const write = (field: HTMLTextAreaElement, value: string): void => {
  field.value = value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
};
const press = (field: Element, key: string): boolean =>
  field.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));

describe("editing a question", () => {
  const begin = async (): Promise<{ element: FakeStream; field: HTMLTextAreaElement }> => {
    const element = await mount();
    await element.show({ messages: [asked("Hello", { id: "q1" }), answered([words("Hi")], { parent: "q1" })] });
    element.find("[data-do=edit]").click();
    await element.updateComplete;
    await frame();
    return { element, field: element.find<HTMLTextAreaElement>(".edit textarea") };
  };

  it("takes the place of the question, has the focus, and asks anew with Enter", async () => {
    const { element, field } = await begin();
    expect(element.has(".bubble")).to.equal(false);
    expect(element.shadowRoot?.activeElement).to.equal(field);
    write(field, "Hello again");
    expect(press(field, "Enter")).to.equal(false);
    await element.updateComplete;
    expect(element.chat.calls).to.deep.equal(["edit q1 Hello again"]);
    expect(element.has(".edit")).to.equal(false);
    expect(element.shadowRoot?.activeElement).to.equal(element.find(".composer textarea"));
  });

  it("is left with Escape, as if nothing had been written, with the focus back on its button", async () => {
    const { element, field } = await begin();
    write(field, "Something else");
    press(field, "Escape");
    await frame();
    await frame();
    expect(text(element, ".bubble")).to.equal("Hello");
    expect(element.shadowRoot?.activeElement).to.equal(element.find("[data-do=edit]"));
    expect(element.chat.calls).to.deep.equal([]);
  });

  it("comes back with what was written and the reason when it could not even begin", async () => {
    const { element, field } = await begin();
    element.chat.edit = () => Promise.reject(new Error("The message's files are gone"));
    write(field, "Hello again");
    press(field, "Enter");
    await frame();
    await element.updateComplete;
    expect(element.find<HTMLTextAreaElement>(".edit textarea").value).to.equal("Hello again");
    expect(text(element, ".edit [role=alert]")).to.equal("The message's files are gone");
  });

  it("is offered where the conversation rests and may be written to", async () => {
    const { element } = await begin();
    await element.show({ status: "streaming", messages: [asked("1", { id: "q2" }), growing("…")] });
    expect(element.has("[data-do=edit]")).to.equal(false);
    element.readonly = true;
    await element.show({ status: "idle", messages: [asked("1", { id: "q2" }), answered([words("a")])] });
    expect(element.has("[data-do=edit]")).to.equal(false);
  });
});

describe("versions", () => {
  const first = asked("One", { id: "q1" });
  const second = asked("Two", { id: "q2" });
  const again = asked("Two", { id: "q3" });

  it("of a question are counted and gone through below it", async () => {
    const element = await mount();
    element.chat.family = [first, second];
    await element.show({ messages: [second, answered([words("b")], { parent: "q2" })] });
    expect(text(element, ".user .versions")).to.equal("2/2");
    expect(element.find(".user .versions").getAttribute("aria-label")).to.equal("Version 2 of 2");
    expect(element.has(".answer .versions")).to.equal(false);
    const [earlier, later] = element.renderRoot.querySelectorAll<HTMLButtonElement>(".user .turn");
    expect(later?.ariaDisabled).to.equal("true");
    later?.click();
    earlier?.click();
    expect(element.chat.calls).to.deep.equal(["showVersion q1"]);
  });

  it("of an answer to the same question are counted below the answer; the question then has one", async () => {
    const element = await mount();
    element.chat.family = [second, again];
    await element.show({ messages: [again, answered([words("b")], { parent: "q3" })] });
    expect(element.has(".user .versions")).to.equal(false);
    expect(text(element, ".answer .versions")).to.equal("2/2");
    element.find(".answer .turn").click();
    expect(element.chat.calls).to.deep.equal(["showVersion q2"]);
  });

  it("lead back to a question that failed, which can be changed", async () => {
    const element = await mount();
    const failed = asked("One", { id: "q1", state: "failed" });
    element.chat.family = [failed, second];
    await element.show({ messages: [failed] });
    expect(text(element, ".user .versions")).to.equal("1/2");
    element.renderRoot.querySelectorAll<HTMLButtonElement>(".user .turn")[1]?.click();
    element.find("[data-do=edit]").click();
    await element.updateComplete;
    expect(element.find<HTMLTextAreaElement>(".edit textarea").value).to.equal("One");
    expect(element.chat.calls).to.deep.equal(["showVersion q2"]);
  });

  it("keep the focus on the button that was pressed", async () => {
    const element = await mount();
    element.chat.family = [first, second];
    const branch = { q1: [first, answered([words("a")], { id: "a1" })], q2: [second, answered([words("b")])] };
    element.chat.showVersion = (id) => {
      element.chat.messages = branch[id as keyof typeof branch];
      element.requestUpdate();
    };
    await element.show({ messages: branch.q2 });
    element.find(".user .turn").focus();
    element.find(".user .turn").click();
    await element.updateComplete;
    await frame();
    expect(text(element, ".bubble")).to.equal("One");
    expect(element.shadowRoot?.activeElement).to.equal(element.find(".user .turn"));
  });
});

describe("messages that wait for their turn", () => {
  it("say so, and can be changed and taken back", async () => {
    const element = await mount();
    const waiting = asked("Later", { id: "w1", state: "queued", waiting: true });
    await element.show({ status: "streaming", messages: [asked("1"), growing("a"), waiting] });
    expect(text(element, ".user:last-child .quiet, [data-id=w1] .quiet")).to.equal("Sent when the answer is complete");
    element.find("[data-id=w1] [data-do=edit]").click();
    await element.updateComplete;
    write(element.find<HTMLTextAreaElement>(".edit textarea"), "Much later");
    press(element.find(".edit textarea"), "Enter");
    await element.updateComplete;
    element.find("[data-id=w1] [data-do=take-back]").click();
    expect(element.chat.calls).to.deep.equal(["edit w1 Much later", "takeBack w1"]);
  });

  it("are made with the button that sends, which stands beside the one that stops", async () => {
    const element = await mount();
    await element.show({ status: "streaming", messages: [asked("1"), growing("a")] });
    expect(element.has("[part~=send]")).to.equal(false);
    write(element.find<HTMLTextAreaElement>(".composer textarea"), "Next");
    await element.updateComplete;
    expect(element.has("[part~=stop]")).to.equal(true);
    element.find("[part~=send]").click();
    expect(element.chat.calls).to.deep.equal(["send Next"]);
  });
});

describe("what an answer took", () => {
  it("is told as far as the agent shows it", async () => {
    const element = await mount();
    const usage = { input: 1_000, output: 234, reasoning: 0, cacheRead: 0, cacheWrite: 0, final: true };
    const show = async (change: object): Promise<string> => {
      await element.show({ messages: [asked("?"), answered([words("a")], { id: crypto.randomUUID(), ...change })] });
      return text(element, ".actions > .quiet");
    };
    expect(await show({})).to.equal("2.4s");
    expect(await show({ usage, steps: 3 })).to.equal("2.4s · 3 steps · 1,234 tokens");
    expect(await show({ usage: { ...usage, costUsd: 0.001234 } })).to.equal("2.4s · 1,234 tokens · $0.0012");
    const timings = { totalMs: 125_000 };
    expect(await show({ timings })).to.equal("2m 5s");
  });

  it("includes how long it thought", async () => {
    const element = await mount();
    const thought = { kind: "reasoning", seq: 1, block: 0, text: "Hmm", open: false, ms: 3_200 } as const;
    await element.show({ messages: [asked("?"), answered([thought, words("a")])] });
    expect(text(element, ".thinking summary")).to.equal("Thoughts · 3.2s");
  });
});

describe("judging an answer", () => {
  it("is offered where the page wants it, tells the page, and can be taken back", async () => {
    const element = await mount();
    const told: unknown[] = [];
    element.addEventListener("ai-stream-feedback", ({ message, value }) => told.push([message, value]));
    await element.show({ messages: [asked("?"), answered([words("a")], { id: "a1" })] });
    expect(element.has("[data-do=good]")).to.equal(false);
    element.feedback = true;
    await element.show({ messages: [asked("?"), answered([words("a")], { id: "a1" })] });
    for (const value of ["good", "bad", "bad"]) {
      element.find(`[data-do=${value}]`).click();
      await element.updateComplete;
    }
    expect(told).to.deep.equal([
      ["a1", "good"],
      ["a1", "bad"],
      ["a1", null],
    ]);
    expect(element.find("[data-do=bad]").ariaPressed).to.equal("false");
    expect(element.chat.calls).to.deep.equal([]);
  });
});

describe("copying an answer", () => {
  it("gives programs that can show it what it looks like, and the others what was written", async () => {
    const written: Record<string, string>[] = [];
    const write = async (items: ClipboardItem[]): Promise<void> => {
      for (const item of items) {
        const parts = item.types.map(async (type) => [type, await (await item.getType(type)).text()]);
        written.push(Object.fromEntries(await Promise.all(parts)) as Record<string, string>);
      }
    };
    Object.defineProperty(navigator, "clipboard", { configurable: true, value: { write } });
    const element = await mount();
    const markdown =
      "**Bold** & [link](https://e.example/?a=1&b=2)\n\n```js\nlet a = 1 < 2;\nlet b;\n```\n\n- one\n- two";
    await element.show({ messages: [asked("?"), answered([words(markdown)])] });
    element.find("[data-do=answer]").click();
    while (written.length === 0) await frame();
    Reflect.deleteProperty(navigator, "clipboard");
    expect(written[0]?.["text/plain"]).to.equal(markdown);
    const page = new DOMParser().parseFromString(written[0]?.["text/html"] ?? "", "text/html");
    expect(page.querySelector("strong")?.textContent).to.equal("Bold");
    expect(page.querySelector("a")?.getAttribute("href")).to.equal("https://e.example/?a=1&b=2");
    expect(page.querySelector("pre code")?.textContent).to.equal("let a = 1 < 2;\nlet b;");
    expect(page.querySelectorAll("ul > li").length).to.equal(2);
    expect(page.querySelector("button, [class], [part], [style], svg")).to.equal(null);
  });
});
