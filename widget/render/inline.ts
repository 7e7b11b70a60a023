/** What stands inside a paragraph, heading or table cell. */
export type Inline =
  | { readonly kind: "text" | "code"; readonly text: string }
  | { readonly kind: "break" }
  | { readonly kind: "em" | "strong" | "del"; readonly children: readonly Inline[] }
  | { readonly kind: "link"; readonly href: string; readonly title: string; readonly children: readonly Inline[] }
  | { readonly kind: "image"; readonly href: string; readonly title: string; readonly alt: string }
  | { readonly kind: "math"; readonly text: string; readonly display: boolean }
  | { readonly kind: "note"; readonly label: string };

/** What goes around others. */
export type Frame =
  | { readonly kind: "em" | "strong" | "del" }
  | { readonly kind: "plain" }
  | { readonly kind: "link" | "image"; readonly href: string; readonly title: string };

/** A piece of text as read: what it closes, then its text or node, then what it opens (innermost first). */
export interface Token {
  /** Where it begins in the text. */
  readonly at: number;
  closes: number;
  text: string;
  readonly node: Inline | null;
  readonly opens: Frame[];
}

/** Emphasis in emphasis; deeper it is plain text. */
const MAX_DEPTH = 32;

/** Tokens → tree. What is still open at the end is closed there. */
export function buildInline(tokens: readonly Token[]): Inline[] {
  const stack: { frame: Frame; children: Inline[]; inLink: boolean }[] = [
    { frame: { kind: "plain" }, children: [], inLink: false },
  ];
  const close = (): void => {
    const { frame, children } = stack.pop()!;
    const parent = stack.at(-1)!;
    if (frame.kind === "plain") for (const child of children) append(parent.children, child);
    else if (children.length > 0 || "href" in frame) append(parent.children, framed(frame, children));
  };
  for (const { closes, text, node, opens } of tokens) {
    for (let left = closes; left > 0; left--) close();
    const { children, inLink } = stack.at(-1)!;
    if (text !== "") append(children, { kind: "text", text });
    if (node !== null) {
      if (node.kind === "link" && inLink) for (const child of node.children) append(children, child);
      else append(children, node);
    }
    for (let at = opens.length - 1; at >= 0; at--) {
      const frame = opens[at] as Frame;
      const top = stack.at(-1)!;
      const isTooDeep = stack.length > MAX_DEPTH && frame.kind !== "link" && frame.kind !== "image";
      stack.push({
        frame: isTooDeep ? { kind: "plain" } : frame,
        children: [],
        inLink: top.inLink || frame.kind === "link",
      });
    }
  }
  while (stack.length > 1) close();
  return stack[0]!.children;
}

function framed(frame: Exclude<Frame, { readonly kind: "plain" }>, children: readonly Inline[]): Inline {
  if (frame.kind === "link") return { ...frame, kind: "link", children };
  if (frame.kind === "image") return { ...frame, kind: "image", alt: plainText(children) };
  return { kind: frame.kind, children };
}

/** Texts that meet are one. */
function append(to: Inline[], node: Inline): void {
  const last = to.at(-1);
  if (node.kind === "text" && last?.kind === "text") to[to.length - 1] = { kind: "text", text: last.text + node.text };
  else if (node.kind !== "text" || node.text !== "") to.push(node);
}

/** The words without what is around them. */
export const plainText = (nodes: readonly Inline[]): string => nodes.map(wordsOf).join("");

function wordsOf(node: Inline): string {
  if ("children" in node) return plainText(node.children);
  if ("text" in node) return node.text;
  return node.kind === "image" ? node.alt : node.kind === "break" ? "\n" : "";
}
