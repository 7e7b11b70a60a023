/** The shadow tree as short text, for comparing: tags, links and words, without what only styles and screen readers use. */
export function outline(node: Node): string {
  if (node instanceof Text) return node.data;
  if (!(node instanceof Element)) return "";
  const tag = node.localName;
  if ((node as HTMLElement).hidden || tag === "button" || tag === "figcaption") return "";
  if (tag === "div" || tag === "figure") return drawn(node);
  // Runs of lines, however many: what is copied is the lines.
  if (tag === "code" && node.parentElement?.localName === "pre") {
    return `<code>${Array.from(node.children, (run) => run.textContent).join("\n")}</code>`;
  }
  if (tag === "span" && node.className === "tight") return drawn(node);
  const start =
    tag === "ol" && (node.getAttribute("start") ?? "1") !== "1" ? ` start=${node.getAttribute("start")}` : "";
  const href = tag === "a" ? ` href=${node.getAttribute("href")}` : "";
  return `<${tag}${start}${href}>${drawn(node)}</${tag}>`;
}

const SPACED = ["p", "li", "code", "span", "a", "strong", "em", "del", "td", "th"];

/** What is drawn inside an element; white space between blocks is only how the templates are written. */
export function drawn(element: Element): string {
  const nodes = Array.from(element.childNodes);
  const kept = SPACED.includes(element.localName)
    ? nodes
    : nodes.filter((node) => node.textContent?.trim() !== "" || node instanceof Element);
  return kept.map(outline).join("");
}
