/** Who the client is to the proxy: what the page gave, or an anonymous visitor whose token the browser keeps. */
import { StreamError } from "../../protocol/index.ts";
import { alone } from "./alone.ts";
import { originMemory } from "./memory.ts";

/** Renewed this long before it expires, so that none expires on its way; and not more often, whatever our clock says. */
const RENEW_MS = 60_000;

export interface AccessOptions {
  readonly accessToken?: string | undefined;
  /** Asked before every attempt, so that an expired access token is replaced; wins over `accessToken`. */
  readonly getAccessToken?: (() => string | Promise<string>) | undefined;
}

/** A visitor without an account; kept for all tabs, so that their conversations outlive this one. Milliseconds. */
interface Visitor {
  readonly accessToken: string;
  readonly expiresAt: number;
  readonly renewedAt: number;
}

/** Asks the proxy to admit a visitor, or to renew the token of one it knows. */
export type Admit = (known: string | undefined) => Promise<unknown>;

export class Access {
  readonly #options: AccessOptions;
  readonly #name: string;
  readonly #admit: Admit;

  /** @param base the proxy's address: each proxy has its own visitors */
  constructor(base: string, options: AccessOptions, admit: Admit) {
    this.#options = options;
    this.#name = `visitor:${base}`;
    this.#admit = admit;
  }

  /** False for a fixed token of the page's: refused is refused. */
  get isReplaceable(): boolean {
    return this.#options.getAccessToken !== undefined || this.#options.accessToken === undefined;
  }

  /** What to show; undefined where nothing was given and the proxy has not asked yet. */
  async current(): Promise<string | undefined> {
    const { accessToken, getAccessToken } = this.#options;
    if (getAccessToken !== undefined) return (await getAccessToken()) ?? accessToken;
    if (accessToken !== undefined) return accessToken;
    const visitor = this.#visitor;
    if (visitor === null) return undefined;
    const now = Date.now();
    if (visitor.expiresAt - now > RENEW_MS || now - visitor.renewedAt < RENEW_MS) return visitor.accessToken;
    // What cannot be renewed now is shown as it is: the proxy says whether it is still good.
    await this.#renew(visitor.accessToken).catch(() => {});
    return this.#visitor?.accessToken;
  }

  /**
   * The proxy refused `shown`: true when `current` gives another one now.
   * @throws {StreamError} what the proxy says to a new visitor
   */
  async replace(shown: string | undefined): Promise<boolean> {
    if (!this.isReplaceable) return false;
    if (this.#options.getAccessToken === undefined) await this.#renew(shown);
    return true;
  }

  get #visitor(): Visitor | null {
    return decodeVisitor(originMemory.recall(this.#name));
  }

  #renew(refused: string | undefined): Promise<void> {
    return alone(this.#name, async () => {
      const kept = this.#visitor;
      // Another tab, or another request of this one, was quicker.
      if (kept !== null && kept.accessToken !== refused) return;
      const visitor = await this.#admitted(refused);
      originMemory.remember(this.#name, JSON.stringify({ ...visitor, renewedAt: Date.now() }));
    });
  }

  /** The same visitor where the proxy still knows them, a new one otherwise. */
  async #admitted(known: string | undefined): Promise<Omit<Visitor, "renewedAt">> {
    try {
      return decodeAdmitted(await this.#admit(known));
    } catch (error) {
      const { code } = StreamError.from(error);
      if (known === undefined || (code !== "unauthenticated" && code !== "forbidden")) throw error;
      return decodeAdmitted(await this.#admit(undefined));
    }
  }
}

function decodeAdmitted(answer: unknown): Omit<Visitor, "renewedAt"> {
  const { accessToken, expiresAt } = (answer ?? {}) as Partial<Visitor>;
  if (typeof accessToken === "string" && typeof expiresAt === "number") return { accessToken, expiresAt };
  throw new StreamError("internal", "Cannot read the proxy's answer: expected accessToken and expiresAt");
}

/** What is not ours counts as nothing. */
function decodeVisitor(note: string | null): Visitor | null {
  try {
    const { renewedAt, ...rest } = JSON.parse(note ?? "") as Partial<Visitor>;
    return typeof renewedAt === "number" ? { ...decodeAdmitted(rest), renewedAt } : null;
  } catch {
    return null;
  }
}
