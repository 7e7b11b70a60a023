/** Copies code and answers. */

/** The code of the listing a button belongs to: its runs of lines are joined by newlines. */
export const codeBeside = (button: HTMLElement): string =>
  codeOf(button.closest("figure")?.querySelector("code") ?? null);

const codeOf = (code: Element | null): string =>
  Array.from(code?.children ?? [], (run) => run.textContent).join("\n") || (code?.textContent ?? "");

/**
 * Puts an answer on the clipboard twice: as it was written for plain texts, and as it looks for rich ones.
 * @param drawn what it looks like
 * @throws {Error} when the browser does not allow it
 */
export async function copyAnswer(markdown: string, drawn: readonly Element[], near: HTMLElement): Promise<void> {
  if (typeof ClipboardItem === "undefined" || navigator.clipboard?.write === undefined) {
    return copyText(markdown, near);
  }
  const item = new ClipboardItem({
    "text/plain": new Blob([markdown], { type: "text/plain" }),
    "text/html": new Blob([drawn.map(richText).join("\n")], { type: "text/html" }),
  });
  await navigator.clipboard.write([item]);
}

/**
 * Puts text on the clipboard, also on pages served without TLS, where browsers hide the clipboard interface.
 * @throws {Error} when the browser allows neither way
 */
export async function copyText(text: string, near: HTMLElement): Promise<void> {
  if (navigator.clipboard !== undefined) return navigator.clipboard.writeText(text);
  const field = document.createElement("textarea");
  field.value = text;
  near.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  if (!done) throw new Error("The browser did not allow copying");
}

/** What other programs understand; everything else gives its content only. */
const KEPT =
  /^(?:a|b|blockquote|br|code|dd|del|dl|dt|em|h[1-6]|hr|i|li|math|ol|p|pre|strong|sub|sup|table|tbody|td|th|thead|tr|ul)$/;
const WITHOUT_END = /^(?:br|hr)$/;

/** The drawn elements as plain HTML: no classes, no buttons, no addresses but those of links. */
export function richText(node: Node): string {
  if (node.nodeType === Node.TEXT_NODE) return escaped(node.nodeValue ?? "");
  if (!(node instanceof Element) || node.matches("button, figcaption, svg, [hidden]")) return "";
  const name = node.localName;
  if (name === "input") return (node as HTMLInputElement).checked ? "☑ " : "☐ ";
  if (name === "code" && node.closest("pre") !== null) return `<code>${escaped(codeOf(node))}</code>`;
  const inner = Array.from(node.childNodes, richText).join("");
  if (!KEPT.test(name)) return inner;
  if (WITHOUT_END.test(name)) return `<${name}>`;
  const attributes = ["href", "start"].map((attribute) => {
    const value = node.getAttribute(attribute);
    return value === null ? "" : ` ${attribute}="${escaped(value)}"`;
  });
  return `<${name}${attributes.join("")}>${inner}</${name}>`;
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
