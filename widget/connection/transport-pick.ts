/** Which transport to use: WebSocket, or SSE where those do not come through; what was learnt lasts a while in the tab. */
import { tabMemory } from "./memory.ts";
import type { TransportChoice } from "./transport.ts";

/** After WebSockets failed and SSE worked, they are tried again at the first new stream after this. */
const WS_RETRY_MS = 600_000;
/** Attempts without a welcome until SSE is tried: while WebSockets never worked here, and once they have. */
const WS_FAILURES = { never: 2, worked: 4 };

export class TransportPick {
  readonly #choice: TransportChoice;
  readonly #hasWebSocket: boolean;
  readonly #memory: string;
  #failures = 0;
  #worked = false;

  /** @param base the proxy's address: another one may be reached in another way */
  constructor(choice: TransportChoice, base: string, hasWebSocket: boolean) {
    this.#choice = choice;
    this.#hasWebSocket = hasWebSocket;
    this.#memory = `sse:${base}`;
  }

  get preferred(): "ws" | "sse" {
    if (!this.#hasWebSocket) return "sse";
    if (this.#choice !== "auto") return this.#choice;
    const since = Number(tabMemory.recall(this.#memory) ?? 0);
    return Date.now() - since < WS_RETRY_MS ? "sse" : "ws";
  }

  /** True for what is used in place of a WebSocket. */
  isSecondBest(kind: string | undefined): boolean {
    return kind !== "ws" && this.#choice === "auto" && this.#hasWebSocket;
  }

  /** What takes over from this one when it fails; null where nothing does. */
  otherThan(kind: string | undefined): "ws" | "sse" | null {
    if (this.#choice !== "auto" || !this.#hasWebSocket) return null;
    return kind === "ws" ? "sse" : "ws";
  }

  opened(kind: string | undefined): void {
    if (kind === "ws") {
      this.#worked = true;
      this.#failures = 0;
      this.#remember(null);
    } else if (this.#failures > 0) {
      this.#remember(String(Date.now()));
    }
  }

  /** An attempt did not reach the proxy: true when the other transport is to have its turn. */
  failed(kind: string | undefined): boolean {
    if (this.#choice !== "auto") return false;
    if (kind !== "ws") {
      this.#failures = WS_FAILURES.never - 1;
      return true;
    }
    this.#failures += 1;
    const isKnown = tabMemory.recall(this.#memory) !== null;
    return this.#failures >= (this.#worked ? WS_FAILURES.worked : WS_FAILURES.never - (isKnown ? 1 : 0));
  }

  #remember(note: string | null): void {
    if (this.#choice === "auto") tabMemory.remember(this.#memory, note);
  }
}
