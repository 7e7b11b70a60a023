/** Small notes kept by the browser. Storage may be forbidden or full: then they last as long as the page. */

const PREFIX = "ai-stream:";

export interface Memory {
  recall(name: string): string | null;
  /** Null forgets. */
  remember(name: string, value: string | null): void;
  /** The names of all notes that begin so. */
  names(prefix: string): string[];
}

/** Of this tab, over reloads. */
export const tabMemory = memory(() => sessionStorage);
/** Of all tabs of the page's origin, until the browser is told to forget. */
export const originMemory = memory(() => localStorage);

function memory(storage: () => Storage): Memory {
  const fallback = new Map<string, string>();
  return {
    recall(name) {
      try {
        return storage().getItem(PREFIX + name);
      } catch {
        return fallback.get(name) ?? null;
      }
    },
    remember(name, value) {
      try {
        if (value === null) storage().removeItem(PREFIX + name);
        else storage().setItem(PREFIX + name, value);
      } catch {
        if (value === null) fallback.delete(name);
        else fallback.set(name, value);
      }
    },
    names(prefix) {
      let kept: string[] = [];
      try {
        kept = Object.keys(storage());
      } catch {
        // Only the page's own notes then.
      }
      const stored = kept.filter((key) => key.startsWith(PREFIX)).map((key) => key.slice(PREFIX.length));
      return [...stored, ...fallback.keys()].filter((name) => name.startsWith(prefix));
    },
  };
}
