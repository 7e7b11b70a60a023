import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { test } from "node:test";
import { addressOf, hashAddress } from "../../../proxy/guard/address.ts";

const request = (remoteAddress: string, forwarded?: string | string[]): IncomingMessage =>
  ({
    socket: { remoteAddress },
    headers: forwarded === undefined ? {} : { "x-forwarded-for": forwarded },
  }) as unknown as IncomingMessage;

test("the address is the socket's, whatever a header claims, as long as no proxy is trusted", () => {
  assert.equal(addressOf(request("203.0.113.7", "198.51.100.1"), 0), "203.0.113.7");
  assert.equal(addressOf(request("::ffff:203.0.113.7"), 0), "203.0.113.7");
});

test("behind trusted proxies it is what the outermost of them wrote, and nothing a caller put in front", () => {
  const forwarded = "10.9.9.9, 198.51.100.1, 192.0.2.4";
  assert.equal(addressOf(request("127.0.0.1", forwarded), 1), "192.0.2.4");
  assert.equal(addressOf(request("127.0.0.1", forwarded), 2), "198.51.100.1");
  assert.equal(addressOf(request("127.0.0.1", ["10.9.9.9", "198.51.100.1"]), 1), "198.51.100.1");
  assert.equal(addressOf(request("127.0.0.1", "198.51.100.1:4711"), 1), "198.51.100.1");
});

test("a header that is missing, short or no address leaves the socket's", () => {
  assert.equal(addressOf(request("203.0.113.7"), 1), "203.0.113.7");
  assert.equal(addressOf(request("203.0.113.7", "198.51.100.1"), 2), "203.0.113.7");
  assert.equal(addressOf(request("203.0.113.7", "unknown"), 1), "203.0.113.7");
  assert.equal(addressOf(request(""), 0), null);
});

test("IPv6 counts by the network of 64 bits, in one spelling", () => {
  const network = "2001:db8:0:1::/64";
  for (const written of [
    "2001:db8:0:1::5",
    "2001:0db8:0000:0001:ffff:0:0:1",
    "2001:DB8:0:1:a::",
    "2001:db8:0:1:0:ffff:192.0.2.1",
  ]) {
    assert.equal(addressOf(request(written), 0), network, written);
  }
  assert.equal(addressOf(request("fe80::1%eth0"), 0), "fe80:0:0:0::/64");
  assert.equal(addressOf(request("::1"), 0), "0:0:0:0::/64");
  assert.equal(addressOf(request("x", "[2001:db8:0:1::5]:443"), 1), network);
});

test("what is kept is the same for one address and key, tells neither, and differs for others", () => {
  const [one, two] = [new Uint8Array(32), new Uint8Array(32).fill(1)];
  assert.equal(hashAddress("203.0.113.7", one), hashAddress("203.0.113.7", one));
  assert.notEqual(hashAddress("203.0.113.7", one), hashAddress("203.0.113.8", one));
  assert.notEqual(hashAddress("203.0.113.7", one), hashAddress("203.0.113.7", two));
  assert.doesNotMatch(hashAddress("203.0.113.7", one), /203/);
});
