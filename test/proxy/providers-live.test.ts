/** Each provider's recorded answers through the whole proxy: what is asked over HTTP is what the record expects. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { visibleText } from "../../protocol/index.ts";
import type { Message, ToolBlock } from "../../protocol/index.ts";
import type { ConfigInput } from "../../proxy/config-schema.ts";
import { createProxy } from "../../proxy/index.ts";
import type { Proxy } from "../../proxy/index.ts";
import { openReplayServer } from "../fakes/replay-server.ts";
import type { ReplayServer } from "../fakes/replay-server.ts";
import { fixturesMissing, streamFixture, streamFixtures } from "../fixtures.ts";
import type { StreamFixture } from "../fixtures.ts";

const run = promisify(execFile);
const CLI = fileURLToPath(new URL("../../proxy/cli.ts", import.meta.url));

type ProviderInput = NonNullable<ConfigInput["providers"]>[string];

/** How each recorded format is configured, and which complete answers of it are asked for. */
const KINDS: readonly {
  readonly api: string;
  readonly configure: (url: string) => ProviderInput;
  readonly type: string;
}[] = [
  {
    api: "openai-chat",
    configure: (url) => ({ kind: "openai-compatible", baseUrl: `${url}/v1`, apiKey: "k" }),
    type: "text/event-stream",
  },
  {
    api: "openai-responses",
    configure: (url) => ({ kind: "openai", baseUrl: `${url}/v1`, apiKey: "k" }),
    type: "text/event-stream",
  },
  {
    api: "anthropic-messages",
    configure: (url) => ({ kind: "anthropic", baseUrl: url, apiKey: "k" }),
    type: "text/event-stream",
  },
  { api: "ollama-chat", configure: (url) => ({ kind: "ollama", baseUrl: url }), type: "application/x-ndjson" },
  {
    api: "bedrock-converse-stream",
    configure: (url) => ({
      kind: "bedrock",
      region: "us-east-1",
      endpoint: url,
      accessKeyId: "a",
      secretAccessKey: "s",
    }),
    type: "application/vnd.amazon.eventstream",
  },
  { api: "ag-ui", configure: (url) => ({ kind: "ag-ui", url: `${url}/agent` }), type: "text/event-stream" },
];

/** Enough of each format to meet its kinds of blocks; the rest is decoded one by one elsewhere. */
const CASES_EACH = 12;

/** Complete answers of which everything can be compared: calls the agent ran itself and several choices are not. */
const casesOf = (api: string): StreamFixture[] =>
  streamFixtures(api)
    .filter(
      ({ expected, name }) =>
        expected.complete &&
        expected.error === null &&
        !/server-tools|backend-tool|interrupt|multi-choice|empty|-result/.test(name),
    )
    .filter(({ expected }) => expected.text !== "" || expected.toolCalls.length > 0)
    .slice(0, CASES_EACH);

describe("recorded answers through the whole proxy", { skip: fixturesMissing }, () => {
  let proxy: Proxy;
  let url: string;
  let replay: ReplayServer;
  /** What the replaying server answers next. */
  let current: { readonly fixture: StreamFixture; readonly type: string };

  before(async () => {
    replay = await openReplayServer(() => ({
      body: current.fixture.body,
      cuts: current.fixture.cuts,
      headers: { "content-type": current.type },
    }));
    const providers = Object.fromEntries(KINDS.map(({ api, configure }) => [api, configure(replay.url)]));
    const show = { reasoning: true, toolArguments: true, toolResults: true, cost: true };
    const agents = Object.fromEntries(KINDS.map(({ api }) => [api, { models: [`${api}/model`], show, maxSteps: 1 }]));
    proxy = await createProxy(
      { port: 0, store: "sqlite::memory:", providers, agents },
      { env: {}, logLevel: "silent" },
    );
    ({ url } = await proxy.listen());
  });
  after(async () => {
    await proxy?.close(0);
    await replay?.close();
  });

  async function ask(agent: string): Promise<Message> {
    const response = await fetch(`${url}/v1/streams`, {
      method: "POST",
      headers: { "content-type": "application/json", prefer: "wait" },
      body: JSON.stringify({ agent, input: "say it" }),
    });
    return (await response.json()) as Message;
  }

  for (const { api, type } of KINDS) {
    test(`${api}: text, reasoning and calls of the message are the recorded ones, and its usage is final where figures came`, async () => {
      const cases = casesOf(api);
      assert.ok(cases.length > 2, `${cases.length} cases`);
      for (const fixture of cases) {
        current = { fixture, type };
        const message = await ask(api);
        const { expected, name } = fixture;
        assert.equal(message.status, "complete", `${name}: ${JSON.stringify(message.end)}`);
        assert.equal(visibleText(message), expected.text, name);
        assert.equal(joined(message, "reasoning"), expected.reasoning, name);
        const calls = message.blocks.filter((block): block is ToolBlock => block.kind === "tool");
        assert.deepEqual(
          calls.map((call) => [call.name, call.argsText, call.args !== undefined]),
          expected.toolCalls.map((call) => [call.name, call.arguments, call.arguments === "" || call.argumentsValid]),
          name,
        );
        if (expected.toolCalls.length > 0 && message.end!.reason !== "length")
          assert.equal(message.end!.reason, "tool_calls", name);
        // An AG-UI record leaves its usage out.
        if (api !== "ag-ui") assert.equal(message.usage.final, expected.usage?.output != null, name);
      }
    });
  }

  for (const { api, type } of KINDS) {
    test(`${api}: ask shows the text on stdout and nothing else, thinking and calls on stderr`, async () => {
      const told = ({ expected }: StreamFixture) =>
        Number(expected.text !== "") + Number(expected.reasoning !== "") + Number(expected.toolCalls.length > 0);
      const fixture = casesOf(api).toSorted((one, other) => told(other) - told(one))[0]!;
      current = { fixture, type };
      const { stdout, stderr } = await run(process.execPath, [CLI, "ask", "say it", "--url", url, "--agent", api]);
      assert.equal(stdout, fixture.expected.text, fixture.name);
      assert.ok(stderr.includes(fixture.expected.reasoning), fixture.name);
      for (const { name } of fixture.expected.toolCalls)
        assert.match(stderr, new RegExp(`\\[tool ${name} `), fixture.name);
    });
  }

  test("one request is one answer: nothing was asked twice", () => {
    assert.equal(
      replay.requests.length,
      KINDS.reduce((sum, { api }) => sum + casesOf(api).length + 1, 0),
    );
  });

  test("a recorded answer's tokens are counted our way: input with everything cached", async () => {
    const fixture = streamFixture("anthropic/messages-thinking-emoji-cache-claude-haiku-4-5");
    current = { fixture, type: "text/event-stream" };
    const { usage } = await ask("anthropic-messages");
    const { input, output, cached, cacheWrite } = fixture.expected.usage!;
    assert.deepEqual(
      [usage.input, usage.output, usage.cacheRead, usage.cacheWrite],
      [input! + (cached ?? 0) + (cacheWrite ?? 0), output, cached ?? 0, cacheWrite ?? 0],
    );
  });
});

const joined = (message: Message, kind: "reasoning"): string =>
  message.blocks.map((block) => (block.kind === kind ? block.text : "")).join("");
