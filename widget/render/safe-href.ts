/** Where an answer may link to and load from. A model's text is untrusted: it may carry what was planted for it to repeat. */

const LINKED = new Set(["http:", "https:", "mailto:", "tel:"]);
const LOADED = new Set(["http:", "https:"]);

/**
 * The address, normalised, or null: relative ones and every scheme not listed are not links.
 * @param hosts where web links may go, separated by spaces, `*.example.com` for all below a host; empty: anywhere
 */
export function safeHref(href: string, hosts = ""): string | null {
  const url = parse(href);
  if (url === null || !LINKED.has(url.protocol)) return null;
  return hosts === "" || url.host === "" || isListed(url.hostname, hosts) ? url.href : null;
}

export interface RemoteImage {
  readonly src: string;
  readonly host: string;
  /** `load`: at once. `ask`: when the reader says so. `link`: only as a link. */
  readonly how: "load" | "ask" | "link";
}

/**
 * How an image may be shown; null: not even as a link. Loading one tells its server what was said here.
 * @param allowed hosts to load from at once, and `ask` for a button on all others; empty: none
 */
export function remoteImage(src: string, allowed: string): RemoteImage | null {
  const url = parse(src);
  if (url === null || !LOADED.has(url.protocol)) return null;
  const how = isListed(url.hostname, allowed) ? "load" : allowed.split(/\s+/).includes("ask") ? "ask" : "link";
  return { src: url.href, host: url.host, how };
}

const parse = (href: string): URL | null => (URL.canParse(href) ? new URL(href) : null);

const isListed = (host: string, hosts: string): boolean =>
  hosts
    .toLowerCase()
    .split(/\s+/)
    .some((entry) => entry !== "" && (entry.startsWith("*.") ? host.endsWith(entry.slice(1)) : host === entry));
