/** Parts of the page that are loaded when they are first needed, each with its styles. */
import type { CSSResult } from "lit";
import { kit } from "./kit.ts";
import type { Kit } from "./kit.ts";

const LOADERS = {
  /** Tool calls and sources. */
  agent: () => import("./agent-parts.ts"),
  /** What can be done with messages, and the buttons around the composer. */
  desk: () => import("./desk.ts"),
  /** Files that go with a message. */
  files: () => import("./files.ts"),
  /** The reader's other conversations. */
  history: () => import("./history-panel.ts"),
  /** Long conversations. */
  pages: () => import("./near-pages.ts"),
  /** Reading aloud and dictation. */
  speech: () => import("./speech.ts"),
};

/** After a part could not be loaded it is tried again, at the earliest after this many milliseconds. */
const AGAIN_MS = 5_000;

type Loaders = typeof LOADERS;
export type PartName = keyof Loaders;
export type Loaded = { readonly [Name in PartName]?: Awaited<ReturnType<Loaders[Name]>> };

interface Part {
  readonly styles?: (kit: Kit) => CSSResult;
}

export class Parts {
  /** What is there; another object after each that came. */
  loaded: Loaded = {};
  readonly #root: () => ShadowRoot;
  readonly #onLoad: () => void;
  readonly #tried = new Map<PartName, number>();

  /** @param onLoad told when a part that was needed can be drawn */
  constructor(root: () => ShadowRoot, onLoad: () => void) {
    this.#root = root;
    this.#onLoad = onLoad;
  }

  /** The part, or undefined while it is on its way. */
  readonly need = <Name extends PartName>(name: Name): Loaded[Name] => {
    const part = this.loaded[name];
    if (part === undefined && performance.now() - (this.#tried.get(name) ?? -AGAIN_MS) >= AGAIN_MS)
      void this.load(name);
    return part;
  };

  /** Resolves when it was tried: what cannot be loaded now is left out, and tried again when it is needed again. */
  async load(name: PartName): Promise<void> {
    this.#tried.set(name, performance.now());
    try {
      const part = await (LOADERS[name] as () => Promise<Part>)();
      if (this.loaded[name] !== undefined) return;
      if (part.styles !== undefined) this.#root().adoptedStyleSheets.push(part.styles(kit).styleSheet!);
      this.loaded = { ...this.loaded, [name]: part };
      this.#onLoad();
    } catch {
      // Offline, or a newer version has taken the place of this one: the rest of the page works on.
    }
  }
}
