/**
 * One markdown block → a template. Raw HTML shows as the text it is. What has a border or marks at its beginning takes
 * its direction from its text (`dir`); paragraphs do so by style, since text under a `dir` of its own tells nothing.
 */
import { html, nothing } from "lit";
import { guard } from "lit/directives/guard.js";
import { inline } from "./inline-template.ts";
import type { RenderLabels } from "./inline-template.ts";
import type { Block, Token } from "./parse-blocks.ts";

type List = Extract<Token, { type: "list" }>;
type ListItem = List["items"][number];
type Table = Extract<Token, { type: "table" }>;
type Cell = Table["header"][number];

const HEADINGS = [
  (words: unknown) => html`<h1>${words}</h1>`,
  (words: unknown) => html`<h2>${words}</h2>`,
  (words: unknown) => html`<h3>${words}</h3>`,
  (words: unknown) => html`<h4>${words}</h4>`,
  (words: unknown) => html`<h5>${words}</h5>`,
  (words: unknown) => html`<h6>${words}</h6>`,
];

export function blockTemplate(block: Block, labels: RenderLabels): unknown {
  switch (block.type) {
    case "paragraph":
      return html`<p>${inline(block.tokens, labels)}</p>`;
    case "heading":
      return HEADINGS[block.depth - 1]?.(inline(block.tokens, labels));
    case "fence":
      return listing(block.lang, block.parts, labels);
    case "code":
      return listing(block.lang ?? "", [block.text.replace(/\n$/, "")], labels);
    case "list":
      return list(block, labels);
    case "table":
      return table(block, labels);
    case "blockquote":
      return html`<blockquote dir="auto">${blocks(block.tokens, labels)}</blockquote>`;
    case "hr":
      return html`<hr />`;
    case "space":
    case "def":
    case "checkbox":
      return nothing;
    case "text":
      return inline(block.tokens ?? [block], labels);
    default:
      return html`<p class="raw">${block.raw.trimEnd()}</p>`;
  }
}

const blocks = (tokens: readonly unknown[], labels: RenderLabels): unknown =>
  (tokens as readonly Token[]).map((token) => blockTemplate(token, labels));

function listing(info: string, parts: readonly string[], labels: RenderLabels): unknown {
  const lang = info.split(/\s/, 1)[0];
  const runs = parts.map((part) => html`<span>${part}</span>`);
  return html`<figure part="code" class="code">
    <figcaption>
      <span>${lang}</span><button type="button" part="copy-code" data-do="code">${labels.copy}</button>
    </figcaption>
    <pre tabindex="0"><code>${runs}</code></pre>
  </figure>`;
}

/** Items and rows already final keep their identity: `guard` skips them. */
function list({ ordered, start, loose, items }: List, labels: RenderLabels): unknown {
  const drawn = items.map((item) => guard([item, loose], () => listItem(item, loose, labels)));
  return ordered
    ? html`<ol dir="auto" start=${start === "" ? 1 : start}>
        ${drawn}
      </ol>`
    : html`<ul dir="auto">
        ${drawn}
      </ul>`;
}

function listItem(item: ListItem, loose: boolean, labels: RenderLabels): unknown {
  const content = (item.tokens as Token[]).map((token) => {
    if (token.type !== "text" && token.type !== "paragraph") return blockTemplate(token, labels);
    const words = inline(token.tokens ?? [token], labels);
    return loose ? html`<p>${words}</p>` : words;
  });
  return item.task
    ? html`<li class="task"><span class="check">${item.checked === true ? "☑" : "☐"}</span>${content}</li>`
    : html`<li>${content}</li>`;
}

function table({ header, rows }: Table, labels: RenderLabels): unknown {
  const head = header.map(
    (cell) => html`<th scope="col" class=${cell.align ?? ""}>${inline(cell.tokens, labels)}</th>`,
  );
  return html`<div part="table" class="table" dir="auto" tabindex="0" role="group" aria-label=${labels.table}>
    <table>
      <thead>
        <tr>
          ${head}
        </tr>
      </thead>
      <tbody>
        ${rows.map((row) => guard([row], () => tableRow(row, labels)))}
      </tbody>
    </table>
  </div>`;
}

const tableRow = (cells: readonly Cell[], labels: RenderLabels): unknown =>
  html`<tr>
    ${cells.map((cell) => html`<td class=${cell.align ?? ""}>${inline(cell.tokens, labels)}</td>`)}
  </tr>`;
