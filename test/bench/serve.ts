/** Listens on a free port of the loopback and says so, in the form of the proxy's own line. */
import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

/** While others are measured a server's sockets stay open: one that closed as it is asked again would fail the run. */
const KEEP_ALIVE_MS = 600_000;

export async function serve(server: Server): Promise<void> {
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  // 2,000 streams open at once.
  server.listen({ port: 0, host: "127.0.0.1", backlog: 4_096 });
  await once(server, "listening");
  // An orderly exit: a CPU profile is written.
  process.once("SIGTERM", () => process.exit());
  console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}
