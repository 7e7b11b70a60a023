/** Registers `<ai-stream>`; does nothing where there are no custom elements (a server) or the tag is taken already. */
import { AiStream } from "./ai-stream.ts";
import { loadTalk } from "./stream-controller.ts";

if (typeof customElements !== "undefined") {
  const taken = customElements.get("ai-stream");
  if (taken === undefined) {
    customElements.define("ai-stream", AiStream);
    // An element will need it; one that cannot have it says so.
    loadTalk().catch(() => {});
  } else if (taken !== AiStream)
    // oxlint-disable-next-line no-console -- the page's author is the one to tell
    console.info(
      `<ai-stream> is defined already, by a script loaded earlier; this copy is not used: ${import.meta.url}`,
    );
}

declare global {
  interface HTMLElementTagNameMap {
    "ai-stream": AiStream;
  }
}
