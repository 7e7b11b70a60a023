/** A TCP relay on loopback that breaks connections the way networks do: reset, dead, refused, slow, cut at a byte. */
import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

export interface TcpFaults extends AsyncDisposable {
  /** Where clients connect. */
  readonly port: number;
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** Connections ever accepted, refused ones not counted. */
  readonly accepted: number;
  readonly refused: number;
  /** Connections relayed now, the dead ones included. */
  readonly open: number;
  /** Bytes relayed from the target to clients, of all connections. */
  readonly bytesToClients: number;
  /** Sends RST to both ends of every connection. Returns how many there were. */
  reset(): number;
  /** The connections of this moment stay open and carry nothing any more, either way, and nobody is told. */
  kill(): number;
  /** While on, nothing is carried either way, nothing is lost, and nobody is told. */
  stall(on: boolean): void;
  /** New connections are reset at once, until called with false. */
  refuse(on: boolean): void;
  /** Bytes per second and connection towards clients; Infinity, the default, is as fast as it goes. */
  slow(bytesPerSecond: number): void;
  /** Ends a connection after exactly so many further bytes towards its client, once. Resolves when that has happened. */
  cutAfter(bytes: number): Promise<void>;
  close(): Promise<void>;
}

/** Slices of a slow link: short enough to look even, long enough not to busy the loop. */
const SLICE_MS = 20;

/** Relays to `target` on loopback; `port` 0 picks a free one. */
export async function openTcpFaults(target: number, port = 0): Promise<TcpFaults> {
  const links = new Set<Link>();
  let flowing: Promise<void> | null = null;
  let flow = () => {};
  const closing = new AbortController();
  const state = { accepted: 0, refused: 0, bytesToClients: 0, refusing: false, bytesPerSecond: Infinity };
  let cut: { left: number; readonly done: () => void } | null = null;

  const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    if (state.refusing) {
      state.refused++;
      client.resetAndDestroy();
      return;
    }
    state.accepted++;
    const link: Link = {
      client,
      upstream: connect({ port: target, host: "127.0.0.1", noDelay: true, allowHalfOpen: true }),
      dead: false,
    };
    links.add(link);
    for (const socket of [link.client, link.upstream]) {
      // A broken pipe is no news here: the close event that follows takes the other end down.
      socket.on("error", () => {});
      socket.once("close", () => {
        if (!link.dead) destroy(link);
        if (link.client.destroyed && link.upstream.destroyed) links.delete(link);
      });
    }
    const isFlowing = () => flowing;
    void relay(link, client, link.upstream, isFlowing, (bytes) => write(link.upstream, bytes));
    void relay(link, link.upstream, client, isFlowing, (bytes) => writeToClient(link, bytes));
  });

  async function writeToClient(link: Link, bytes: Buffer): Promise<void> {
    state.bytesToClients += bytes.length;
    if (cut !== null) {
      if (bytes.length >= cut.left) return endAfter(link, bytes.subarray(0, cut.left), cut.done);
      cut.left -= bytes.length;
    }
    if (state.bytesPerSecond === Infinity) return write(link.client, bytes);
    const step = Math.max(1, Math.floor((state.bytesPerSecond * SLICE_MS) / 1_000));
    for (let at = 0; at < bytes.length && !link.client.destroyed; at += step) {
      await write(link.client, bytes.subarray(at, at + step));
      await delay(SLICE_MS, undefined, { signal: closing.signal }).catch(() => {});
    }
  }

  async function endAfter(link: Link, last: Buffer, done: () => void): Promise<void> {
    cut = null;
    await write(link.client, last);
    link.client.once("close", done);
    destroy(link);
  }

  async function close(): Promise<void> {
    if (!server.listening) return;
    closing.abort();
    flowing = null;
    flow();
    const closed = once(server, "close");
    server.close();
    for (const link of links) destroy(link);
    await closed;
  }

  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const bound = (server.address() as AddressInfo).port;

  return {
    port: bound,
    url: `http://127.0.0.1:${bound}`,
    get accepted() {
      return state.accepted;
    },
    get refused() {
      return state.refused;
    },
    get open() {
      return links.size;
    },
    get bytesToClients() {
      return state.bytesToClients;
    },
    reset() {
      const count = links.size;
      for (const link of links) reset(link);
      return count;
    },
    kill() {
      for (const link of links) link.dead = true;
      return links.size;
    },
    stall(on) {
      flow();
      ({ promise: flowing, resolve: flow } = on ? Promise.withResolvers<void>() : { promise: null, resolve: () => {} });
    },
    refuse(on) {
      state.refusing = on;
    },
    slow(bytesPerSecond) {
      state.bytesPerSecond = bytesPerSecond;
    },
    cutAfter(bytes) {
      const { promise, resolve } = Promise.withResolvers<void>();
      cut = { left: bytes, done: resolve };
      return promise;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

interface Link {
  readonly client: Socket;
  readonly upstream: Socket;
  /** Carries nothing any more: what comes is swallowed. */
  dead: boolean;
}

/** Copies one direction until its source ends, a write at a time. */
async function relay(
  link: Link,
  from: Socket,
  to: Socket,
  flowing: () => Promise<void> | null,
  forward: (bytes: Buffer) => Promise<void>,
): Promise<void> {
  try {
    // The source may still be written to when it has nothing more to say.
    const read = from.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
    for await (const bytes of read) {
      for (let wait = flowing(); wait !== null; wait = flowing()) await wait;
      if (!link.dead) await forward(bytes);
    }
    for (let wait = flowing(); wait !== null; wait = flowing()) await wait;
    if (!link.dead) to.end();
  } catch {
    // The socket broke; its close event takes the other end down.
  }
}

/** Resolves when the kernel has it, or the socket is gone. */
const write = (socket: Socket, bytes: Buffer): Promise<void> =>
  new Promise((resolve) => socket.write(bytes, () => resolve()));

function destroy({ client, upstream }: Link): void {
  client.destroy();
  upstream.destroy();
}

function reset({ client, upstream }: Link): void {
  client.resetAndDestroy();
  upstream.resetAndDestroy();
}
