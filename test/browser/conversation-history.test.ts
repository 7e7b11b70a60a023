import { expect } from "@esm-bundle/chai";
import axe from "axe-core";
import { answered, asked, mount, words } from "./fake-chat.ts";
import type { FakeStream } from "./fake-chat.ts";

const frame = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve));
const LIST = "/v1/conversations";
const note = (id: string, title: string, updatedAt = Date.now()) => ({
  id,
  title,
  updatedAt,
  createdAt: 1,
  agent: "a",
});
const titles = (element: FakeStream): string[] =>
  Array.from(element.renderRoot.querySelectorAll(".history .title"), (title) => title.textContent);
const buttons = (element: FakeStream, selector: string): HTMLElement[] => [
  ...element.renderRoot.querySelectorAll<HTMLElement>(selector),
];

async function open(conversations: readonly object[]): Promise<FakeStream> {
  const element = await mount();
  element.chat.answers = { [LIST]: { conversations } };
  await element.show({ conversation: "c_1", messages: [asked("?"), answered([words("!")])] });
  element.find("[data-do=history]").click();
  while (!element.has(".history ul[aria-busy=false]")) await frame();
  await frame();
  return element;
}

describe("the reader's conversations", () => {
  it("are listed, the shown one marked, with the focus in the list; what is none is left out", async () => {
    const element = await open([note("c_1", "First"), note("c_2", "<b>Second</b>", 1e12), { id: 3 }]);
    expect(titles(element)).to.deep.equal(["First", "<b>Second</b>"]);
    expect(buttons(element, ".history [aria-current=true]").length).to.equal(1);
    expect(buttons(element, ".history .open .quiet")[1]?.textContent).to.equal("Sep 9, 2001");
    expect(element.shadowRoot?.activeElement).to.equal(element.find(".history"));
    const { violations } = await axe.run(element, { rules: { region: { enabled: false } } });
    expect(violations.map(({ id, nodes }) => `${id} ${nodes[0]?.html}`)).to.deep.equal([]);
  });

  it("are gone on with, and begun anew", async () => {
    const element = await open([note("c_1", "First"), note("c_2", "Second")]);
    buttons(element, ".history .open")[1]?.click();
    await element.updateComplete;
    expect(element.has(".history")).to.equal(false);
    element.find("[data-do=history]").click();
    await frame();
    await frame();
    element.find(".history .command").click();
    expect(element.chat.calls.filter((call) => call.startsWith("clear"))).to.deep.equal(["clear c_2", "clear"]);
  });

  it("give way to a new one by one press, beside a conversation that has begun", async () => {
    const element = await mount();
    expect(element.has("[data-do=begin]")).to.equal(false);
    await element.show({ messages: [asked("?"), answered([words("One")])] });
    element.find("[data-do=begin]").click();
    while (element.chat.calls.length === 0) await frame();
    expect(element.chat.calls).to.deep.equal(["clear"]);
    expect(element.shadowRoot!.activeElement).to.equal(element.find("textarea"));
  });

  it("are deleted by a second press; the shown one gives way to a new one", async () => {
    const element = await open([note("c_1", "First"), note("c_2", "Second")]);
    element.chat.answers = { [LIST]: { conversations: [note("c_2", "Second")] }, [`${LIST}/c_1`]: null };
    const bin = element.find(".history [aria-label='Delete “First”']");
    bin.click();
    await element.updateComplete;
    expect(bin.getAttribute("aria-label")).to.equal("Delete “First” for good");
    expect(element.chat.calls).to.deep.equal([`GET ${LIST}`]);
    bin.click();
    while (titles(element).length > 1) await frame();
    expect(element.chat.calls).to.deep.equal([`GET ${LIST}`, `DELETE ${LIST}/c_1`, "clear", `GET ${LIST}`]);
  });

  it("are closed with Escape, and the focus goes back to their button", async () => {
    const element = await open([]);
    expect(element.find(".history p").textContent).to.equal("No conversations yet");
    element.find(".history").dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    await element.updateComplete;
    expect(element.has(".history")).to.equal(false);
    expect(element.shadowRoot?.activeElement).to.equal(element.find("[data-do=history]"));
  });

  it("say why when they cannot be had", async () => {
    const element = await mount();
    element.find("[data-do=history]").click();
    while (!element.has(".history [role=alert]")) await frame();
    expect(element.find(".history [role=alert]").textContent).to.equal(`no ${LIST}`);
  });

  it("are not offered to who may only read one", async () => {
    const element = await mount({ readonly: "", conversation: "c_1" });
    await element.show({ messages: [asked("?"), answered([words("!")])] });
    expect(element.has("[data-do=history]")).to.equal(false);
  });

  it("are exported as Markdown", async () => {
    const saved: Promise<string>[] = [];
    const { createObjectURL } = URL;
    URL.createObjectURL = (blob) => (saved.push((blob as Blob).text()), createObjectURL(blob as Blob));
    const element = await open([note("c_1", "First")]);
    const source = { kind: "source", seq: 9, url: "https://e.example/a", title: "A [b]" } as const;
    await element.show({ messages: [asked("Why?"), answered([words("**So.**"), source])] });
    const { click } = HTMLAnchorElement.prototype;
    const names: string[] = [];
    HTMLAnchorElement.prototype.click = function () {
      names.push(this.download);
    };
    buttons(element, ".history .command")[1]?.click();
    HTMLAnchorElement.prototype.click = click;
    URL.createObjectURL = createObjectURL;
    expect(names[0]).to.match(/^Conversation \d{4}-\d\d-\d\d\.md$/);
    expect(await saved[0]).to.equal(
      "## You\n\nWhy?\n\n## Answer\n\n**So.**\n\n### Sources\n\n1. [A \\[b\\]](<https://e.example/a>)\n",
    );
  });
});
