/** A plain TCP balancer on loopback: each connection goes to the next server that takes it, and is relayed as it is. */
import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";

export interface Balancer extends AsyncDisposable {
  readonly port: number;
  /** Connections relayed so far, by server. */
  readonly relayed: readonly number[];
}

/** @param targets ports on loopback */
export async function openBalancer(targets: readonly number[]): Promise<Balancer> {
  const relayed = targets.map(() => 0);
  const open = new Set<Socket>();
  let turn = 0;

  const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    open.add(client);
    client.on("error", () => {});
    client.once("close", () => open.delete(client));
    void relay(client, turn++);
  });

  /** Tries each server once; a client whom none takes is reset. */
  async function relay(client: Socket, first: number): Promise<void> {
    for (let index = 0; index < targets.length; index++) {
      const at = (first + index) % targets.length;
      const upstream = await dial(targets[at]!);
      if (upstream === null) continue;
      relayed[at]!++;
      open.add(upstream);
      upstream.once("close", () => {
        open.delete(upstream);
        client.destroy();
      });
      if (client.destroyed) return void upstream.destroy();
      client.once("close", () => upstream.destroy());
      client.pipe(upstream).pipe(client);
      return;
    }
    client.resetAndDestroy();
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    relayed,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

/** Null when nobody listens. */
function dial(port: number): Promise<Socket | null> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
  return new Promise((resolve) => {
    socket.once("connect", () => resolve(socket));
    socket.once("error", () => resolve(null));
    socket.on("error", () => {});
  });
}
