/**
 * How much text to show at a time: each arrival is spread evenly over the time until the next is expected, so bursts
 * read as a steady flow. The sum of such ramps is smooth, keeps the order, and is never more than MAX_LAG_MS behind.
 */

/** Beyond this a reader feels the delay. */
const MAX_LAG_MS = 250;
/** What the first arrival is spread over, when nothing is known of the rhythm yet. */
const FIRST_LAG_MS = 60;
/** A little longer than the usual gap, so that one late arrival does not stop the flow. */
const GAP_RATIO = 1.5;
/** How much the latest gap counts in the estimate of the usual one. */
const GAP_WEIGHT = 0.3;

interface Ramp {
  readonly from: number;
  readonly forMs: number;
  readonly chars: number;
}

export class FramePacer {
  #ramps: Ramp[] = [];
  #arrived = 0;
  /** Characters of ramps that are over. */
  #done = 0;
  #shown = 0;
  #lastMs: number | null = null;
  #gapMs = FIRST_LAG_MS / GAP_RATIO;

  /** Characters arrived at `nowMs`, which never goes back. */
  arrive(chars: number, nowMs: number): void {
    if (chars <= 0) return;
    if (this.#lastMs !== null) this.#gapMs += GAP_WEIGHT * (Math.min(nowMs - this.#lastMs, MAX_LAG_MS) - this.#gapMs);
    this.#lastMs = nowMs;
    this.#arrived += chars;
    this.#ramps.push({ from: nowMs, forMs: Math.min(MAX_LAG_MS, GAP_RATIO * this.#gapMs), chars });
  }

  /** Characters that may be shown at `nowMs` beyond those granted before. */
  grant(nowMs: number): number {
    this.#ramps = this.#ramps.filter(({ from, forMs, chars }) => {
      if (nowMs - from < forMs) return true;
      this.#done += chars;
      return false;
    });
    let due = this.#done;
    for (const { from, forMs, chars } of this.#ramps) due += (chars * Math.max(0, nowMs - from)) / forMs;
    // At least one character, so that the first token shows in the very next frame.
    const least = this.isBehind ? 1 : 0;
    const granted = Math.min(Math.max(least, Math.floor(due) - this.#shown), this.#arrived - this.#shown);
    this.#shown += granted;
    return granted;
  }

  get isBehind(): boolean {
    return this.#ramps.length > 0;
  }
}

/** At most this many joined code units are kept together; more is not a character but an attack on the page. */
const MAX_JOINED = 16;
/** Marks, variation selectors, joiners and skin tones, which belong to the character before them. */
const JOINED = /^(?:\p{M}|\p{Emoji_Modifier}|\u200d|[\u{e0020}-\u{e007f}])/u;

/** The cut at or shortly after `length` that does not tear a character apart. */
export function wholeCharacters(text: string, length: number): number {
  let cut = Math.min(length, text.length);
  const limit = Math.min(text.length, cut + MAX_JOINED);
  while (cut > 0 && cut < limit) {
    const code = text.charCodeAt(cut);
    // Nearly all text: nothing below the first combining mark joins.
    if (code < 0x300) break;
    const isLowHalf = code >= 0xdc00 && code <= 0xdfff;
    const follows = isLowHalf || text.charCodeAt(cut - 1) === 0x200d || JOINED.test(text.slice(cut, cut + 2));
    if (!follows) break;
    cut += 1;
  }
  return cut;
}
