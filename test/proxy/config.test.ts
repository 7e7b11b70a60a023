import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { completeConfig, ConfigError, isOpen, readConfigFile, unenforcedKeys } from "../../proxy/config.ts";
import type { ConfigInput } from "../../proxy/config-schema.ts";

const folder = mkdtempSync(join(tmpdir(), "ai-stream-config-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const mistakesOf = (input: unknown, env = {}) => {
  try {
    completeConfig(input as ConfigInput, env);
  } catch (thrown) {
    assert.ok(thrown instanceof ConfigError);
    return thrown.mistakes;
  }
  return [];
};
const pathsOf = (input: unknown, env = {}) => mistakesOf(input, env).map(({ path }) => path);

test("nothing configured and no key set: the demo provider answers, on loopback, open, with the documented defaults", () => {
  const config = completeConfig({}, {});
  assert.deepEqual(config.providers, { demo: { kind: "demo" } });
  assert.deepEqual(config.agents["default"]?.models, ["demo/tour"]);
  assert.deepEqual([config.host, config.store], ["127.0.0.1", "sqlite:./ai-stream.db"]);
  assert.equal(isOpen(config), true);
  assert.deepEqual(config.delivery, { heartbeatMs: 15_000, windowBytes: 262_144, rotateMs: 600_000 });
  assert.deepEqual(config.limits, {
    requestBytes: 1_048_576,
    inputChars: 32_000,
    attachmentsBytes: 8_388_608,
    toolResultChars: 32_000,
  });
  assert.equal(config.resilience.totalMs, 600_000);
});

test("keys in the environment make their providers, in a fixed order, each with its key", () => {
  const config = completeConfig({}, { ANTHROPIC_API_KEY: "a-key", OPENAI_API_KEY: "o-key", OLLAMA_HOST: "gpu:11434" });
  assert.deepEqual(Object.keys(config.providers), ["openai", "anthropic", "ollama"]);
  assert.deepEqual(config.providers["anthropic"], { kind: "anthropic", apiKey: "a-key" });
  assert.deepEqual(config.providers["ollama"], { kind: "ollama", baseUrl: "http://gpu:11434" });
});

test("HOST, PORT, AI_STREAM_STORE and AI_STREAM_SECRET are used where the file says nothing", () => {
  const env = {
    HOST: "localhost",
    PORT: "9001",
    AI_STREAM_STORE: "sqlite::memory:",
    AI_STREAM_SECRET: "0123456789abcdef",
  };
  const config = completeConfig({}, env);
  assert.deepEqual([config.host, config.port, config.store], ["localhost", 9001, "sqlite::memory:"]);
  assert.equal(isOpen(config), false);
  assert.equal(completeConfig({ port: 1 }, env).port, 1);
  assert.deepEqual(pathsOf({}, { PORT: "many" }), ["port"]);
});

test('"$NAME" is read from the environment, wherever it stands; a name that is not set is a mistake', () => {
  const input: ConfigInput = {
    providers: { x: { kind: "openai-compatible", baseUrl: "http://h/v1", apiKey: "$X_KEY" } },
  };
  const { providers } = completeConfig(input, { X_KEY: "k" });
  assert.deepEqual(providers["x"], { kind: "openai-compatible", baseUrl: "http://h/v1", apiKey: "k" });
  const [mistake] = mistakesOf(input);
  assert.deepEqual([mistake?.path, mistake?.found], ["providers.x.apiKey", "$X_KEY, which is not set"]);
});

test("every mistake is told at once, with its path, what was found and what is expected", () => {
  const mistakes = mistakesOf({
    port: 70_000,
    colour: "red",
    providers: { a: { kind: "parrot" }, b: { kind: "openai-compatible" }, c: { kind: "ollama", baseUrl: "nowhere" } },
    agents: { x: { models: [], temperature: 5 } },
    backpressure: { high: 0.2, low: 0.5 },
    limits: { inputChars: "many" },
  });
  const byPath = new Map(mistakes.map((mistake) => [mistake.path, mistake]));
  for (const path of [
    "port",
    "colour",
    "providers.a.kind",
    "providers.b.baseUrl",
    "providers.c.baseUrl",
    "agents.x.models",
    "agents.x.temperature",
    "backpressure.low",
    "limits.inputChars",
  ]) {
    assert.ok(byPath.has(path), `${path} in ${[...byPath.keys()].join(", ")}`);
  }
  assert.deepEqual(byPath.get("limits.inputChars"), {
    path: "limits.inputChars",
    found: '"many"',
    expected: "a number",
  });
  assert.deepEqual(byPath.get("port"), { path: "port", found: "70000", expected: "at most 65535" });
});

test("a model of a provider that is not there, and a provider without a key, are named", () => {
  assert.deepEqual(pathsOf({ providers: { p: { kind: "demo" } }, agents: { a: { models: ["q/m"] } } }), [
    "agents.a.models[0]",
  ]);
  assert.deepEqual(pathsOf({ providers: { p: { kind: "groq" } } }), ["providers.p.apiKey"]);
});

test("an address that others reach needs origins and a secret", () => {
  assert.deepEqual(pathsOf({ host: "0.0.0.0" }), ["access.origins", "access.secret"]);
  const safe = { host: "0.0.0.0", access: { origins: ["https://a.example"], secret: "0123456789abcdef" } };
  assert.deepEqual(pathsOf(safe), []);
});

test("an address that others reach needs a daily total where a provider is paid by the token", () => {
  const access = { origins: ["https://a.example"], secret: "0123456789abcdef" };
  const at = (host: string, provider: object, own: object = {}) =>
    pathsOf({ host, providers: { p: provider } as never, access: { ...access, ...own } });
  const sold = { kind: "openai", apiKey: "k" };
  assert.deepEqual(at("0.0.0.0", sold), ["access.total.usdPerDay"]);
  assert.deepEqual(at("0.0.0.0", sold, { total: { usdPerDay: 20 } }), []);
  assert.deepEqual(at("127.0.0.1", sold), []);
  assert.deepEqual(at("0.0.0.0", { kind: "ollama" }), []);
  const own = { kind: "openai-compatible", baseUrl: "http://127.0.0.1:8080/v1" };
  assert.deepEqual(at("0.0.0.0", own), []);
  assert.deepEqual(at("0.0.0.0", { ...own, baseUrl: "https://llm.example/v1" }), ["access.total.usdPerDay"]);
  assert.deepEqual(at("0.0.0.0", { ...own, prices: { m: { input: 1, output: 1 } } }), ["access.total.usdPerDay"]);
});

test("no mistake repeats a secret", () => {
  const { message } = new ConfigError(
    mistakesOf({ access: { secret: "hunter2" }, providers: { p: { kind: "openai", apiKey: { value: "sk-1" } } } }),
  );
  assert.match(message, /access\.secret/);
  assert.doesNotMatch(message, /hunter2|sk-1/);
});

test("outside a developer's machine a viewer sees text, usage and model, and what the agent's show adds", () => {
  const config = completeConfig({ access: { secret: "0123456789abcdef" } }, {});
  assert.deepEqual(config.agents["default"]?.show, {
    reasoning: false,
    toolArguments: false,
    toolResults: false,
    usage: true,
    cost: false,
    route: false,
    model: true,
  });
  assert.equal(completeConfig({}, {}).agents["default"]?.show.reasoning, true);
});

test("keys that are checked but not acted on yet are listed", () => {
  const input = {
    access: { perVisitor: { usdPerDay: 1, concurrent: 2 }, jwks: "https://a.example/keys" },
    backpressure: { flushMs: 5, high: 0.9 },
  };
  assert.deepEqual(unenforcedKeys(input), ["access.jwks"]);
});

test("where visitors are told apart each may begin ten answers a minute and have two at once, unless it is written", () => {
  const secret = "0123456789abcdef";
  const limits = (access: ConfigInput["access"]) => completeConfig({ access }, {}).access.perVisitor;
  assert.deepEqual(limits({ secret }), { streamsPerMinute: 10, concurrent: 2 });
  assert.deepEqual(limits({ secret, perVisitor: { concurrent: 9, usdPerDay: 1 } }), {
    streamsPerMinute: 10,
    concurrent: 9,
    usdPerDay: 1,
  });
  assert.equal(limits({}), undefined);
});

test("a limit of nothing, or less, is a mistake; no money is a limit", () => {
  for (const wrong of [0, -1, 1.5, "many"]) {
    const perVisitor = { streamsPerMinute: wrong, concurrent: wrong } as never;
    const paths = ["access.perVisitor.streamsPerMinute", "access.perVisitor.concurrent"];
    assert.deepEqual(pathsOf({ access: { perVisitor } }), paths);
  }
  assert.deepEqual(pathsOf({ access: { total: { usdPerDay: -1 } } }), ["access.total.usdPerDay"]);
  assert.deepEqual(pathsOf({ access: { total: { usdPerDay: 0 } } }), []);
});

test("a file may be TypeScript, a module or JSON; one that cannot be read is named", async () => {
  const files = {
    "a.ts": "const port: number = 5; export default { port };",
    "b.mjs": "export default { port: 5 };",
    "c.json": '{ "port": 5 }',
  };
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, name), text);
    assert.deepEqual({ ...(await readConfigFile(join(folder, name))) }, { port: 5 });
  }
  writeFileSync(join(folder, "bad.json"), "{");
  for (const name of ["bad.json", "none.json"]) {
    await assert.rejects(
      readConfigFile(join(folder, name)),
      (thrown: unknown) => thrown instanceof ConfigError && thrown.message.includes(name),
    );
  }
});

test("a store is a SQLite file or a Redis server; a wrong URL is told without its password", () => {
  const storeOf = (store: string) => completeConfig({ store }, {}).store;
  for (const store of ["sqlite::memory:", "redis://h:6379/0", "rediss://me:secret@h", "redis://a,b/?cluster=true"]) {
    assert.equal(storeOf(store), store);
  }
  for (const store of ["postgres://me:secret@h/db", "redis://me:secret@a,b", "redis://me:secret@h/?timeout=5"]) {
    const [mistake, ...more] = mistakesOf({ store });
    assert.deepEqual([mistake?.path, more], ["store", []]);
    assert.match(mistake!.expected, /redis:\/\//);
    assert.doesNotMatch(JSON.stringify(mistake), /secret/);
  }
});
