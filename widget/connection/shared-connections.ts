/** One connection for everything on the page that reaches the same proxy in the same way, and for its other tabs too. */
import { hasLocks } from "./alone.ts";
import { Connection } from "./connection.ts";
import type { ConnectionOptions } from "./connection.ts";
import type { ProxyApi, ProxyApiOptions } from "./proxy-api.ts";

type Options = ProxyApiOptions & Omit<ConnectionOptions, "api">;

interface Shared {
  readonly key: readonly unknown[];
  readonly connection: Connection;
  holders: number;
}

const all: Shared[] = [];

/** Call `release` once when done; the connection closes after the last one did. */
export function shareConnection(api: ProxyApi, options: Options): { readonly connection: Connection; release(): void } {
  const {
    accessToken,
    getAccessToken,
    fetch: get,
    transport = "auto",
    WebSocket: Socket,
    timing,
    transports,
  } = options;
  const key = [api.base, accessToken, getAccessToken, get, transport, Socket, timing];
  let shared = all.find((other) => other.key.every((part, index) => part === key[index]));
  if (shared === undefined) {
    const tabs = tabsOf(api, options);
    const connection = new Connection({ api, transports, transport, WebSocket: Socket, timing, tabs });
    shared = { key, connection, holders: 0 };
    all.push(shared);
  }
  const held = shared;
  held.holders += 1;
  let isReleased = false;
  const release = (): void => {
    if (isReleased) return;
    isReleased = true;
    held.holders -= 1;
    // An element that is moved in the page lets go and takes hold again in one task.
    queueMicrotask(() => {
      const index = all.indexOf(held);
      if (held.holders > 0 || index < 0) return;
      all.splice(index, 1);
      held.connection.close();
    });
  };
  return { connection: held.connection, release };
}

/**
 * Tabs share where they are sure to be the same reader to the proxy: with the same fixed access token, or as the
 * visitor whom the browser remembers for all of them. Nobody can tell that of what a page's own functions give.
 */
function tabsOf(api: ProxyApi, options: Options): ConnectionOptions["tabs"] {
  const { accessToken = "", getAccessToken, fetch: get, transport = "auto", WebSocket: Socket } = options;
  const isOwn = getAccessToken !== undefined || get !== undefined || Socket !== undefined;
  if (isOwn || !hasLocks()) return undefined;
  const route = JSON.stringify([api.base, transport, accessToken]);
  return async (connection) => (await import("./tab-share.ts")).joinTabs(connection, route);
}
