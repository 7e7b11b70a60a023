import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, test } from "node:test";

import { HttpTransport } from "../../../proxy/provider/http-transport.ts";
import { PassingBody } from "../../../proxy/provider/passing-body.ts";

const LIMITS = { connectMs: 10_000, headersMs: 10_000, headersCode: "connect_timeout" } as const;

describe("PassingBody", () => {
  test("is given away once, and nothing of it is kept", () => {
    const body = new PassingBody("é");
    assert.deepEqual([...body], [Buffer.from("é")]);
    assert.deepEqual([...body], []);
    assert.equal(body.byteLength, 2);
  });

  // The larger one is more than a socket takes at a time.
  for (const length of [0, 40, 4_000_000]) {
    test(`a body of ${length} characters arrives whole, with its length told before it`, async (context) => {
      let told: unknown;
      const server = createServer((request, response) => {
        told = [request.headers["content-length"], request.headers["transfer-encoding"]];
        void request.toArray().then((chunks: Buffer[]) => response.end(Buffer.concat(chunks)));
      });
      await once(server.listen(0, "127.0.0.1"), "listening");
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      const transport = new HttpTransport();
      context.after(async () => {
        await transport.close();
        server.close();
      });
      const sent = "x".repeat(length);
      const { signal } = new AbortController();
      const response = await transport.open({ method: "POST", url, headers: {}, body: sent }, LIMITS, signal);
      assert.deepEqual(told, [String(length), undefined]);
      assert.equal(await response.body.text(Infinity), sent);
    });
  }
});
