import { expect } from "@esm-bundle/chai";
import axe from "axe-core";
import { answered, asked, growing, mount, words } from "./fake-chat.ts";
import type { FakeChat, FakeStream } from "./fake-chat.ts";
import { pasteOf } from "./in-any-engine.ts";

const MARKDOWN = `# Title

Some **bold** text, \`code\`, a [link](https://e.example/) and ![an image](https://e.example/i.png).

- [x] done
- [ ] open

> quoted

| a | b |
|---|---|
| 1 | 2 |

\`\`\`js
const aLongLine = "${"x".repeat(200)}";
\`\`\``;
const error = { code: "provider_overloaded", message: "The provider is overloaded", retryable: true } as const;
const tool = {
  kind: "tool",
  seq: 2,
  block: 1,
  callId: "c",
  name: "search",
  args: {},
  argsText: "{}",
  state: "running",
} as const;

const STATES: Readonly<Record<string, Partial<FakeChat>>> = {
  empty: { agent: { name: "a", greeting: "Welcome", starters: ["One", "Two"] } },
  waiting: { status: "starting", messages: [asked("?")] },
  streaming: {
    status: "streaming",
    agent: { name: "a", label: "demo provider" },
    messages: [
      asked("?"),
      answered(
        [{ kind: "reasoning", seq: 1, block: 0, text: "Hmm", open: false }, tool, words("It is **so", { open: true })],
        { status: "running" },
      ),
    ],
  },
  deciding: {
    status: "streaming",
    messages: [
      asked("?"),
      answered([{ ...tool, state: "awaiting", approval: true, args: { usd: 9 } }], { status: "running" }),
    ],
  },
  complete: {
    messages: [asked("?"), answered([words(MARKDOWN), { kind: "source", seq: 9, url: "https://e.example/a" }])],
  },
  rewriting: {
    status: "streaming",
    messages: [asked("?"), answered([words("One", { open: true })], { status: "running", voided: true })],
  },
  interrupted: { messages: [asked("?"), answered([words("Half")], { status: "interrupted", reason: "interrupted" })] },
  cut: {
    messages: [
      asked("?"),
      answered([words("Half")], { status: "interrupted", reason: "budget", retryAt: Date.now() + 90_000 }),
    ],
  },
  prepared: { messages: [asked("?"), answered([words("We are back soon.", { canned: true })])] },
  failed: { messages: [asked("?"), answered([], { status: "error", end: { reason: "error", error } })] },
  refused: { messages: [asked("?", { state: "failed", error })] },
  reconnecting: {
    status: "streaming",
    connection: { state: "waiting", transport: "ws" },
    messages: [asked("?"), growing("Half")],
  },
  thinking: {
    status: "streaming",
    messages: [
      asked("?"),
      answered([{ kind: "reasoning", seq: 1, block: 0, text: "Let me see", open: true }], { status: "running" }),
    ],
  },
  offline: {
    status: "streaming",
    connection: { state: "offline", transport: "ws" },
    messages: [asked("?", { attachments: [{ name: "plan.pdf", mediaType: "application/pdf" }] }), growing("Half")],
  },
  queued: {
    status: "streaming",
    messages: [asked("?"), growing("Half"), asked("And?", { id: "m_r", state: "queued" })],
  },
  disconnected: { connection: { state: "failed", transport: null, error } },
};

/** What axe finds, as text that says where. */
async function violations(element: FakeStream): Promise<string[]> {
  const rules = {
    region: { enabled: false },
    "page-has-heading-one": { enabled: false },
    "landmark-one-main": { enabled: false },
  };
  const { violations } = await axe.run(element, { rules });
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary ?? ""}`),
  );
}

/** Entrance and pulse animations would be measured half transparent. */
const calm = (element: FakeStream): void => {
  for (const animation of element.shadowRoot!.getAnimations()) animation.cancel();
};

const nextFrame = (): Promise<unknown> => new Promise((resolve) => requestAnimationFrame(resolve));

/** What other colours and directions change is measured in one engine: `test/e2e/looks.test.ts`. */
describe("axe finds nothing", () => {
  for (const [name, state] of Object.entries(STATES)) {
    it(`in the state ${name}`, async () => {
      const element = await mount();
      await element.show(state);
      calm(element);
      expect(await violations(element)).to.deep.equal([]);
    });
  }

  it("in answer mode and with a wrong attribute", async () => {
    const answer = await mount({ mode: "answer" });
    await answer.show(STATES["complete"]!);
    expect(await violations(answer)).to.deep.equal([]);
    expect(await violations(await mount({ endpoint: "nope:" }))).to.deep.equal([]);
  });

  it("with the list of conversations open", async () => {
    const element = await mount();
    const note = { agent: "a", createdAt: 1_700_000_000_000, updatedAt: 1_700_000_000_000 };
    const conversations = [
      { ...note, id: "c_1", title: "Basil" },
      { ...note, id: "c_2", title: "Rosemary" },
    ];
    await element.show({
      messages: [asked("?"), answered([words("One")])],
      conversation: "c_1",
      answers: { "/v1/conversations": { conversations } },
    });
    element.find("[data-do=history]").click();
    while (!element.has("[part~=history] li")) await nextFrame();
    calm(element);
    expect(await violations(element)).to.deep.equal([]);
  });

  it("with files about to be sent, a message being changed and answers to judge", async () => {
    const element = await mount({ feedback: "" });
    await element.show({ messages: [asked("?"), answered([words("One")])] });
    const files = new DataTransfer();
    files.items.add(new File(["Hello"], "notes.txt", { type: "text/plain" }));
    element.find("textarea").dispatchEvent(pasteOf(files));
    while (!element.has("[part~=files], .files")) await nextFrame();
    element.find("[data-do=edit]").click();
    while (!element.has(".edit")) await nextFrame();
    calm(element);
    expect(await violations(element)).to.deep.equal([]);
  });

  it("in a bubble, closed, with news, and open", async () => {
    const element = await mount({ mode: "bubble" });
    while (!element.has(".launcher")) await nextFrame();
    calm(element);
    expect(await violations(element)).to.deep.equal([]);
    await element.show(STATES["streaming"]!);
    await element.show(STATES["complete"]!);
    await element.show({ status: "idle" });
    expect(await violations(element)).to.deep.equal([]);
    element.open = true;
    await element.updateComplete;
    calm(element);
    expect(await violations(element)).to.deep.equal([]);
  });
});

/** 1280 CSS pixels at 400 %. */
const NARROW_PX = 320;

describe("at 400 % zoom", () => {
  for (const [name, state] of Object.entries(STATES)) {
    it(`nothing is lost to the side in the state ${name}`, async () => {
      const element = await mount();
      element.style.inlineSize = `${NARROW_PX}px`;
      await element.show(state);
      const box = element.find(".scroller");
      expect(box.scrollWidth).to.be.at.most(box.clientWidth);
      for (const button of element.renderRoot.querySelectorAll("button")) {
        const { left, right } = button.getBoundingClientRect();
        const { left: from, right: to } = element.getBoundingClientRect();
        // A wide listing or table scrolls by itself.
        if (button.closest("figure, .table") !== null) continue;
        expect(left, button.outerHTML).to.be.at.least(from);
        expect(right, button.outerHTML).to.be.at.most(to);
      }
    });
  }
});

describe("what fingers meet", () => {
  it("is at least 24 pixels each way, but for words within a line", async () => {
    for (const state of Object.values(STATES)) {
      const element = await mount();
      await element.show(state);
      for (const button of element.renderRoot.querySelectorAll("button")) {
        const { width, height } = button.getBoundingClientRect();
        expect(Math.min(width, height), button.outerHTML).to.be.at.least(24);
      }
    }
  });
});

describe("on a page that makes its root's font small", () => {
  after(() => document.documentElement.removeAttribute("style"));

  it("text and buttons keep their size", async () => {
    document.documentElement.style.fontSize = "62.5%";
    const element = await mount();
    await element.show(STATES["complete"]!);
    const textPx = (selector: string): number => Number.parseFloat(getComputedStyle(element.find(selector)).fontSize);
    expect(textPx(".md p")).to.be.at.least(15);
    expect(textPx(".actions .quiet")).to.be.at.least(13);
    for (const button of element.renderRoot.querySelectorAll("button")) {
      const { width, height } = button.getBoundingClientRect();
      expect(Math.min(width, height), button.outerHTML).to.be.at.least(24);
    }
  });
});

describe("buttons that come later", () => {
  it("are at least 24 pixels wide and high", async () => {
    const element = await mount({ feedback: "" });
    element.chat.family = [asked("1", { id: "q1" }), asked("2", { id: "q2" })];
    await element.show({ messages: [asked("2", { id: "q2" }), answered([words("a")], { parent: "q2" })] });
    const files = new DataTransfer();
    files.items.add(new File(["Hello"], "notes.txt", { type: "text/plain" }));
    element.find("textarea").dispatchEvent(pasteOf(files));
    while (!element.has(".files button")) await nextFrame();
    const small = [...element.renderRoot.querySelectorAll("button")].filter((button) => {
      const { width, height } = button.getBoundingClientRect();
      return width < 24 || height < 24;
    });
    expect(small.map((button) => button.outerHTML)).to.deep.equal([]);
  });
});

describe("the live region", () => {
  const said = (element: FakeStream): string[] =>
    Array.from(element.find(".spoken").children, (line) => line.textContent);
  const SENTENCE = "This is the **first** sentence of the answer. ";

  it("is given each sentence once", async () => {
    const element = await mount();
    for (const text of [SENTENCE.slice(0, 20), SENTENCE, `${SENTENCE}And`])
      await element.show({ messages: [asked("?"), growing(text)] });
    expect(said(element)).to.deep.equal(["This is the first sentence of the answer."]);
  });

  it("says as much as `verbosity` allows", async () => {
    const silent = await mount({ verbosity: "off" });
    await silent.show({ messages: [asked("?"), growing(SENTENCE)] });
    expect(said(silent)).to.deep.equal([]);
    expect(silent.has("[role=status], [role=alert]")).to.equal(false);
    const brief = await mount({ verbosity: "status" });
    await brief.show({ messages: [asked("?"), growing(SENTENCE)] });
    expect(said(brief)).to.deep.equal(["The answer is being written."]);
  });

  it("keeps no more than what may still be waiting for its turn", async () => {
    const element = await mount();
    for (let turn = 0; turn < 20; turn++) {
      const id = `m_${turn}`;
      await element.show({ messages: [asked("?"), { ...growing("Half"), id }] });
      await element.show({
        messages: [asked("?"), answered([words("Half")], { id, status: "interrupted", reason: "interrupted" })],
      });
    }
    expect(said(element)).to.have.length(8);
  });
});
