/** What tests do in one way and engines in several. */

/** Resolves when the page has nothing else to do; WebKit does not tell, so there after a task. */
export const idle = (): Promise<unknown> =>
  new Promise((resolve) => {
    if (typeof requestIdleCallback === "function") requestIdleCallback(resolve);
    else setTimeout(resolve);
  });

/** A paste as from a person: Firefox leaves the files out of a `ClipboardEvent` that a script makes. */
export const pasteOf = (files: DataTransfer): Event =>
  Object.defineProperty(new Event("paste", { bubbles: true, cancelable: true, composed: true }), "clipboardData", {
    value: files,
  });
