/** What the page decides about the rendering of answers. */

/** The words the rendered markdown itself needs. */
export interface RenderLabels {
  readonly copy: string;
  readonly image: string;
  readonly table: string;
}

/**
 * Draws a finished code block of one language in the page's own way: `{ "code:mermaid": (source, info) => … }`.
 * What it returns, a DOM node or a Lit template, stands in the place of the code; when it throws, the code stays.
 * @param info what stands after the fence
 */
export type CodeRenderer = (source: string, info: string) => unknown;

export interface RenderContext extends RenderLabels {
  /** See `remoteImage`. @default "" */
  readonly images?: string;
  /** See `safeHref`. @default "" */
  readonly links?: string;
  /** Where a link leads; null: nowhere, its words stay. @default safeHref */
  readonly hrefOf?: (href: string) => string | null;
  /** By what they draw; here only `code:LANG`, a `CodeRenderer`. @default {} */
  readonly renderers?: Readonly<Record<string, unknown>>;
}

/** True when both draw the same. */
export const isSameContext = (a: RenderContext, b: RenderContext): boolean =>
  a === b || KEYS.every((key) => a[key] === b[key]);

const KEYS = ["copy", "image", "table", "images", "links", "hrefOf", "renderers"] as const;
