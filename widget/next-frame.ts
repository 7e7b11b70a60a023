/** The browser's next animation frame, or soon where there is none. */

/** A covered or hidden page may have no frames at all; then work goes on at this pace. */
const WITHOUT_FRAME_MS = 250;

/** True while frames would be wasted: nobody sees them, or this is not a browser. */
export const isUnseen = (): boolean => typeof document === "undefined" || document.visibilityState === "hidden";

export function nextFrame(): Promise<void> {
  if (isUnseen()) return new Promise((resolve) => setTimeout(resolve, 0));
  return new Promise((resolve) => {
    const timer = setTimeout(end, WITHOUT_FRAME_MS);
    const frame = requestAnimationFrame(end);
    function end(): void {
      clearTimeout(timer);
      cancelAnimationFrame(frame);
      resolve();
    }
  });
}
