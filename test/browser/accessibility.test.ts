import { expect } from "@esm-bundle/chai";
import axe from "axe-core";
import { answered, asked, growing, mount, words } from "./fake-chat.ts";
import type { FakeChat, FakeStream } from "./fake-chat.ts";

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

describe("axe finds nothing", () => {
  for (const theme of ["light", "dark"]) {
    for (const [name, state] of Object.entries(STATES)) {
      it(`in the state ${name}, ${theme}`, async () => {
        const element = await mount({ theme });
        document.body.style.background = theme === "dark" ? "#000" : "#fff";
        await element.show(state);
        // Entrance and pulse animations would be measured half transparent.
        for (const animation of document.getAnimations()) animation.cancel();
        expect(await violations(element)).to.deep.equal([]);
      });
    }
    it(`in answer mode and with a wrong attribute, ${theme}`, async () => {
      const answer = await mount({ theme, mode: "answer" });
      await answer.show(STATES["complete"] as Partial<FakeChat>);
      expect(await violations(answer)).to.deep.equal([]);
      expect(await violations(await mount({ theme, endpoint: "nope:" }))).to.deep.equal([]);
    });
  }
});

describe("the live region", () => {
  const said = (element: FakeStream): string[] =>
    Array.from(element.find(".spoken").children, (line) => line.textContent);

  it("says whole sentences, each once, without markup and code", async () => {
    const element = await mount();
    const text = "This is the **first** sentence of the answer. And here comes a second, longer sentence! ```";
    for (let to = 1; to <= text.length; to++)
      await element.show({ messages: [asked("?"), growing(text.slice(0, to))] });
    expect(said(element).join(" ")).to.equal(
      "This is the first sentence of the answer. And here comes a second, longer sentence!",
    );
    const whole = `${text}\n\n\`\`\`js\nlet secret;\n\`\`\`\n\nThe end`;
    await element.show({ messages: [asked("?"), answered([words(whole.replace(" ```", ""))])] });
    expect(said(element).join(" "))
      .to.match(/The end$/)
      .and.not.to.contain("secret");
  });

  it("says how an answer ended where that is not simply its end, and what no model wrote", async () => {
    const element = await mount();
    await element.show({ status: "streaming", messages: [asked("?"), growing("Half of")] });
    const cut = answered([words("Half of")], { status: "interrupted", reason: "budget" });
    await element.show({ status: "idle", messages: [asked("?"), cut] });
    expect(said(element)).to.deep.equal(["Half of", "The answer reached its spending limit."]);
    await element.show({ messages: [asked("!"), { ...growing(""), id: "m_b" }] });
    const prepared = answered([words("We are back soon.", { canned: true })], { id: "m_b" });
    await element.show({ messages: [asked("!"), prepared] });
    expect(said(element).slice(2)).to.deep.equal(["Prepared text, not written by a model", "We are back soon."]);
  });

  it("does not read out an answer that was there already", async () => {
    const element = await mount();
    await element.show({ messages: [asked("?"), answered([words("An old answer. It was read long ago.")])] });
    expect(said(element)).to.deep.equal([]);
  });
});
