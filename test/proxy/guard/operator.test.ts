import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { describe, test } from "node:test";
import { StreamError } from "../../../protocol/index.ts";
import { mintAccessToken } from "../../../proxy/guard/access-token.ts";
import { checkOperator, isOperator } from "../../../proxy/guard/operator.ts";

const SECRET = "0123456789abcdef0123456789abcdef";
const tokenOf = (sub: string, secret = SECRET) =>
  `Bearer ${mintAccessToken({ sub, exp: Date.now() / 1000 + 60 }, secret)}`;

const from = (remoteAddress: string, headers: Record<string, string> = {}): IncomingMessage =>
  ({ socket: { remoteAddress }, headers: { host: "localhost:8787", ...headers } }) as never;

/** Null when the request is let in, else the code of the refusal. */
function refusal(request: IncomingMessage, secret: string | null): string | null {
  try {
    checkOperator(request, { secret });
    return null;
  } catch (thrown) {
    assert.ok(thrown instanceof StreamError);
    return thrown.code;
  }
}

describe("checkOperator()", () => {
  test("an open proxy lets in whoever reaches it by a name of this machine", () => {
    assert.equal(refusal(from("127.0.0.1"), null), null);
    assert.equal(refusal(from("127.0.0.1", { host: "evil.example" }), null), "forbidden");
    assert.equal(refusal(from("127.0.0.1", { origin: "http://evil.example" }), null), "forbidden");
  });

  test("a closed proxy lets this machine in, but nothing that was forwarded and no page", () => {
    for (const address of ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"]) {
      assert.equal(refusal(from(address), SECRET), null, address);
    }
    for (const header of [
      "x-forwarded-for",
      "forwarded",
      "via",
      "x-real-ip",
      "x-forwarded-proto",
      "x-forwarded-host",
    ]) {
      assert.equal(refusal(from("127.0.0.1", { [header]: "x" }), SECRET), "unauthenticated", header);
    }
    assert.equal(refusal(from("127.0.0.1", { host: "proxy.example" }), SECRET), "forbidden");
    assert.equal(refusal(from("127.0.0.1", { origin: "https://example.com" }), SECRET), "forbidden");
  });

  test("from elsewhere the operator's access token is needed, and nobody else's will do", () => {
    for (const address of ["10.0.0.7", "::ffff:10.0.0.7", "2001:db8::1", "128.0.0.1"]) {
      assert.equal(refusal(from(address), SECRET), "unauthenticated", address);
    }
    const bringing = (authorization: string) => from("10.0.0.7", { authorization, host: "proxy.example" });
    assert.equal(refusal(bringing(tokenOf("operator")), SECRET), null);
    assert.equal(refusal(bringing(tokenOf("v_somebody")), SECRET), "forbidden");
    assert.equal(refusal(bringing(tokenOf("operator", "another-secret-another-secret-00")), SECRET), "unauthenticated");
    assert.equal(refusal(bringing("Bearer nonsense"), SECRET), "unauthenticated");
  });

  test("isOperator() says the same without throwing", () => {
    assert.equal(isOperator(from("127.0.0.1"), { secret: SECRET }), true);
    assert.equal(isOperator(from("10.0.0.7"), { secret: SECRET }), false);
  });
});
