/** What the browser tells about the page and its network, as four inputs. */

export interface PageInputs {
  /** The network or the page came back: what looks open may be dead. */
  wake(): void;
  offline(): void;
  /** The page goes away, perhaps into the back/forward cache, which an open socket would forbid. */
  suspend(): void;
  resume(): void;
}

/** Listens until the returned function is called. Outside a browser nothing ever happens. */
export function watchPage(inputs: PageInputs): () => void {
  if (typeof document === "undefined") return () => {};
  const listening = new AbortController();
  const on = (target: EventTarget, type: string, listener: () => void): void =>
    target.addEventListener(type, listener, { signal: listening.signal });
  on(window, "online", inputs.wake);
  on(window, "offline", inputs.offline);
  on(window, "pagehide", inputs.suspend);
  on(window, "pageshow", inputs.resume);
  // Recent Chrome fires `resume` where it no longer reliably fires `visibilitychange`.
  on(document, "resume", inputs.wake);
  on(document, "visibilitychange", () => {
    if (document.visibilityState === "visible") inputs.wake();
  });
  return () => listening.abort();
}
