import { expect } from "@esm-bundle/chai";
import { parseTemplate } from "../../widget/template-parser.ts";
import { answered, asked, growing, mount, words } from "./fake-chat.ts";

const BOUND = "-lit-";

/** What Lit gave the browser to parse while the body ran. */
async function templatesIn(body: () => Promise<void>): Promise<string[]> {
  const seen: string[] = [];
  const native = Object.getOwnPropertyDescriptor(Element.prototype, "innerHTML")!;
  Object.defineProperty(HTMLTemplateElement.prototype, "innerHTML", {
    configurable: true,
    get: native.get!,
    set(this: HTMLTemplateElement, text: unknown) {
      seen.push(String(text));
      native.set!.call(this, text);
    },
  });
  try {
    await body();
  } finally {
    Reflect.deleteProperty(HTMLTemplateElement.prototype, "innerHTML");
  }
  return seen;
}

function byBrowser(text: string): HTMLTemplateElement {
  const template = document.createElement("template");
  template.innerHTML = text;
  return template;
}

/** A tree as Lit reads it: of a bound attribute its place and value, not its name. */
function outline(node: Node): unknown {
  if (!(node instanceof Element)) return [node.nodeType, node.nodeValue ?? [...node.childNodes].map(outline)];
  const attributes = [...node.attributes].map(({ name, value }) => [name.endsWith(BOUND) ? BOUND : name, value]);
  return [node.namespaceURI, node.localName, attributes, [...node.childNodes].map(outline)];
}

describe("a template", () => {
  const texts = {
    "with void elements and loose values": '<p class=a>a<br>b<img src="x" hidden></p><input type="text">c',
    "with bound places": "<div class-lit-=lit-1- @click-lit-=lit-1-><?lit$1$>x<?lit$1$></div>",
    "with a bound value among others": '<i .title-lit-="a > lit-1- b" ?hidden-lit-="lit-1-"></i>',
    "with a drawing": '<svg viewBox="0 0 1 1" aria-hidden="true"><path d="M0 0h1"/><g><path d="m1 1" /></g></svg>after',
    "with white space": "\n  <ul>\n    <li> a </li>\n  </ul>\n",
  };
  for (const [what, text] of Object.entries(texts)) {
    it(`${what} becomes what the browser makes of it`, () => {
      expect(outline(parseTemplate(text).content)).to.deep.equal(outline(byBrowser(text).content));
    });
  }

  it("of the element's own becomes what the browser makes of it, every one", async () => {
    const answer = "# A\n\n| a |\n|---|\n| 1 |\n\n- [ ] b\n\n```js\nc\n```\n\n![d](https://x.example/y.png) $e$";
    const seen = await templatesIn(async () => {
      const element = await mount();
      await element.show({ messages: [asked("?"), answered([words(answer)])] });
      await element.show({ status: "streaming", messages: [asked("?", { state: "failed" }), growing(answer)] });
      await element.show({ connection: { state: "offline", transport: null } });
      await (
        await mount({ mode: "bubble", open: "" })
      ).updateComplete;
    });
    expect(seen.length).to.be.greaterThan(5);
    for (const text of seen) {
      // As the build has Lit name attributes: a dollar is for the browser's own parser only.
      const one = text.replaceAll("$lit$", BOUND).replaceAll(/ lit\$(\d+)\$(\d+)/g, " lit-$1-$2");
      expect(outline(parseTemplate(one).content)).to.deep.equal(outline(byBrowser(one).content));
    }
  });
});
