/** What tests do in one way and engines in several. */

/** Resolves when the page has nothing else to do; WebKit does not tell, so there after a task. */
export const idle = (): Promise<unknown> =>
  new Promise((resolve) => {
    if (typeof requestIdleCallback === "function") requestIdleCallback(resolve);
    else setTimeout(resolve);
  });

/** Resolves when what was added has been drawn: WebKit gives words that it has not drawn yet no place. */
export const painted = (): Promise<unknown> =>
  new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));

/** WebKit tells a page nothing of requests that fail. */
export const TELLS_FAILED_REQUESTS =
  navigator.userAgent.includes("Chrome/") || navigator.userAgent.includes("Firefox/");

/** A paste as from a person: Firefox leaves the files out of a `ClipboardEvent` that a script makes. */
export const pasteOf = (files: DataTransfer): Event =>
  Object.defineProperty(new Event("paste", { bubbles: true, cancelable: true, composed: true }), "clipboardData", {
    value: files,
  });
