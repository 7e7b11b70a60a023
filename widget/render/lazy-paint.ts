/** The colours of code: its words at once, coloured as soon as the chunk that knows the languages is there. */
import type { CodePainter, codePainter } from "./code-painter.ts";

let loading: Promise<{ codePainter: typeof codePainter } | null> | null = null;

/** What paints one listing; null when its language is unknown or the chunk does not come: the next listing asks again. */
export async function painterFor(lang: string): Promise<CodePainter | null> {
  if (lang === "") return null;
  loading ??= import("./code-painter.ts").catch(() => (loading = null));
  return (await loading)?.codePainter(lang.toLowerCase()) ?? null;
}
