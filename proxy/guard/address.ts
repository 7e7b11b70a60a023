/** Where a caller is: the socket's other end or, behind proxies of one's own, what the outermost of them wrote down. */
import { createHmac } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";

/**
 * The caller's address in one spelling: IPv4 in dots, IPv6 as its /64 network, which is what one household has. Null
 * when it cannot be told.
 * @param trustedProxies how many proxies of the operator's own a request passes: so many entries of `X-Forwarded-For`,
 * counted from the end, were written by somebody who can be believed
 */
export function addressOf(request: IncomingMessage, trustedProxies: number): string | null {
  const socket = request.socket.remoteAddress ?? "";
  if (trustedProxies === 0) return normalize(socket);
  const forwarded = [request.headers["x-forwarded-for"] ?? []].flat().join(",").split(",");
  const found = forwarded.at(-trustedProxies)?.trim() ?? "";
  // Fewer entries than proxies: the request came past one of them, and what it says of itself is worth nothing.
  return normalize(found) ?? normalize(socket);
}

/** What is kept in place of an address: nobody without the key can tell which it was. */
export const hashAddress = (address: string, key: Uint8Array): string =>
  createHmac("sha256", key).update(address).digest("base64url").slice(0, 22);

function normalize(written: string): string | null {
  const address = withoutPort(written);
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined || isIP(address) === 4) return mapped ?? address;
  return isIP(address) === 6 ? `${networkOf(address)}::/64` : null;
}

/** `[::1]:80`, `10.0.0.1:80`, `fe80::1%eth0` → the address alone. */
function withoutPort(written: string): string {
  const bracketed = /^\[([^\]]+)\](:\d+)?$/.exec(written)?.[1];
  const bare = bracketed ?? (/^[\d.]+:\d+$/.test(written) ? written.slice(0, written.indexOf(":")) : written);
  return bare.replace(/%.*$/, "");
}

/** The first four groups of a valid IPv6 address, without leading zeros. */
function networkOf(address: string): string {
  const [head = "", tail] = address.split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  // An IPv4 address at the end takes the place of two groups.
  const taken = before.length + after.length + (address.includes(".") ? 1 : 0);
  const groups = tail === undefined ? before : [...before, ...Array<string>(8 - taken).fill("0"), ...after];
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":");
}
