/** The name, the port and the encryption: what must hold before a word of HTTP is said. */
import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { connect as connectTcp, isIP } from "node:net";
import type { Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { TLSSocket } from "node:tls";
import { ok, problem, reasonOf } from "./finding.ts";
import type { Finding } from "./finding.ts";
import type { Path } from "./path.ts";

/** A connection that takes longer than this is none that a page can use. */
const CONNECT_MS = 8_000;

export async function checkName({ host }: Path): Promise<Finding> {
  if (isIP(host) !== 0) return ok("dns", `${host} is an address`);
  try {
    const addresses = await lookup(host, { all: true });
    return ok("dns", `${host} is ${addresses.map(({ address }) => address).join(", ")}`);
  } catch (thrown) {
    return problem("dns", `${host} does not resolve (${reasonOf(thrown)})`, "check the name and its DNS records");
  }
}

export async function checkPort({ host, port }: Path): Promise<Finding> {
  const begunAt = performance.now();
  try {
    const socket = await connected(connectTcp({ host, port }), "connect");
    socket.destroy();
    return ok("tcp", `port ${port} accepts in ${Math.round(performance.now() - begunAt)} ms`);
  } catch (thrown) {
    const isRefused = (thrown as NodeJS.ErrnoException).code === "ECONNREFUSED";
    const todo = isRefused
      ? "nothing listens there: start the proxy, or whatever stands before it, on this address and port"
      : "let the port through the firewall, or correct the address";
    return problem("tcp", `${host} port ${port} cannot be reached (${reasonOf(thrown)})`, todo);
  }
}

export async function checkEncryption({ host, port, isEncrypted }: Path): Promise<Finding> {
  if (!isEncrypted) return ok("tls", "not encrypted: only for this machine or a network of your own");
  try {
    const servername = isIP(host) === 0 ? { servername: host } : {};
    const socket = await connected(
      connectTls({ host, port, ...servername, ALPNProtocols: ["http/1.1"] }),
      "secureConnect",
    );
    const { valid_to: until } = socket.getPeerCertificate();
    const protocol = socket.getProtocol();
    socket.destroy();
    return ok("tls", `${protocol}, the certificate is valid until ${until}`);
  } catch (thrown) {
    return problem(
      "tls",
      `no trusted encryption (${reasonOf(thrown)})`,
      remedyOf((thrown as NodeJS.ErrnoException).code),
    );
  }
}

function remedyOf(code = ""): string {
  if (code === "CERT_HAS_EXPIRED") return "renew the certificate";
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") return "get a certificate for this name";
  if (code.startsWith("UNABLE_TO_")) return "serve the whole chain, intermediate certificates included";
  if (code.includes("SELF_SIGNED"))
    return "get a certificate that browsers trust, or trust the authority that inspects the traffic";
  if (code === "EPROTO" || code.startsWith("ERR_SSL"))
    return "the port does not speak TLS: use http:// or another port";
  return "look at what ends TLS on this port";
}

async function connected<Kind extends Socket | TLSSocket>(socket: Kind, event: string): Promise<Kind> {
  const late = setTimeout(() => socket.destroy(new Error(`no connection within ${CONNECT_MS} ms`)), CONNECT_MS);
  try {
    await once(socket, event);
    return socket;
  } catch (thrown) {
    socket.destroy();
    throw thrown;
  } finally {
    clearTimeout(late);
  }
}
