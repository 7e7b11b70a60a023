/** Budgets and receipts as a client meets them. */
import assert from "node:assert/strict";
import { createHmac, hkdfSync } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, describe, test } from "node:test";
import type { Message } from "../../../protocol/index.ts";
import type { ConfigInput } from "../../../proxy/config-schema.ts";
import { mintAccessToken } from "../../../proxy/guard/access-token.ts";
import type { Provider } from "../../../proxy/provider/provider.ts";
import type { Receipt } from "../../../proxy/spend/receipt.ts";
import { deriveKey, ReceiptSigner } from "../../../proxy/spend/receipt-signer.ts";
import { talker } from "../../fakes/paid-streams.ts";
import { openSocket, runProxy } from "../../fakes/running-proxy.ts";
import type { RunningProxy } from "../../fakes/running-proxy.ts";

const folder = mkdtempSync(join(tmpdir(), "ai-stream-budget-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const SECRET = "a secret for tests only";
const tokenOf = (sub: string) => mintAccessToken({ sub, exp: Math.floor(Date.now() / 1000) + 600 }, SECRET);
const as = (sub: string) => ({ authorization: `Bearer ${tokenOf(sub)}`, prefer: "wait" });

type Agent = Partial<NonNullable<ConfigInput["agents"]>[string]>;

/** Ten dollars a million tokens, one provider. */
const priced = (agent: Agent, access: ConfigInput["access"] = {}): ConfigInput => ({
  providers: { p: { kind: "demo", prices: { m: { input: 1, output: 10 } } } },
  agents: { a: { models: ["p/m"], ...agent } },
  access,
});

describe("budgets over HTTP", () => {
  let proxy: RunningProxy;
  afterEach(() => proxy?.close());
  const open = async (provider: Provider, config: ConfigInput) => (proxy = await runProxy([provider], config));
  const ask = async (headers: Record<string, string> = {}, body: object = {}) => {
    const response = await proxy.post("/v1/streams", { input: "hi", ...body }, { prefer: "wait", ...headers });
    return { response, body: (await response.json()) as Message & { error?: { code: string; message: string } } };
  };

  test("an answer is cut at its budget: what was said stays, the reason is `budget`", async () => {
    await open(talker("p"), priced({ budget: { usdPerAnswer: 0.001 }, show: { cost: true } }));
    const { body } = await ask();
    assert.deepEqual(
      [body.status, body.end?.reason, body.end?.error?.code],
      ["interrupted", "budget", "budget_exhausted"],
    );
    assert.ok(body.usage.costUsd! <= 0.00101, String(body.usage.costUsd));
    assert.ok(body.blocks[0]?.kind === "text" && body.blocks[0].text.startsWith("wordword"));
  });

  test("a page's own maxCostUsd can only be stricter", async () => {
    // Talks on past the bound it was given, which makes it cheap enough to be asked.
    const agent = { maxOutputTokens: 30, budget: { usdPerAnswer: 0.001 }, show: { cost: true } };
    await open(talker("p"), priced(agent));
    const strict = await ask({}, { constraints: { maxCostUsd: 0.0005 } });
    assert.ok(strict.body.usage.costUsd! <= 0.00051);
    const loose = await ask({}, { constraints: { maxCostUsd: 5 } });
    assert.ok(loose.body.usage.costUsd! <= 0.00101);
  });

  test("a visitor whose day is spent is refused with the time until midnight; others are not", async () => {
    const access = { secret: SECRET, perVisitor: { usdPerDay: 0.001 } };
    await open(talker("p"), priced({}, access));
    assert.equal((await ask(as("ann"))).body.end?.reason, "budget");
    const { response, body } = await ask(as("ann"));
    assert.deepEqual([response.status, body.error?.code], [429, "budget_exhausted"]);
    const seconds = Number(response.headers.get("retry-after"));
    assert.ok(seconds > 0 && seconds <= 86_400, String(seconds));
    assert.equal((await ask(as("bob"))).response.status, 200);
  });

  test("a start that is sent again is answered as before, also when the day is spent meanwhile", async () => {
    await open(talker("p"), priced({}, { total: { usdPerDay: 0.001 } }));
    const first = await ask({ "idempotency-key": "one" });
    const again = await ask({ "idempotency-key": "one" });
    assert.deepEqual([again.response.status, again.body.id], [200, first.body.id]);
    assert.equal((await ask({ "idempotency-key": "two" })).response.status, 429);
  });

  test("addresses are told apart behind a trusted proxy, over HTTP and WebSocket, and never stored", async () => {
    const file = join(folder, "addresses.db");
    const access = { trustedProxies: 1, perAddress: { usdPerDay: 0.001 } };
    await open(talker("p"), { ...priced({}, access), store: `sqlite:${file}` });
    const from = (address: string) => ({ "x-forwarded-for": address });
    assert.equal((await ask(from("203.0.113.7"))).body.end?.reason, "budget");
    assert.equal((await ask(from("203.0.113.7"))).response.status, 429);
    assert.equal((await ask(from("203.0.113.8"))).response.status, 200);
    const socket = await openSocket(proxy, { headers: from("203.0.113.7") });
    socket.send({ type: "start", rid: "1", input: "hi" });
    assert.equal((await socket.next("err")).error.code, "budget_exhausted");
    socket.close();
    await proxy.close();
    assert.ok(!readFileSync(file).includes("203.0.113"));
    proxy = await runProxy([talker("p")]);
  });
});

describe("receipts over HTTP", () => {
  let proxy: RunningProxy;
  afterEach(() => proxy?.close());
  const shown = { show: { cost: true, model: true } };

  async function answered(config: ConfigInput, headers: Record<string, string> = {}): Promise<string> {
    proxy = await runProxy([talker("p", 20)], config);
    const response = await proxy.post("/v1/streams", { input: "hi" }, { prefer: "wait", ...headers });
    return ((await response.json()) as { stream: string }).stream;
  }
  const receiptOf = async (id: string, headers: Record<string, string> = {}) => {
    const response = await proxy.get(`/v1/streams/${id}/receipt`, headers);
    return { status: response.status, body: (await response.json()) as { receipt: Receipt; signed: string } };
  };

  test("the owner gets the receipt, signed with a key derived from the secret, routing notes left out", async () => {
    const id = await answered(priced(shown, { secret: SECRET }), as("ann"));
    const { status, body } = await receiptOf(id, as("ann"));
    assert.equal(status, 200);
    assert.deepEqual(new ReceiptSigner(deriveKey(SECRET, "receipt")).verify(body.signed), body.receipt);
    assert.throws(() => new ReceiptSigner(deriveKey("another secret", "receipt")).verify(body.signed));
    assert.throws(() => new ReceiptSigner(deriveKey(SECRET, "receipt")).verify(`${body.signed.slice(0, -4)}AAAA`));
    const [attempt] = body.receipt.attempts;
    assert.deepEqual([attempt?.provider, attempt?.model, attempt?.booked?.priceTable], ["p", "m", "configuration"]);
    assert.equal(attempt?.route, undefined);
    assert.equal(body.receipt.total.costUsd.toFixed(6), "0.000210");
    assert.equal((await receiptOf(id, as("bob"))).status, 404);
  });

  test("anybody with the secret can check it by the steps of docs/money.md, and nothing of ours", async () => {
    const id = await answered(priced(shown, { secret: SECRET }), as("ann"));
    const { receipt, signed } = (await receiptOf(id, as("ann"))).body;
    const [header = "", payload = "", signature] = signed.split(".");
    assert.equal((JSON.parse(Buffer.from(header, "base64url").toString()) as { alg: string }).alg, "HS256");
    const key = Buffer.from(hkdfSync("sha256", SECRET, "ai-stream", "receipt", 32));
    assert.equal(createHmac("sha256", key).update(`${header}.${payload}`).digest("base64url"), signature);
    assert.deepEqual(JSON.parse(Buffer.from(payload, "base64url").toString()), receipt);
  });

  test("routing notes are there where the agent shows them", async () => {
    const id = await answered(priced({ show: { cost: true, model: true, route: true } }));
    assert.ok((await receiptOf(id)).body.receipt.attempts[0]?.route);
  });

  test("an agent that does not show cost and model gives none", async () => {
    const id = await answered(priced({ show: { cost: true, model: false } }));
    assert.equal((await receiptOf(id)).status, 403);
  });

  test("an open proxy signs with a key its store keeps", async () => {
    const store = `sqlite:${join(folder, "open.db")}`;
    const id = await answered({ ...priced(shown), store });
    assert.equal((await receiptOf(id)).status, 200);
    await proxy.close();
    proxy = await runProxy([talker("p", 20)], { ...priced(shown), store });
    assert.equal((await receiptOf(id)).status, 200);
  });

  test("a stream nobody has is not found", async () => {
    await answered(priced(shown));
    assert.equal((await receiptOf("s_none")).status, 404);
  });
});
