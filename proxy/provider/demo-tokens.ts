/** Text → word-like tokens, as a model would send them: joined they are the text again. */

/** One or two ideographs or kana; a word of up to seven letters with the space before it; punctuation; white space. */
const TOKEN =
  /\s*(?:[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}]{1,2}|[\p{L}\p{N}\p{M}]{1,7}|[^\s\p{L}\p{N}\p{M}]{1,3})|\s+/gu;

/** Never cuts inside a surrogate pair; a grapheme of several code points may fall apart, as it does with real models. */
export const splitTokens = (text: string): readonly string[] => text.match(TOKEN) ?? [];

/** Random numbers in [0, 1) that are the same for the same seed (mulberry32, public domain). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
