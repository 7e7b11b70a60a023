/**
 * Builds the element's own templates node by node, so that pages may forbid every way of turning text into markup
 * (Trusted Types without any policy). Put in place of Lit's by the script-tag build; from npm, the page's Lit has its way.
 */
const HTML = "http://www.w3.org/1999/xhtml";
const SVG = "http://www.w3.org/2000/svg";
/** A place for a child (`<?…>`), a tag or text. */
const TOKEN = /<\?([^>]*)>|<(\/?)([a-z][\w-]*)((?:[^>"']|"[^"]*"|'[^']*')*)>|[^<]+/gi;
const ATTRIBUTE = /([^\s"'>=/]+)(?:=(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/g;
const VOID = /^(br|hr|img|input)$/;
/**
 * Lit finds the bound attributes by this ending and knows their real names, which the DOM might not take (`@click`).
 * Lit's own ending is `$lit$`, which not every DOM takes either.
 */
const BOUND = "-lit-";

/** @param text a template as Lit prepares it: every tag closed, no entity, no comment */
export function parseTemplate(text: string): HTMLTemplateElement {
  const template = document.createElement("template");
  const { ownerDocument } = template.content;
  let parent: Node = template.content;
  for (const [all, place, closing, tag, attributes = ""] of text.matchAll(TOKEN)) {
    if (place !== undefined) parent.appendChild(ownerDocument.createComment(`?${place}`));
    else if (tag === undefined) parent.appendChild(ownerDocument.createTextNode(all));
    else if (closing !== "") parent = parent.parentNode ?? parent;
    else {
      const inSvg = tag === "svg" || (parent as Partial<Element>).namespaceURI === SVG;
      const element = ownerDocument.createElementNS(inSvg ? SVG : HTML, tag);
      setAttributes(element, attributes);
      parent.appendChild(element);
      if (!VOID.test(tag) && !(inSvg && attributes.endsWith("/"))) parent = element;
    }
  }
  return template;
}

function setAttributes(element: Element, text: string): void {
  let bound = 0;
  for (const [, name = "", quoted, single, bare] of text.matchAll(ATTRIBUTE))
    element.setAttribute(name.endsWith(BOUND) ? `b${bound++}${BOUND}` : name, quoted ?? single ?? bare ?? "");
}
