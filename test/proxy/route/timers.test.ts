import assert from "node:assert/strict";
import { test } from "node:test";
import { timersFor } from "../../../proxy/route/timers.ts";
import type { TimedModel } from "../../../proxy/route/timers.ts";

const usual = (model: string, reasoning?: TimedModel["reasoning"], kind = "openai") => {
  const { connectMs, ...timers } = timersFor({ kind, model, reasoning });
  assert.equal(connectMs, 10_000);
  return Object.values(timers).map((ms) => ms / 1_000);
};

test("a model that answers at once is waited for half a minute, and a minute in silence", () => {
  for (const model of [
    "gpt-4o",
    "gpt-4.1-mini",
    "claude-sonnet-4-6",
    "deepseek-chat",
    "llama-3.3-70b",
    "mistral-large",
  ]) {
    assert.deepEqual(usual(model), [30, 60, 60], model);
  }
});

test("a model that thinks is waited for two minutes, thinking hard five, whoever serves it", () => {
  for (const model of [
    "o1",
    "o4-mini",
    "gpt-5",
    "gpt-5.1-codex",
    "openai/gpt-oss-120b",
    "openai.gpt-oss-20b-1:0",
    "deepseek-reasoner",
    "us.deepseek.r1-v1:0",
    "deepseek-r1:70b",
    "qwq-32b",
    "kimi-k2-thinking",
    "openai/o3",
  ]) {
    assert.deepEqual(usual(model), [120, 120, 120], model);
    assert.deepEqual(usual(model, "high"), [300, 300, 300], model);
  }
});

test("Claude thinks when it is asked to", () => {
  assert.deepEqual(usual("anthropic.claude-opus-4-8", "none"), [30, 60, 60]);
  assert.deepEqual(usual("claude-opus-4-8", "low"), [120, 120, 120]);
  assert.deepEqual(usual("claude-opus-4-8", "high"), [300, 300, 300]);
});

test("an Ollama that loads its model, and an agent at work, have two minutes", () => {
  assert.deepEqual(usual("llama3.2", undefined, "ollama"), [120, 120, 120]);
  assert.deepEqual(usual("agent", undefined, "ag-ui"), [120, 120, 120]);
});

test("what is written wins: the provider's before the general, and 0 is written", () => {
  const model = { kind: "openai", model: "o3", reasoning: undefined };
  assert.deepEqual(timersFor(model, { firstContentMs: 5, livenessMs: 0 }, { firstContentMs: 7, connectMs: 9 }), {
    connectMs: 9,
    firstContentMs: 5,
    livenessMs: 0,
    betweenContentMs: 120_000,
  });
});
