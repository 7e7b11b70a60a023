/** What the Tab key stops at inside an element, in order, through slots. */

const FOCUSABLE = "a[href],button,textarea,input,select,summary,[tabindex],[contenteditable]";

export function tabStops(root: Element): HTMLElement[] {
  const inside = root instanceof HTMLSlotElement ? root.assignedElements({ flatten: true }) : [...root.children];
  return inside.flatMap((element) => {
    const own =
      element instanceof HTMLElement && element.matches(FOCUSABLE) && element.tabIndex >= 0 && isThere(element);
    return own ? [element, ...tabStops(element)] : tabStops(element);
  });
}

const isThere = (element: HTMLElement): boolean => !element.matches(":disabled") && element.checkVisibility();
