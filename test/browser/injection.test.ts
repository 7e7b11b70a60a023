/** Nothing of the corpus runs, none of it makes a request to another host, and none leaves anything but words and safe links. */
import { expect } from "@esm-bundle/chai";
import type { ToolBlock } from "../../protocol/index.ts";
import { loadEntities } from "../../widget/render/entities.ts";
import { MarkdownView } from "../../widget/render/markdown-view.ts";
import { answered, asked, mount, words } from "./fake-chat.ts";
import { CORPUS, SHORT } from "./injection-corpus.ts";
import { idle, TELLS_FAILED_REQUESTS } from "./in-any-engine.ts";

const CONTEXT = { copy: "Copy", image: "Image", table: "Table" };

/** WebKit does not always list requests that failed: that they would be seen is proven in the other engines. */
const FAILED_ARE_LISTED = navigator.vendor !== "Apple Computer, Inc.";
const ASKED = ["https://planted.example/x.png"];

const page = window as unknown as { planted?: () => void };

/** What runs and what is asked for while `act` does its work and after. */
async function watch(act: () => Promise<void>): Promise<{ ran: number; asked: string[] }> {
  let ran = 0;
  page.planted = () => ran++;
  const asked: string[] = [];
  const observer = new PerformanceObserver((list) => asked.push(...list.getEntries().map(({ name }) => name)));
  observer.observe({ type: "resource" });
  try {
    await act();
    // Requests are made, and handlers of what failed to load are called, in later tasks.
    for (let turn = 0; turn < 3; turn++) await idle();
    asked.push(...observer.takeRecords().map(({ name }) => name));
  } finally {
    observer.disconnect();
    delete page.planted;
  }
  return { ran, asked: asked.filter((name) => name.includes("planted")) };
}

const FORBIDDEN =
  "script, img, iframe, frame, object, embed, style, link, base, meta, form, svg, video, audio, source, track, template, slot, portal, use, image, maction, annotation-xml";

/** What an answer may leave in the page. */
function expectHarmless(root: Element, from: string): void {
  expect(root.querySelectorAll(FORBIDDEN).length, from).to.equal(0);
  for (const node of root.querySelectorAll("*")) {
    for (const name of node.getAttributeNames())
      expect(name, from).not.to.match(/^on|^style$|src|^id$|^name$|^action$|^formaction$|^ping$|^background$|^xlink/);
    if (node.hasAttribute("href") && node.localName !== "a") expect.fail(`${node.localName} has an address: ${from}`);
  }
  for (const link of root.querySelectorAll("a")) {
    expect(link.getAttribute("href"), from).to.match(/^(?:https?:\/\/|mailto:|tel:)/);
    expect(["http:", "https:", "mailto:", "tel:"], from).to.include(link.protocol);
    expect(link.rel, from).to.equal("noopener noreferrer nofollow");
    expect(link.target, from).to.equal("_blank");
  }
}

describe("a planted text", () => {
  before(() => loadEntities());

  it("would be noticed if it ran or asked for something", async () => {
    const seen = await watch(async () => {
      const image = document.createElement("img");
      const failed = new Promise((resolve) => image.addEventListener("error", resolve));
      image.addEventListener("error", () => page.planted?.());
      image.src = "https://planted.example/x.png";
      await failed;
    });
    expect(seen.ran).to.equal(1);
    if (TELLS_FAILED_REQUESTS) expect(seen.asked).to.deep.equal(ASKED);
  });

  it(`runs nothing and asks for nothing, whole and at every character (${CORPUS.length} texts)`, async () => {
    const seen = await watch(async () => {
      for (const text of CORPUS) {
        const root = document.createElement("div");
        document.body.replaceChildren(root);
        const view = new MarkdownView(root);
        for (let to = 1; to <= text.length; to++) {
          view.update(text.slice(0, to), true, CONTEXT);
          if (to % 8 === 0) expectHarmless(root, text.slice(0, to));
        }
        view.update(text, false, CONTEXT);
        expectHarmless(root, text);
      }
    });
    expect(seen).to.deep.equal({ ran: 0, asked: [] });
  }).timeout(60_000);

  it("does neither once formulas are typeset and code has its colours", async () => {
    const root = document.createElement("div");
    document.body.replaceChildren(root);
    const lazy = CORPUS.filter((text) => /\$|\\\(|```|~~~/.test(text));
    const seen = await watch(async () => {
      const view = new MarkdownView(root);
      view.update(["$x^2$", "```js\nlet a = 1;\n```", ...lazy].join("\n\n"), false, CONTEXT);
      while (root.querySelector("math") === null || root.querySelector(".tok-keyword") === null)
        await new Promise((resolve) => requestAnimationFrame(resolve));
    });
    expectHarmless(root, "formulas and code");
    expect(seen).to.deep.equal({ ran: 0, asked: [] });
  });

  it("loads an image only from a host that the page lists, or when the reader asks for it", async () => {
    const root = document.createElement("div");
    document.body.replaceChildren(root);
    const seen = await watch(async () => {
      const images = "ask cdn.example";
      new MarkdownView(root).update("![a](https://planted.example/x.png)", false, { ...CONTEXT, images });
    });
    expect(seen.asked).to.deep.equal([]);
    const button = root.querySelector<HTMLButtonElement>("[part=load-image]");
    expect(button?.parentElement?.textContent).to.contain("planted.example");
    const after = await watch(async () => {
      button?.click();
      const image = root.querySelector("img") as HTMLImageElement;
      expect(image.referrerPolicy).to.equal("no-referrer");
      await new Promise((resolve) => image.addEventListener("error", resolve));
    });
    if (FAILED_ARE_LISTED) expect(after.asked).to.deep.equal(ASKED);
  });

  it("does neither as a name, an argument, a result, a title or a label", async () => {
    const element = await mount();
    const seen = await watch(async () => {
      for (const text of SHORT) {
        const call: ToolBlock = {
          kind: "tool",
          seq: 2,
          callId: text,
          name: text,
          args: { [text]: text },
          argsText: text,
          state: "awaiting",
          approval: true,
        };
        const done: ToolBlock = { ...call, callId: `${text}2`, state: "done", result: { text }, error: text };
        const source = { kind: "source", seq: 4, url: text, title: text } as const;
        const question = asked(text, { attachments: [{ name: text, type: text, bytes: 1 } as never], state: "sent" });
        element.labels = { copy: text, image: text, table: text, you: text, answer: text, placeholder: text };
        await element.show({
          agent: { label: text, greeting: text, starters: [text] } as never,
          messages: [
            question,
            answered([call, done, source, words("![a](https://planted.example/x)\n\n```js\na\n```")]),
          ],
        });
        expectHarmlessFrame(element.find(".messages"), text);
      }
    });
    expect(seen).to.deep.equal({ ran: 0, asked: [] });
  });
});

/** The frame's own icons are drawn by its templates; everything else is as in an answer. */
function expectHarmlessFrame(messages: Element, from: string): void {
  const copy = messages.cloneNode(true) as Element;
  for (const icon of copy.querySelectorAll("svg")) icon.remove();
  expectHarmless(copy, from);
}
