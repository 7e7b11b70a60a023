import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { z } from "zod";
import { defineTool, isTool } from "../../../proxy/agent/define-tool.ts";
import type { StandardSchema } from "../../../proxy/agent/tool-schema.ts";
import { completeConfig } from "../../../proxy/config.ts";
import type { ConfigError } from "../../../proxy/config.ts";

const OBJECT = { type: "object", properties: { n: { type: "integer" } }, required: ["n"], additionalProperties: false };
const run = () => null;
const problemOf = async (tool: ReturnType<typeof defineTool>, args: unknown) => {
  const checked = await tool.check(args);
  return checked.ok ? null : checked.problem;
};

describe("defineTool()", () => {
  test("checks arguments by their JSON Schema and says all that is wrong", async () => {
    const tool = defineTool({ description: "d", parameters: OBJECT, run });
    assert.equal(await problemOf(tool, { n: 1 }), null);
    const problem = (await problemOf(tool, { n: "one", extra: 1 }))!;
    assert.match(problem, /n must be integer, found "one"/);
    assert.match(problem, /\(extra\)/);
    assert.match((await problemOf(tool, {}))!, /required property 'n'/);
  });

  test("names what an enumeration allows, and cuts a long list of mistakes", async () => {
    const parameters = { type: "object", properties: { a: { enum: ["x", "y"] }, l: { items: { type: "string" } } } };
    const tool = defineTool({ description: "d", parameters, run });
    assert.match((await problemOf(tool, { a: "z" }))!, /allowed values: x, y, found "z"/);
    const many = (await problemOf(tool, { l: Array.from({ length: 100 }, (_, index) => index) }))!;
    assert.equal(many.split("; ").length, 5);
  });

  test("takes a draft 7 schema as that, and tells providers of none", () => {
    const draft = { $schema: "http://json-schema.org/draft-07/schema#", ...OBJECT };
    const tool = defineTool({ description: "d", parameters: draft, run });
    assert.deepEqual(tool.parameters, OBJECT);
    assert.deepEqual(defineTool({ description: "d", parameters: {}, run }).parameters, { type: "object" });
  });

  test("takes a Standard Schema: its JSON form for the model, its output for run", async () => {
    const seen: number[] = [];
    const tool = defineTool({
      description: "d",
      parameters: z.object({ n: z.number().transform((n) => n * 2) }),
      run: ({ n }) => seen.push(n),
    });
    assert.equal(tool.parameters["type"], "object");
    assert.equal("$schema" in tool.parameters, false);
    const checked = await tool.check({ n: 4 });
    assert.ok(checked.ok);
    tool.run(checked.args, { signal: new AbortController().signal, stream: "s" });
    assert.deepEqual(seen, [8]);
    assert.match((await problemOf(tool, { n: "x" }))!, /^n: /);
  });

  test("wants a JSON form beside a Standard Schema that has none", () => {
    const parameters: StandardSchema = { "~standard": { version: 1, vendor: "own", validate: (value) => ({ value }) } };
    assert.throws(() => defineTool({ description: "d", parameters, run }), /schema of own .+expected toJSONSchema/);
    const tool = defineTool({ description: "d", parameters, toJSONSchema: () => OBJECT, run });
    assert.deepEqual(tool.parameters, OBJECT);
  });

  test("refuses what is no tool, naming the field", () => {
    const wrong: readonly [object, RegExp][] = [
      [{ description: "" }, /description/],
      [{ parameters: 7 }, /parameters/],
      [{ parameters: { type: "array" } }, /parameters\.type: found "array", expected "object"/],
      [{ parameters: { type: "object", properties: { a: { type: "nonsense" } } } }, /parameters: found a schema/],
      [{ run: "x" }, /run/],
      [{ approval: "sometimes" }, /approval/],
      [{ timeoutMs: 0 }, /timeoutMs/],
      [{ timeoutMs: 2 ** 31 }, /timeoutMs/],
    ];
    for (const [change, expected] of wrong) {
      const definition = { description: "d", parameters: OBJECT, run, ...change } as Parameters<typeof defineTool>[0];
      assert.throws(() => defineTool(definition), expected);
    }
  });
});

describe("agents.NAME.tools", () => {
  const configOf = (tools: Record<string, unknown>) =>
    completeConfig(
      { providers: { p: { kind: "demo" } }, agents: { a: { models: ["p/m"], tools: tools as never } } },
      {},
    );

  test("keeps what defineTool() made as it is", () => {
    const tool = defineTool({ description: "$HOME", parameters: OBJECT, run });
    assert.equal(configOf({ look: tool }).agents["a"]?.tools["look"], tool);
    assert.equal(isTool(tool), true);
  });

  test("names what is none, and a name no provider would take", () => {
    const mistakesOf = (tools: Record<string, unknown>) => {
      try {
        configOf(tools);
      } catch (thrown) {
        return (thrown as ConfigError).mistakes.map(({ path, expected }) => `${path}: ${expected}`);
      }
      return [];
    };
    assert.deepEqual(mistakesOf({ look: { description: "d" } }), ["agents.a.tools.look: what defineTool() returns"]);
    assert.equal(mistakesOf({ "a b": defineTool({ description: "d", parameters: OBJECT, run }) }).length, 1);
  });
});
