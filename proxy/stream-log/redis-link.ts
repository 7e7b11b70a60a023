/** The sockets to a Redis or Valkey server or cluster: one for commands, one that hears of other replicas. */
import { isPassing, openFailure } from "./redis-failure.ts";
import type { RedisPlace } from "./redis-url.ts";

/** A reply as it came: RESP 2. */
export type Reply = string | number | null | readonly Reply[];

export interface RedisLink {
  /** Rises whenever a connection was lost. */
  readonly epoch: number;
  readonly isClosed: boolean;
  /** Called when messages may have been missed. */
  onMissed: () => void;
  /** Commands of one event-loop turn go out together. */
  send(key: string, args: readonly string[]): Promise<Reply>;
  subscribe(channel: string, hear: (message: string) => void): () => void;
  close(): Promise<void>;
}

/** Until the first connection stands. */
const OPEN_MS = 10_000;
const CONNECT_MS = 5_000;
const CLOSE_MS = 2_000;
const FIRST_RECONNECT_MS = 50;
const LONGEST_RECONNECT_MS = 2_000;
/** A server that says nothing for so long, although asked, is gone: the socket is opened anew. */
const PING_MS = 5_000;
const STALLED_MS = 8_000;
/** Commands without a reply, of all streams: beyond that the store is too slow to be waited for. */
const MOST_COMMANDS = 50_000;

/** The client's own limit of 5 s makes a timer and an abort signal for every command: half of what one costs. */
const NO_TIMER = { timeout: 0 };

const reconnectAfter = (tried: number): number =>
  Math.min(LONGEST_RECONNECT_MS, FIRST_RECONNECT_MS * 2 ** Math.min(tried, 10)) * (0.5 + Math.random() / 2);

/** What both kinds of client have. */
interface Client {
  readonly isOpen: boolean;
  connect(): Promise<unknown>;
  close(): Promise<unknown> | undefined;
  destroy(): void;
  subscribe(channel: string, hear: (message: string) => void): Promise<unknown>;
  unsubscribe(channel: string, hear: (message: string) => void): Promise<unknown>;
  on(event: string, hear: (error?: unknown) => void): unknown;
}

interface Sockets {
  readonly commands: Client;
  readonly hearing: Client;
  readonly send: (key: string, args: readonly string[]) => Promise<Reply>;
}

export interface LinkOptions {
  /** Hears of lost connections. */
  readonly onError?: ((error: unknown) => void) | undefined;
  /** Milliseconds until the first connection must stand. @default 10_000 */
  readonly openMs?: number | undefined;
}

/** @throws {StreamError} `storage_unavailable` when nobody answers in time, or the login is refused, naming the hosts and no password. */
export async function openLink(place: RedisPlace, options: LinkOptions): Promise<RedisLink> {
  const { onError = () => {}, openMs = OPEN_MS } = options;
  const { commands, hearing, send } = await createSockets(place);
  // A cluster is one client for both.
  const clients = [...new Set([hearing, commands])];
  let epoch = 0;
  let isClosed = false;
  const refused = Promise.withResolvers<never>();
  refused.promise.catch(() => {});
  const link: RedisLink = {
    get epoch() {
      return epoch;
    },
    get isClosed() {
      return isClosed;
    },
    onMissed: () => {},
    send,
    subscribe(channel, hear) {
      const heard = (message: string) => hear(message);
      hearing.subscribe(channel, heard).catch(onError);
      return () => {
        if (hearing.isOpen) hearing.unsubscribe(channel, heard).catch(onError);
      };
    },
    async close() {
      isClosed = true;
      await Promise.all(clients.map((client) => closeSoon(client)));
    },
  };
  for (const client of clients) {
    client.on("error", (error) => {
      epoch++;
      // Not tried again while opening: a password does not become right by itself.
      if (!isPassing(error)) refused.reject(error);
      onError(error);
    });
  }
  for (const event of ["ready", "node-ready"]) hearing.on(event, () => link.onMissed());
  try {
    const connected = Promise.all(clients.map((client) => client.connect()));
    await within(openMs, Promise.race([connected, refused.promise]));
  } catch (thrown) {
    for (const client of clients) destroy(client);
    throw openFailure(place, thrown);
  }
  return link;
}

/** The client library is only loaded for a store that needs it. */
async function createSockets(place: RedisPlace): Promise<Sockets> {
  const { createClient, createCluster } = await import("redis");
  const { tls, hosts, database, username, password } = place;
  const login = { ...(username === undefined ? {} : { username }), ...(password === undefined ? {} : { password }) };
  const timing = { connectTimeout: CONNECT_MS, reconnectStrategy: reconnectAfter };
  if (place.cluster) {
    const cluster = createCluster({
      rootNodes: hosts.map((socket) => ({ socket: { ...socket, ...timing, ...(tls ? { tls } : {}) } })),
      defaults: {
        ...login,
        socket: { ...timing, ...(tls ? { tls } : {}) },
        pingInterval: PING_MS,
        disableOfflineQueue: true,
      },
      RESP: 2,
    });
    const send = (key: string, args: readonly string[]) => cluster.sendCommand(key, false, [...args]) as Promise<Reply>;
    const client = cluster as unknown as Client;
    return { commands: client, hearing: client, send };
  }
  const [{ host, port }] = hosts as [RedisPlace["hosts"][number]];
  const options = { ...login, database, RESP: 2, pingInterval: PING_MS, commandOptions: NO_TIMER } as const;
  // Idle on both sides longer than two pings: nobody is there.
  const socket = { host, port, ...timing, socketTimeout: 2 * PING_MS + 1_000, ...(tls ? { tls: true as const } : {}) };
  const commands = createClient({
    ...options,
    socket,
    disableOfflineQueue: true,
    commandsQueueMaxLength: MOST_COMMANDS,
  });
  const hearing = createClient({ ...options, socket });
  const client = commands as unknown as Client;
  const send = watched(client, (args) => commands.sendCommand<Reply>(args));
  return { commands: client, hearing: hearing as unknown as Client, send };
}

/**
 * A server that takes commands and says nothing: writing keeps the socket's own idle timer from running out. Commands
 * wait, none is answered for a while: the socket is opened anew, and they fail.
 */
function watched(client: Client, send: (args: readonly string[]) => Promise<Reply>): Sockets["send"] {
  let waiting = 0;
  let heardAt = 0;
  let timer: NodeJS.Timeout | undefined;
  const look = () => {
    if (performance.now() - heardAt < STALLED_MS) {
      timer = setTimeout(look, STALLED_MS / 4).unref();
      return;
    }
    timer = undefined;
    destroy(client);
    client.connect().catch(() => {});
  };
  const heard = () => {
    heardAt = performance.now();
    if (--waiting > 0) return;
    clearTimeout(timer);
    timer = undefined;
  };
  return (_key, args) => {
    if (waiting++ === 0) heardAt = performance.now();
    timer ??= setTimeout(look, STALLED_MS / 4).unref();
    const reply = send(args);
    reply.then(heard, heard);
    return reply;
  };
}

/** What is under way is waited for, but not for a server that is gone. */
async function closeSoon(client: Client): Promise<void> {
  if (!client.isOpen) return;
  try {
    await within(CLOSE_MS, Promise.resolve(client.close()));
  } catch {
    destroy(client);
  }
}

/** Throws where the client has given up by itself. */
function destroy(client: Client): void {
  try {
    client.destroy();
  } catch {
    // It is closed: that was wanted.
  }
}

async function within<Result>(ms: number, work: Promise<Result>): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`No answer within ${ms} ms`)), ms);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
    work.catch(() => {});
  }
}
