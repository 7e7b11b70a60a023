/** What can be measured of a look, inside the page: each answers with what is wrong, in words that say where. */

/** @returns what lies outside of the window, is cut, or must be scrolled to the side */
export function cutOff(): string[] {
  const root = document.querySelector("ai-stream")!.shadowRoot!;
  const wrong: string[] = [];
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > width) wrong.push("the page scrolls to the side");
  for (const element of root.querySelectorAll<HTMLElement>("*")) {
    if (!element.checkVisibility() || element.matches(".spoken, .spoken *, svg *, math *")) continue;
    const { left, right, width: own } = element.getBoundingClientRect();
    const name = element.outerHTML.slice(0, 120);
    // A wide listing, table or formula scrolls by itself; what is too long to name is shortened, and told in full.
    const scrolls = element.closest("pre, .table, .formula, .math, .katex") !== null;
    if (!scrolls && own > 1 && (left < -0.5 || right > width + 0.5)) wrong.push(`outside: ${name}`);
    const { overflowX, textOverflow } = getComputedStyle(element);
    const isCut = ["hidden", "clip"].includes(overflowX) && textOverflow !== "ellipsis";
    if (isCut && element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 1) wrong.push(`cut: ${name}`);
    if (element.matches("textarea") && element.scrollHeight > element.clientHeight + 1) wrong.push(`too low: ${name}`);
    if (element.matches(".scroller") && element.scrollWidth > element.clientWidth) wrong.push(`scrolls: ${name}`);
  }
  return wrong;
}

/** @returns what a finger would miss: less than 24 pixels each way, words within a line aside */
export function smallTargets(): string[] {
  const root = document.querySelector("ai-stream")!.shadowRoot!;
  return Array.from(root.querySelectorAll<HTMLElement>("button, summary, a, textarea"))
    .filter((target) => target.checkVisibility() && !target.matches("p a, li:not(.sources li) a, td a, .image a"))
    .filter((target) => {
      const { width, height } = target.getBoundingClientRect();
      return Math.min(width, height) < 23.99;
    })
    .map((target) => `${target.getBoundingClientRect().height} px high: ${target.outerHTML.slice(0, 120)}`);
}

/** @returns what still moves: animations and transitions that take time */
export function moving(): string[] {
  const root = document.querySelector("ai-stream")!.shadowRoot!;
  return [...document.getAnimations(), ...root.getAnimations()]
    .filter(({ effect }) => Number(effect?.getComputedTiming().duration) > 0)
    .map((animation) => (animation as CSSAnimation).animationName);
}

/** @returns marks and buttons that forced colours have made invisible */
export function invisible(): string[] {
  const root = document.querySelector("ai-stream")!.shadowRoot!;
  const background = getComputedStyle(root.querySelector(".frame, .launcher")!).backgroundColor;
  const isSeen = (colour: string): boolean => colour !== background && !/^rgba\(.*, 0\)$/.test(colour);
  const hasBorder = (element: Element): boolean => {
    const { borderTopStyle, borderTopWidth, borderTopColor } = getComputedStyle(element);
    return borderTopStyle !== "none" && Number.parseFloat(borderTopWidth) >= 1 && isSeen(borderTopColor);
  };
  const bordered = root.querySelectorAll(
    ".dot, .waiting i, .unread, .round, .launcher, .bubble, .composer, article .error, .decision button, .starters button",
  );
  const drawn = root.querySelectorAll("button svg");
  const pressed = root.querySelectorAll('[aria-pressed="true"] svg');
  const unseen = [
    ...Array.from(bordered).filter((element) => element.checkVisibility() && !hasBorder(element)),
    ...Array.from(drawn).filter((element) => !isSeen(getComputedStyle(element).stroke)),
    ...Array.from(pressed).filter((element) => getComputedStyle(element).fill === "none"),
  ];
  return unseen.map((element) => element.outerHTML.slice(0, 120));
}

/** @returns what has the focus, when nothing shows that it has; empty where a ring does */
export function unmarkedFocus(): string {
  const { activeElement } = document.querySelector("ai-stream")!.shadowRoot!;
  if (activeElement === null) return "";
  const marked = activeElement.closest(".composer, .edit") ?? activeElement;
  const rings = [activeElement, marked].map((element) => getComputedStyle(element));
  const isMarked = rings.some(
    ({ outlineStyle, outlineWidth }) => outlineStyle !== "none" && parseFloat(outlineWidth) >= 2,
  );
  return isMarked ? "" : activeElement.outerHTML.slice(0, 120);
}
