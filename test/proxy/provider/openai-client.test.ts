import assert from "node:assert/strict";
import { test } from "node:test";

import { openAiCall } from "../../../proxy/provider/openai-client.ts";
import type { ProviderCall } from "../../../proxy/provider/provider-call.ts";

const SERVER = { baseUrl: "http://localhost/v1", headers: { "x-own": "1" }, official: false };

/** Notes what the SDK asked of it. */
function callWith(key: string | null): { readonly call: ProviderCall; readonly asked: (string | null)[][] } {
  const asked: (string | null)[][] = [];
  const fetch: ProviderCall["fetch"] = async (url, init) => {
    const headers = new Headers(init?.headers);
    asked.push([String(url), headers.get("authorization"), headers.get("x-own")]);
    return Response.json({ data: [] });
  };
  return { call: { key, fetch } as ProviderCall, asked };
}

test("calls of one server and key share a client, and each request goes through its own call", async () => {
  const one = callWith("a");
  const two = callWith("a");
  const [first, second] = await Promise.all([openAiCall(SERVER, one.call), openAiCall(SERVER, two.call)]);
  assert.equal(first.client, second.client);
  await Promise.all([first, second].map(({ client, through }) => client.models.list(through).asResponse()));
  const expected = [["http://localhost/v1/models", "Bearer a", "1"]];
  assert.deepEqual([one.asked, two.asked], [expected, expected]);
});

test("another key, no key and another address are other clients", async () => {
  const calls = [callWith("a"), callWith("b"), callWith(null), callWith("a")];
  for (const [index, { call }] of calls.entries()) {
    const { client, through } = await openAiCall(SERVER, call, index === 3 ? "http://localhost/beta" : undefined);
    await client.models.list(through).asResponse();
  }
  assert.deepEqual(
    calls.flatMap(({ asked }) => asked.map(([url, authorization]) => [url, authorization])),
    [
      ["http://localhost/v1/models", "Bearer a"],
      ["http://localhost/v1/models", "Bearer b"],
      ["http://localhost/v1/models", null],
      ["http://localhost/beta/models", "Bearer a"],
    ],
  );
});
