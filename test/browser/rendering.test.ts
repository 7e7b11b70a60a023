import { expect } from "@esm-bundle/chai";
import fc from "fast-check";
import { longAnswer, longMarkdown, split, tidyMarkdown } from "../widget/render/markdown.ts";
import { answered, asked, growing, mount, words } from "./fake-chat.ts";
import type { FakeStream } from "./fake-chat.ts";
import { drawn } from "./outline.ts";
import { idle, painted } from "./in-any-engine.ts";

const show = async (element: FakeStream, markdown: string): Promise<string> => {
  await element.show({ messages: [asked("?"), answered([words(markdown)])] });
  return drawn(element.find(".md"));
};
const showLive = async (element: FakeStream, markdown: string): Promise<string> => {
  await element.show({ status: "streaming", messages: [asked("?"), growing(markdown)] });
  return drawn(element.find(".md"));
};

describe("markdown", () => {
  const cases: Readonly<Record<string, readonly [markdown: string, drawn: string]>> = {
    "paragraphs and line breaks": ["one\ntwo  \nthree\n\nfour", "<p>one\ntwo<br></br>three</p><p>four</p>"],
    emphasis: [
      "**a** *b* ~~c~~ ***d***",
      "<p><strong>a</strong> <em>b</em> <del>c</del> <em><strong>d</strong></em></p>",
    ],
    headings: ["# a\n### *b*", "<h1>a</h1><h3><em>b</em></h3>"],
    "code in a line": ["`a < b && c`", "<p><code>a < b && c</code></p>"],
    "a listing": ["```js\nlet a = 1;\n\nlet b;\n```", "<pre><code>let a = 1;\n\nlet b;</code></pre>"],
    "a listing by indentation": ["    a\n    b", "<pre><code>a\nb</code></pre>"],
    "nested lists": ["1. a\n   - b\n   - c\n2. d", "<ol><li>a<ul><li>b</li><li>c</li></ul></li><li>d</li></ol>"],
    "a list that begins at seven": ["7. a\n8. b", "<ol start=7><li>a</li><li>b</li></ol>"],
    "a loose list": ["- a\n\n- b", "<ul><li><p>a</p></li><li><p>b</p></li></ul>"],
    tasks: ["- [x] a\n- [ ] b", "<ul><li><span>☑</span>a</li><li><span>☐</span>b</li></ul>"],
    quotations: ["> a\n>\n> - b", "<blockquote><p>a</p><ul><li>b</li></ul></blockquote>"],
    rules: ["a\n\n---\n\nb", "<p>a</p><hr></hr><p>b</p>"],
    "character references": ["&lt;b&gt; &amp; &#8364; &1;", "<p><b> & € &1;</p>"],
    escapes: ["\\*a\\*", "<p>*a*</p>"],
    links: ["[a *b*](https://e.example/x?a=1&b=2)", "<p><a href=https://e.example/x?a=1&b=2>a <em>b</em></a></p>"],
    "bare addresses": ["see https://e.example/x.", "<p>see <a href=https://e.example/x>https://e.example/x</a>.</p>"],
    "references defined later": [
      "[a][1]\n\nb\n\n[1]: https://e.example/x",
      "<p><a href=https://e.example/x>a</a></p><p>b</p>",
    ],
    tables: [
      "| a | b |\n|---|--:|\n| `1` | **2** |",
      "<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td><code>1</code></td><td><strong>2</strong></td></tr></tbody></table>",
    ],
    "raw HTML as the text it is": ["<b onclick=x>a</b>", "<p><b onclick=x>a</b></p>"],
    "remote images as links": [
      "![a cat](https://e.example/c.png)",
      "<p><span><a href=https://e.example/c.png>Image: a cat</a><small> e.example</small></span></p>",
    ],
  };
  for (const [name, [markdown, expected]] of Object.entries(cases)) {
    it(`draws ${name}`, async () => {
      expect(await show(await mount(), markdown)).to.equal(expected);
    });
  }

  it("knows the names of all characters soon, and shows none as it is written before", async () => {
    const element = await mount();
    await show(element, "a &hellip; &nope; b");
    const paragraph = element.find(".md p");
    while (paragraph.textContent !== "a … &nope; b") {
      expect(paragraph.textContent).to.equal("a   b");
      await new Promise((resolve) => setTimeout(resolve));
    }
  });

  it("draws the same whether the text came at once or in any pieces", async () => {
    const [whole, pieces] = [await mount(), document.createElement("fake-stream") as FakeStream];
    pieces.endpoint = "/";
    document.body.append(pieces);
    await fc.assert(
      fc.asyncProperty(longMarkdown, fc.array(fc.nat(), { maxLength: 8 }), async (text, cuts) => {
        await whole.show({ messages: [] });
        await pieces.show({ messages: [] });
        for (const part of split(text, cuts)) await showLive(pieces, part);
        expect(await show(pieces, text)).to.equal(await show(whole, text));
      }),
      { numRuns: 150 },
    );
  });

  it("never shows a half-written mark, link or table row", async () => {
    const element = await mount();
    await fc.assert(
      fc.asyncProperty(tidyMarkdown, fc.nat(), async (text, to) => {
        await element.show({ messages: [] });
        const html = await showLive(element, text.slice(0, to % (text.length + 1)));
        const outsideCode = html.replace(/<code>.*?<\/code>/gs, "");
        expect(outsideCode).not.to.match(/\*\*|~~|`|\]\(|!\[|\|/);
      }),
      { numRuns: 150 },
    );
  });

  for (const [text, expected] of [
    ["a **b", "<p>a <strong>b</strong></p>"],
    ["a **b*", "<p>a <strong>b</strong></p>"],
    ["a `b", "<p>a <code>b</code></p>"],
    ["a [b](https://e.exa", "<p>a b</p>"],
    ["a [b", "<p>a</p>"],
    ["a ![b](htt", "<p>a</p>"],
    ["a\n\n| b | c |", "<p>a</p>"],
    ["a\n\n``", "<p>a</p>"],
    ["a\n-", "<p>a</p>"],
    ["- a\n- [", "<ul><li>a</li></ul>"],
  ] as const) {
    it(`shows ${JSON.stringify(text)} while it grows as ${expected}`, async () => {
      expect(await showLive(await mount(), text)).to.equal(expected);
    });
  }

  it("gives each paragraph, list and quotation the direction of its own words", async () => {
    const element = await mount();
    await show(element, "Left to right.\n\nמימין לשמאל.\n\n- שלום\n- hello\n\n> مرحبا\n\n# עברית\n\n1. one");
    await painted();
    const box = element.find(".md").getBoundingClientRect();
    const isRight = (selector: string): boolean => {
      const range = document.createRange();
      range.selectNodeContents(element.find(selector));
      const words = range.getBoundingClientRect();
      return words.left - box.left > box.right - words.right;
    };
    const sides = ["p:nth-of-type(1)", "p:nth-of-type(2)", "li", "blockquote p", "h1", "ol li"].map((selector) =>
      isRight(`.md ${selector}`),
    );
    expect(sides).to.deep.equal([false, true, true, true, true, false]);
    expect(getComputedStyle(element.find(".md ul")).direction).to.equal("rtl");
    expect(getComputedStyle(element.find(".md blockquote")).direction).to.equal("rtl");
  });

  it("keeps the nodes of settled blocks while later text arrives", async () => {
    const element = await mount();
    await showLive(element, "# Title\n\nFirst *paragraph*.\n\n```js\nlet a;\n```\n\nSecond");
    const before = [...element.find(".md .run").children];
    await showLive(element, "# Title\n\nFirst *paragraph*.\n\n```js\nlet a;\n```\n\nSecond goes on.\n\n- and\n");
    const after = [...element.find(".md .run").children];
    expect(after.slice(0, 4)).to.deep.equal(before);
  });

  it("changes only the live block's nodes, however long the answer is", async () => {
    const element = await mount();
    const text = longAnswer(60_000);
    await showLive(element, text);
    const changed: MutationRecord[] = [];
    const observer = new MutationObserver((records) => changed.push(...records));
    observer.observe(element.find(".md"), { subtree: true, childList: true, characterData: true });
    for (let add = 1; add <= 20; add++) await showLive(element, `${text}\n\nword${" word".repeat(add)}`);
    changed.push(...observer.takeRecords());
    observer.disconnect();
    expect(changed.length).to.be.lessThan(60);
  });
});

describe("a planted text", () => {
  const planted = [
    "<img src=/planted.png onerror=planted()>",
    "<script>planted()</script>",
    "![x](/planted.png) ![y](https://planted.example/?q=secret)",
    "[a](javascript:planted()) [b](JaVaScRiPt:planted()) [c](java\nscript:planted()) [d](data:text/html,<script>planted()</script>)",
    "[a](vbscript:planted()) [b](&#106;avascript:planted()) [c](\\javascript:planted()) [e](//planted.example) [f](/planted)",
    "<javascript:planted()> <a href='javascript:planted()'>x</a>",
    '[a](https://e.example/" onmouseover=planted() x=") ![" onerror=planted() "](x)',
    "<svg onload=planted()><iframe src=/planted></iframe><style>*{background:url(/planted.css)}</style>",
    "<link rel=stylesheet href=/planted.css><base href=https://planted.example><meta http-equiv=refresh content=0;url=/planted>",
    "```html onload=planted()\n<script>planted()</script>\n```",
    "[x]: javascript:planted()\n[x]",
    "| <img src=/planted.png> | [a](javascript:planted()) |\n|---|---|\n| ![](/planted.png) | <script>planted()</script> |",
    "<!-- --><script>planted()</script>",
    "<details open ontoggle=planted()><form action=javascript:planted()><input autofocus onfocus=planted()>",
  ];

  it("runs nothing, asks for nothing and links only where links may go", async () => {
    const page = window as unknown as { planted?: () => void };
    let ran = 0;
    page.planted = () => ran++;
    const element = await mount();
    const before = performance.getEntriesByType("resource").length;
    for (const text of planted) {
      for (let to = 1; to <= text.length; to++) await showLive(element, text.slice(0, to));
      await show(element, text);
      const inside = element.find(".md");
      expect(
        inside.querySelectorAll("script, img, iframe, style, link, base, meta, form, input, svg").length,
        text,
      ).to.equal(0);
      for (const node of inside.querySelectorAll("*")) {
        for (const name of node.getAttributeNames()) expect(name, text).not.to.match(/^on|^style$|^src/);
      }
      for (const link of inside.querySelectorAll("a")) {
        expect(["http:", "https:", "mailto:"], text).to.include(new URL(link.href).protocol);
        expect(link.getAttribute("href"), text).to.match(/^(https?:\/\/|mailto:)/);
        expect(link.rel).to.equal("noopener noreferrer nofollow");
      }
    }
    // A request would be made in a later task.
    await idle();
    const asked = performance.getEntriesByType("resource").slice(before);
    expect(asked.filter(({ name }) => name.includes("planted"))).to.deep.equal([]);
    expect(ran).to.equal(0);
    delete page.planted;
  });
});
