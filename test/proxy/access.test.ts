/** Who gets in, and what they see. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import { afterEach, describe, test } from "node:test";
import { emptyMessage, fold, visibleText } from "../../protocol/index.ts";
import type { LogEntry } from "../../protocol/index.ts";
import { mintAccessToken, verifyAccessToken } from "../../proxy/guard/access-token.ts";
import { fakeProvider, finish, text } from "../fakes/fake-provider.ts";
import { parseSse, runProxy } from "../fakes/running-proxy.ts";
import type { RunningProxy } from "../fakes/running-proxy.ts";

type Started = { id: string; conversation: string; cursor: string };

const WORDY = [text("Once upon a time"), finish];

describe("access", () => {
  let proxy: RunningProxy;
  afterEach(() => proxy?.close());

  const start = async (body: object, headers?: Record<string, string>) => {
    const response = await proxy.post("/v1/streams", body, headers);
    return { status: response.status, body: (await response.json()) as Started };
  };
  const finished = (id: string) => proxy.get(`/v1/streams/${id}/live`).then((response) => response.text());

  test("a foreign origin and a foreign host name are forbidden; the proxy's own page is not", async () => {
    proxy = await runProxy([fakeProvider("p", WORDY)]);
    const ask = async (headers: Record<string, string>) => {
      const call = request(proxy.url + "/v1/agents", { headers }).end();
      const [response] = await once(call, "response");
      response.resume();
      return response.statusCode as number;
    };
    const { host } = new URL(proxy.url);
    assert.equal(await ask({ origin: "http://evil.example" }), 403);
    assert.equal(await ask({ host: "evil.example" }), 403);
    assert.equal(await ask({ origin: `http://${host}` }), 200);
    assert.equal(await ask({}), 200);
  });

  test("a page of a foreign origin may read why it was refused", async () => {
    proxy = await runProxy([fakeProvider("p", WORDY)]);
    const origin = "http://evil.example";
    for (const method of ["OPTIONS", "GET", "POST"]) {
      const response = await fetch(proxy.url + "/v1/agents", { method, headers: { origin } });
      assert.equal(response.headers.get("access-control-allow-origin"), origin);
      assert.equal(response.status, method === "OPTIONS" ? 204 : 403);
      if (method !== "OPTIONS") assert.match(await response.text(), /access\.origins/);
    }
  });

  test("what the agent does not show reaches no viewer, in no form", async () => {
    const thinking = [
      { type: "block.start", block: 0, kind: "reasoning" },
      { type: "delta", block: 0, text: "SECRET" },
      { type: "block.end", block: 0 },
      { type: "block.start", block: 1, kind: "text" },
      { type: "delta", block: 1, text: "public" },
      { type: "block.end", block: 1 },
      { type: "usage", usage: { input: 1, output: 1, final: true, costUsd: 0.77 } },
      { type: "finish", reason: "stop", raw: null },
    ] as const;
    proxy = await runProxy(
      [
        fakeProvider(
          "p",
          thinking.map((event) => [event]),
        ),
      ],
      { agents: { a: { models: ["p/m"] } } },
    );
    const { body } = await start({ input: "x" });
    const live = await finished(body.id);
    const rest = await Promise.all(
      ["/events", "/message", ""].map(async (path) => (await proxy.get(`/v1/streams/${body.id}${path}`)).text()),
    );
    const conversation = await (await proxy.get(`/v1/conversations/${body.conversation}`)).text();
    for (const shown of [live, ...rest, conversation]) {
      assert.doesNotMatch(shown, /SECRET|0\.77/);
    }
    const entries = parseSse(live).map(({ data }) => JSON.parse(data) as LogEntry);
    assert.equal(visibleText(fold(emptyMessage(body.cursor.split(".")[0]!), entries)), "public");
  });

  test("with a secret, only a visitor with a token of this origin gets in, and sees only what is theirs", async () => {
    proxy = await runProxy([fakeProvider("p", WORDY)], {
      access: { secret: "0123456789abcdef", origins: ["https://a.example"] },
    });
    assert.equal((await start({ input: "x" })).status, 401);
    const origin = { origin: "https://a.example" };
    const visit = async () =>
      (await (await proxy.post("/v1/visitors", {}, origin)).json()) as { accessToken: string; expiresAt: number };
    const [ann, bob] = [await visit(), await visit()];
    const as = (visitor: typeof ann) => ({ ...origin, authorization: `Bearer ${visitor.accessToken}` });
    const { status, body } = await start({ input: "x" }, as(ann));
    assert.equal(status, 201);
    assert.equal((await proxy.get(`/v1/streams/${body.id}`, as(ann))).status, 200);
    assert.equal((await proxy.get(`/v1/streams/${body.id}`, as(bob))).status, 404);
    assert.equal((await proxy.get(`/v1/conversations/${body.conversation}`, as(bob))).status, 404);
    assert.equal((await proxy.get(`/v1/streams/${body.id}`, { ...as(ann), origin: "https://b.example" })).status, 403);
    assert.equal((await proxy.get("/v1/agents", { authorization: "Bearer a.b.c" })).status, 200);
    assert.equal((await proxy.get(`/v1/streams/${body.id}`, { authorization: "Bearer a.b.c" })).status, 401);
  });

  test("a visitor's token is renewed for the same visitor, for a month after it expired; an account's is not", async () => {
    const secret = "0123456789abcdef";
    proxy = await runProxy([fakeProvider("p", WORDY)], { access: { secret, origins: [] } });
    const renew = async (sub: string, hoursAgo: number) => {
      const exp = Math.floor(Date.now() / 1_000) - hoursAgo * 3_600;
      const authorization = `Bearer ${mintAccessToken({ sub, exp }, secret)}`;
      const response = await proxy.post("/v1/visitors", {}, { authorization });
      const { accessToken = "" } = (await response.json()) as { accessToken?: string };
      return { status: response.status, accessToken };
    };
    const { status, accessToken } = await renew("v_ann", 24);
    assert.equal(status, 201);
    assert.equal(verifyAccessToken(accessToken, secret, undefined, Date.now()).sub, "v_ann");
    assert.equal((await renew("v_ann", 31 * 24)).status, 401);
    assert.equal((await renew("ann", -1)).status, 403);
  });
});
