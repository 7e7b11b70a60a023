/** Colours of code, formulas and what a page draws itself: all of them after the words are there. */
import { expect } from "@esm-bundle/chai";
import { html } from "lit";
import { MarkdownView } from "../../widget/render/markdown-view.ts";
import type { RenderContext } from "../../widget/render/render-context.ts";
import { idle } from "./in-any-engine.ts";

const CONTEXT: RenderContext = { copy: "Copy", image: "Image", table: "Table" };

class Shown {
  readonly root = document.createElement("div");
  readonly #view = new MarkdownView(this.root);
  readonly #context: RenderContext;

  constructor(context: Partial<RenderContext> = {}) {
    this.#context = { ...CONTEXT, ...context };
    document.body.replaceChildren(this.root);
  }
  show(text: string, open = false): void {
    this.#view.update(text, open, this.#context);
  }
  all(selector: string): string[] {
    return [...this.root.querySelectorAll(selector)].map(({ textContent }) => textContent);
  }
  async until(selector: string): Promise<Element> {
    for (;;) {
      const found = this.root.querySelector(selector);
      if (found !== null) return found;
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
  }
}

describe("code", () => {
  it("has the words of its language in colour", async () => {
    const shown = new Shown();
    shown.show('```ts\n// a comment\nconst a: Map = f("x\\"y", 42); /* on\nand on */ return `a\nb`;\n```');
    await shown.until(".tok-keyword");
    expect(shown.all(".tok-comment")).to.deep.equal(["// a comment", "/* on\n", "and on */"]);
    expect(shown.all(".tok-keyword")).to.deep.equal(["const", "return"]);
    expect(shown.all(".tok-string")).to.deep.equal(['"x\\"y"', "`a\n", "b`"]);
    expect(shown.all(".tok-number")).to.deep.equal(["42"]);
    expect(shown.all(".tok-name")).to.deep.equal(["f"]);
    expect(shown.all(".tok-type")).to.deep.equal(["Map"]);
  });

  for (const [lang, code, selector, expected] of [
    ["python", "def f(): # c\n  '''a\nb'''", ".tok-string", ["'''a\n", "b'''"]],
    ["sql", "SELECT 1 -- c", ".tok-keyword", ["SELECT"]],
    ["html", '<a href="x">b</a>', ".tok-string", ['"x"']],
    ["json", '{"a": true}', ".tok-name", ['"a"']],
    ["yaml", "a: 1 # c", ".tok-name", ["a"]],
    ["bash", 'echo "$A" # c', ".tok-comment", ["# c"]],
    ["rust", "fn f<'a>(x: &'a str) {}", ".tok-keyword", ["fn", "str"]],
    ["diff", "-a\n+b", ".tok-add", ["+b"]],
    ["css", ".a { color: red; }", ".tok-name", ["color"]],
  ] as const) {
    it(`knows ${lang}`, async () => {
      const shown = new Shown();
      shown.show(`\`\`\`${lang}\n${code}\n\`\`\``);
      await shown.until("code span span");
      expect(shown.all(selector)).to.deep.equal(expected);
      expect(shown.all("code")).to.deep.equal([code]);
    });
  }

  it("is painted line by line as it grows, and the same as at once", async () => {
    const code = Array.from({ length: 150 }, (_, line) => `const a${line} = "x"; /* ${line}\n*/ f(${line});`).join(
      "\n",
    );
    const text = `\`\`\`js\n${code}\n\`\`\`\n`;
    const [whole, pieces] = [new Shown(), new Shown()];
    document.body.append(whole.root);
    whole.show(text);
    await whole.until(".tok-keyword");
    pieces.show(text.slice(0, 40), true);
    await pieces.until(".tok-keyword");
    const first = pieces.root.querySelector(".tok-keyword");
    for (let to = 41; to < text.length; to += 7) pieces.show(text.slice(0, to), true);
    pieces.show(text);
    expect(pieces.root.querySelector(".tok-keyword")).to.equal(first);
    expect(pieces.all("code span span")).to.deep.equal(whole.all("code span span"));
    expect(pieces.all("code > span").join("\n")).to.equal(code);
  });

  it("leave a language that nobody knows as it is", async () => {
    const shown = new Shown();
    shown.show("```brainfuck\n+++\n```");
    await idle();
    expect(shown.root.querySelector("code span span")).to.equal(null);
  });
});

describe("formulas", () => {
  for (const [name, text, tex] of [
    ["in a line", "a $x^2$ b", "x^2"],
    ["in a line, in brackets", "a \\(x^2\\) b", "x^2"],
    ["of their own", "a\n\n$$\nx^2\n$$\n\nb", "x^2"],
    ["of their own, in brackets", "\\[\nx^2\n\\]", "x^2"],
    ["of their own, in a fence", "```math\nx^2\n```", "x^2"],
  ] as const) {
    it(`are typeset ${name}`, async () => {
      const shown = new Shown();
      shown.show(text);
      const math = await shown.until("math");
      expect(math.querySelector("annotation")?.textContent).to.equal(tex);
      expect(math.querySelector("msup")).not.to.equal(null);
      expect(shown.root.querySelector("[style]")).to.equal(null);
    });
  }

  it("are neither money nor what is in code", () => {
    const shown = new Shown();
    shown.show("It costs $5 to $10, or `$x$`.");
    expect(shown.root.querySelector("[part=math]")).to.equal(null);
    expect(shown.root.textContent).to.equal("It costs $5 to $10, or $x$.");
  });

  it("with a mistake stay as they were written", async () => {
    const shown = new Shown();
    shown.show("$\\frac{a$ and $x$");
    await shown.until("math");
    expect(shown.all("[part=math] > code")).to.deep.equal(["\\frac{a"]);
  });
});

describe("a renderer of the page", () => {
  const text = "```mermaid title\ngraph TD\n  A --> B\n```\n";

  it("is called once, when the code block is final, with its text and what stands after the fence", () => {
    const calls: unknown[] = [];
    const draw = (...args: unknown[]): unknown => {
      calls.push(args);
      return html`<b>${args[0]}</b>`;
    };
    const shown = new Shown({ renderers: { "code:mermaid": draw } });
    for (let to = 1; to < text.length; to++) shown.show(text.slice(0, to), true);
    expect(calls).to.deep.equal([]);
    shown.show(text, true);
    shown.show(`${text}\nmore`, true);
    shown.show(`${text}\nmore`);
    expect(calls).to.deep.equal([["graph TD\n  A --> B", "mermaid title"]]);
    expect(shown.all("[part=rendered] b")).to.deep.equal(["graph TD\n  A --> B"]);
    expect(shown.root.querySelector("pre")?.hidden).to.equal(true);
  });

  it("may give a node", () => {
    const shown = new Shown({ renderers: { "code:mermaid": () => document.createElement("canvas") } });
    shown.show(text);
    expect(shown.root.querySelector("[part=rendered] > canvas")).not.to.equal(null);
  });

  it("that throws leaves the code", () => {
    const draw = (): never => {
      throw new Error("no");
    };
    const shown = new Shown({ renderers: { "code:mermaid": draw } });
    shown.show(text);
    expect(shown.root.querySelector("pre")?.hidden).to.equal(false);
    expect(shown.all("code")).to.deep.equal(["graph TD\n  A --> B"]);
  });
});
