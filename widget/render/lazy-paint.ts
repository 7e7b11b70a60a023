/** The colours of code: its words at once, coloured as soon as the chunk that knows the language is there. */
import type { PaintLine, painterOf } from "./paint-code.ts";

/** The languages the chunk knows: nothing is loaded for any other. */
const KNOWN =
  /^(?:[cm]?[jt]sx?|javascript|typescript|json[5c]?|jsonl|py|python|rb|ruby|go|golang|rust|rs|java|kotlin|kts?|swift|scala|dart|c|h|cc|cpp|c\+\+|hpp|cs|csharp|c#|php|perl|pl|lua|r|julia|sh|bash|zsh|shell|console|powershell|ps1|sql|html|xml|svg|vue|svelte|css|scss|less|ya?ml|toml|ini|env|dockerfile|docker|makefile|make|diff|patch|graphql|proto|hcl|terraform|tf|nginx|elixir|ex|haskell|hs|zig|groovy|objc)$/i;

let loading: Promise<{ painterOf: typeof painterOf } | null> | null = null;

/** What paints the lines of a listing one after the other; null when the language is unknown or its chunk does not come. */
export async function painterFor(lang: string): Promise<PaintLine | null> {
  if (!KNOWN.test(lang)) return null;
  loading ??= import("./paint-code.ts").catch(() => (loading = null));
  return (await loading)?.painterOf(lang.toLowerCase()) ?? null;
}
