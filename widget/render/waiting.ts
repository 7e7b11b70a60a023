/** Texts that are final but for what they refer to: they are drawn again when it arrives. */

/** What waits for the names of all entities: no label is a single bracket. */
export const ENTITIES = "]";
/** Texts beyond these stay as they are drawn. */
const MAX_WAITING = 2_000;

export class Waiting {
  readonly #byKey = new Map<string, Map<Element, () => void>>();
  #count = 0;

  add(key: string, element: Element, redraw: () => void): void {
    let waiting = this.#byKey.get(key);
    if (waiting === undefined) this.#byKey.set(key, (waiting = new Map()));
    if (!waiting.has(element) && ++this.#count > MAX_WAITING) return;
    waiting.set(element, redraw);
  }

  wake(key: string): void {
    const waiting = this.#byKey.get(key);
    if (waiting === undefined) return;
    this.#byKey.delete(key);
    this.#count -= waiting.size;
    for (const redraw of waiting.values()) redraw();
  }

  /** Once the text is final no definition comes any more; the names of entities may still be on their way. */
  wakeAll(): void {
    for (const key of [...this.#byKey.keys()]) if (key !== ENTITIES) this.wake(key);
  }
}
