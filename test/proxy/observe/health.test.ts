import assert from "node:assert/strict";
import { test } from "node:test";
import fastify from "fastify";
import { registerHealth } from "../../../proxy/observe/health.ts";
import { KnownNames } from "../../../proxy/observe/known-names.ts";

test("readyz says why no stream may begin; what cannot be helped by waiting comes first", async (t) => {
  const now = { store: true, draining: false, overloaded: false };
  const app = fastify();
  t.after(() => app.close());
  registerHealth(app, {
    log: { check: () => (now.store ? Promise.resolve() : Promise.reject(new Error("disk"))) },
    providers: new Map([["p", {}]]),
    names: new KnownNames({ agents: { a: { models: ["p/m"] } }, providers: { p: {} } }),
    lanes: () => [],
    isOperator: () => false,
    isDraining: () => now.draining,
    isOverloaded: () => now.overloaded,
  });
  const ready = async (change: Partial<typeof now>) => {
    Object.assign(now, { store: true, draining: false, overloaded: false }, change);
    const { statusCode, body } = await app.inject("/readyz");
    return [statusCode, (JSON.parse(body) as { status: string }).status];
  };
  assert.deepEqual(await ready({}), [200, "ready"]);
  assert.deepEqual(await ready({ overloaded: true }), [503, "overloaded"]);
  assert.deepEqual(await ready({ overloaded: true, store: false }), [503, "not_ready"]);
  assert.deepEqual(await ready({ overloaded: true, store: false, draining: true }), [503, "draining"]);
});
