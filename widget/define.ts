/** Registers `<ai-stream>`; does nothing where there are no custom elements (a server) or the tag is taken already. */
import { AiStream } from "./ai-stream.ts";

if (typeof customElements !== "undefined" && customElements.get("ai-stream") === undefined) {
  customElements.define("ai-stream", AiStream);
}

declare global {
  interface HTMLElementTagNameMap {
    "ai-stream": AiStream;
  }
}
