/** The examples of the CommonMark specification and GFM's extensions, drawn and compared as DOM trees. */
import { expect } from "@esm-bundle/chai";
import { loadEntities } from "../../widget/render/entities.ts";
import { MarkdownView } from "../../widget/render/markdown-view.ts";
import { GFM } from "../widget/render/gfm-examples.ts";

/** Raw HTML shows as the text it is: these examples have some that is not in code. See docs/markdown.md. */
const RAW_HTML = [
  21, 31, 148, 149, 150, 151, 152, 153, 154, 155, 156, 157, 158, 159, 160, 161, 162, 163, 164, 165, 166, 167, 168, 169,
  170, 171, 172, 173, 174, 175, 176, 177, 178, 179, 180, 181, 182, 183, 184, 185, 186, 187, 188, 189, 190, 191, 201,
  308, 309, 344, 475, 476, 477, 491, 494, 524, 536, 613, 614, 615, 616, 617, 623, 625, 626, 627, 628, 629, 630, 631,
  642, 643,
];
/** Bare addresses are links, as in GFM. */
const BARE_ADDRESSES = [608, 611, 612];

/** Any address leads somewhere, so that all of them are compared. */
const hrefOf = (href: string): string =>
  encodeURI(href)
    .replace(/%25(?=[\da-f]{2})/gi, "%")
    .replaceAll("[", "%5B")
    .replaceAll("]", "%5D");

describe("markdown by its specification", () => {
  before(() => loadEntities());

  it("draws every example of CommonMark 0.31.2 but those with raw HTML or bare addresses", async () => {
    const text = await (await fetch("/node_modules/commonmark-spec/spec.txt")).text();
    const examples = [...text.matchAll(/^`{32} example\n([^]*?)^\.\n([^]*?)^`{32}$/gm)];
    expect(examples.length).to.equal(652);
    const different = examples.flatMap(([, markdown = "", html = ""], at) =>
      outline(drawn(markdown)) === outline(parsed(html)) ? [] : [at + 1],
    );
    expect(different).to.deep.equal([...RAW_HTML, ...BARE_ADDRESSES].toSorted((a, b) => a - b));
  });

  for (const { name, markdown, html } of GFM) {
    it(`draws GFM: ${name}`, () => {
      expect(outline(drawn(markdown))).to.equal(outline(parsed(html)));
    });
  }
});

function drawn(markdown: string): Element {
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  new MarkdownView(root).update(markdown.replaceAll("→", "\t"), false, { copy: "", image: "", table: "", hrefOf });
  return root;
}

const parsed = (html: string): Element => new DOMParser().parseFromString(html.replaceAll("→", "\t"), "text/html").body;

const BLOCKS = new Set(["body", "div", "ul", "ol", "li", "blockquote", "section", "table", "thead", "tbody", "tr"]);

/** What both sides have in common: tags, addresses, titles and words, but not what is between blocks. */
function outline(node: Element): string {
  const tag = node.localName;
  if (tag === "figcaption" || (node as HTMLElement).hidden) return "";
  if (tag === "pre") return listing(node);
  // Whether and how an image loads is the page's; here its words count.
  if (tag === "img") return `[${node.getAttribute("alt") || hrefOf(node.getAttribute("src") ?? "")}]`;
  if (node.className === "image") return `[${node.textContent.slice(2)}]`;
  const inner = Array.from(node.childNodes, (child) => {
    if (child instanceof Element) return outline(child);
    const text = child.textContent ?? "";
    if (BLOCKS.has(tag) && text.trim() === "") return "";
    const previous = (child.previousSibling as Element | null)?.localName;
    return (previous === "br" ? text.replace(/^\n/, "") : text).replace(BLOCKS.has(tag) ? /^\n|\n$/g : /$^/, "");
  }).join("");
  if (["body", "div", "span", "figure", "button"].includes(tag)) return inner.replace("↩ ", "");
  const side = node.getAttribute("align") ?? (tag === "td" || tag === "th" ? node.className : "");
  const kept = [node.getAttribute("href"), node.getAttribute("start"), node.getAttribute("title"), side];
  return `<${tag} ${kept.filter((value) => value).join(" ")}>${tag === "li" ? inner.trim() : inner}</${tag}>`;
}

/** Runs of lines here, one text with a newline at its end there. */
function listing(pre: Element): string {
  const runs = [...pre.querySelectorAll("code > span")].map(({ textContent }) => textContent);
  const text = pre.closest("figure") === null ? pre.textContent.replace(/\n$/, "") : runs.join("\n");
  const lang =
    pre.closest("figure")?.querySelector("figcaption span")?.textContent ??
    (pre.firstElementChild?.className ?? "").replace("language-", "");
  return `<pre ${lang}>${text}</pre>`;
}
