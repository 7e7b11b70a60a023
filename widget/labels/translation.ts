/** A language as it is shipped: a test asks for every word, and English stands in while one is missing. */
import type { Labels } from "../labels.ts";

export type Translation = Partial<Labels> & Pick<Labels, "locale">;
