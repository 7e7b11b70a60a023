/** Formulas: their source at once, typeset as soon as the typesetter, a chunk of its own, is there. */
import { make } from "./dom.ts";

type Typeset = (source: string, display: boolean) => Element;

let typeset: Typeset | null = null;
let loading: Promise<Typeset | null> | null = null;

/** Where the chunk does not come, formulas stay as their source; the next one tries again. */
function load(): Promise<Typeset | null> {
  return (loading ??= import("./typeset-math.ts").then(
    (module) => (typeset = module.typesetMath),
    () => (loading = null),
  ));
}

/** @param display on a line of its own */
export function drawFormula(source: string, display: boolean): HTMLElement {
  const box = make("span", { part: "math", class: display ? "math display" : "math" }, make("code", {}, source));
  typesetIn(box, source, display);
  return box;
}

/** Puts the formula in the place of what stands in the box; a formula with a mistake stays as its source. */
export function typesetIn(box: Element, source: string, display: boolean): void {
  const put = (set: Typeset | null): void => {
    if (set === null) return;
    try {
      box.replaceChildren(set(source, display));
    } catch {
      // A mistake in the formula: the reader sees what was written.
    }
  };
  if (typeset !== null) put(typeset);
  else load().then(put, () => {});
}
