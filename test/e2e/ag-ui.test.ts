/** An agent that speaks AG-UI, in its own packages' words: through the proxy into the element. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { EventType } from "@ag-ui/core";
import type { AGUIEvent } from "@ag-ui/core";
import type { ToolBlock } from "../../protocol/index.ts";
import type { AssistantMessage } from "../../widget/chat.ts";
import { openAgUiAgent } from "../fakes/ag-ui-agent.ts";
import type { AgentRun, AgUiAgent } from "../fakes/ag-ui-agent.ts";
import { openWorld, pieces, textOf, useBrowser } from "./world.ts";
import type { ChatPage, World } from "./world.ts";

useBrowser();

test("an agent's thinking, its tool call with the result, its steps and its text are shown, and the next turn continues", async () => {
  await using agent = await openAgUiAgent();
  await using world = await openAgentWorld(agent);
  const chat = await world.openPage();

  await chat.ask("May I sail?");
  const first = await agent.next();
  assert.deepEqual(
    first.input.messages.map(({ role, content }) => [role, content]),
    [
      ["system", "You know the sea."],
      ["user", "May I sail?"],
    ],
  );
  await first.emit(started(first), step("plan"), ...thought("th1", "The port first, ", "then the tide."));
  await first.emit(sealed("th1", "enc:1"), stepDone("plan"), step("look"));
  await chat.page.locator("ai-stream [part~=connection]").getByText("look").waitFor();
  await chat.until(async () => (await thinking(chat)) === "The port first, then the tide.");
  await first.emit(...called("call_1", "tide", '{"port":', '"Sète"}'));
  const card = chat.page.locator("ai-stream [part~=tool]");
  await card.waitFor();
  assert.match((await card.textContent())!, /tide/);
  assert.notEqual(await card.getAttribute("data-state"), "done");
  await first.emit(resulted("call_1", '{"metres":0.4}'), stepDone("look"));
  await chat.until(async () => (await card.getAttribute("data-state")) === "done");
  await first.emit(
    step("answer"),
    ...said("m1", "Yes: ", "0.4 m at **Sète** 🛥️."),
    stepDone("answer"),
    finished(first),
  );
  first.close();

  const shown = await chat.ended();
  await chat.reads("Yes: 0.4 m at Sète 🛥️.");
  for (const message of [shown, await messageOf(world, shown)]) assertWhole(message);
  assert.deepEqual([shown.usage.input, shown.usage.output, shown.usage.reasoning], [40, 25, 8]);

  await chat.ask("And tomorrow?");
  const second = await agent.next();
  const { threadId, runId, messages } = second.input;
  assert.equal(threadId, first.input.threadId);
  assert.notEqual(runId, first.input.runId);
  assert.deepEqual(messages.slice(0, 2), first.input.messages, "what was sent once stays as it was");
  assert.deepEqual(
    messages.slice(2).map(({ id: _id, ...rest }) => rest),
    [
      { role: "reasoning", content: "The port first, then the tide.", encryptedValue: "enc:1" },
      {
        role: "assistant",
        content: "",
        toolCalls: [{ id: "call_1", type: "function", function: { name: "tide", arguments: '{"port":"Sète"}' } }],
      },
      { role: "tool", toolCallId: "call_1", content: '{"metres":0.4}' },
      { role: "assistant", content: "Yes: 0.4 m at **Sète** 🛥️." },
      { role: "user", content: "And tomorrow?" },
    ],
  );
  await second.emit(started(second), ...said("m2", "Tomorrow too."), finished(second));
  second.close();
  assert.equal(textOf(await chat.ended()), "Tomorrow too.");
  assert.deepEqual(agent.refused, []);
  assert.deepEqual(chat.errors, []);
});

test("RUN_ERROR before anything was said is an error with the agent's words", async () => {
  await using agent = await openAgUiAgent();
  await using world = await openAgentWorld(agent);
  const chat = await world.openPage();
  await chat.ask("Anyone there?");
  const run = await agent.next();
  await run.emit(started(run), step("plan"), failed("The crew is asleep"));
  run.close();
  const { status, blocks, end } = await chat.ended();
  assert.deepEqual([status, blocks, end?.reason, end?.error?.code], ["error", [], "error", "provider_error"]);
  assert.match(end!.error!.message, /The crew is asleep/);
  assert.match((await chat.page.locator("ai-stream article.answer").last().textContent())!, /The crew is asleep/);
});

test("RUN_ERROR in the middle keeps what was said, and says that it is not all", async () => {
  await using agent = await openAgUiAgent();
  await using world = await openAgentWorld(agent);
  const chat = await world.openPage();
  await chat.ask("Tell me all");
  const run = await agent.next();
  await run.emit(started(run), ...said("m1", "It all began").slice(0, 2));
  await chat.reads("It all began");
  await run.emit(failed("The crew jumped ship"));
  run.close();
  const message = await chat.ended();
  assert.deepEqual([message.status, textOf(message)], ["interrupted", "It all began"]);
  assert.match(message.end!.error!.message, /The crew jumped ship/);
  await chat.reads("It all began");
});

for (const transport of ["ws", "sse"] as const) {
  test(`${transport}: connections cut in the thinking, the call and the text lose nothing and run the agent once`, async () => {
    await using agent = await openAgUiAgent();
    await using world = await openAgentWorld(agent);
    const chat = await world.openPage();
    await chat.set("transport", transport);
    await chat.ask("May I sail in a storm?");
    const run = await agent.next();
    const all = pieces(20);
    const events = [
      ...thought("th1", "The port first, ", "then the tide."),
      ...called("call_1", "tide", '{"port":', '"Sète"}'),
      resulted("call_1", '{"metres":0.4}'),
      ...said("m1", ...all),
    ];
    const isCut = (event: AGUIEvent): boolean =>
      event.type === EventType.REASONING_MESSAGE_CONTENT ||
      event.type === EventType.TOOL_CALL_ARGS ||
      (event.type === EventType.TEXT_MESSAGE_CONTENT && event.delta === all[10]);
    await run.emit(started(run));
    for (const event of events) {
      await run.emit(event);
      if (!isCut(event)) continue;
      const connections = world.wire.accepted;
      assert(world.wire.reset() > 0);
      await chat.until(async () => world.wire.accepted > connections);
    }
    await run.emit(finished(run));
    run.close();

    const shown = await chat.ended();
    await chat.reads(all.join(""));
    assert.equal(await thinking(chat), "The port first, then the tide.");
    for (const message of [shown, await messageOf(world, shown)]) assertWhole(message, all.join(""));
    assert.equal(agent.requests, 1);
    assert.deepEqual(chat.errors, []);
  });
}

/** One attempt: whether a failure is tried again is not what is asked here. */
const openAgentWorld = ({ url }: AgUiAgent): Promise<World> =>
  openWorld({
    providers: { crew: { kind: "ag-ui", url } },
    agents: {
      default: {
        models: ["crew/any"],
        instructions: "You know the sea.",
        show: { reasoning: true, toolArguments: true, toolResults: true, usage: true },
      },
    },
    resilience: { attempts: 1 },
  });

const thinking = (chat: ChatPage): Promise<string> =>
  chat.page
    .locator("ai-stream [part~=thinking] .md")
    .allTextContents()
    .then((texts) => texts.join("").trim());

async function messageOf({ proxyUrl }: World, { stream }: AssistantMessage): Promise<AssistantMessage> {
  const response = await fetch(`${proxyUrl}/v1/streams/${stream}/message`);
  return (await response.json()) as AssistantMessage;
}

function assertWhole(message: AssistantMessage, text = "Yes: 0.4 m at **Sète** 🛥️."): void {
  assert.deepEqual([message.status, message.end?.reason, textOf(message)], ["complete", "stop", text]);
  assert.deepEqual(
    message.blocks.map(({ kind }) => kind),
    ["reasoning", "tool", "text"],
  );
  const [thinkingBlock, tool] = message.blocks as [{ text: string }, ToolBlock];
  assert.equal(thinkingBlock.text, "The port first, then the tide.");
  const { callId, name, args, state, result } = tool;
  assert.deepEqual(
    { callId, name, args, state, result },
    { callId: "call_1", name: "tide", args: { port: "Sète" }, state: "done", result: '{"metres":0.4}' },
  );
}

const started = ({ input: { threadId, runId } }: AgentRun): AGUIEvent => ({
  type: EventType.RUN_STARTED,
  threadId,
  runId,
});

const finished = ({ input: { threadId, runId } }: AgentRun): AGUIEvent => ({
  type: EventType.RUN_FINISHED,
  threadId,
  runId,
  outcome: { type: "success" },
  usage: [
    { model: "captain", inputTokens: 30, outputTokens: 20, reasoningTokens: 8 },
    { model: "mate", inputTokens: 10, outputTokens: 5 },
  ],
});

const failed = (message: string): AGUIEvent => ({ type: EventType.RUN_ERROR, message });

const step = (stepName: string): AGUIEvent => ({ type: EventType.STEP_STARTED, stepName });
const stepDone = (stepName: string): AGUIEvent => ({ type: EventType.STEP_FINISHED, stepName });

const thought = (messageId: string, ...deltas: readonly string[]): AGUIEvent[] => [
  { type: EventType.REASONING_START, messageId },
  { type: EventType.REASONING_MESSAGE_START, messageId, role: "reasoning" },
  ...deltas.map((delta): AGUIEvent => ({ type: EventType.REASONING_MESSAGE_CONTENT, messageId, delta })),
  { type: EventType.REASONING_MESSAGE_END, messageId },
  { type: EventType.REASONING_END, messageId },
];

const sealed = (entityId: string, encryptedValue: string): AGUIEvent => ({
  type: EventType.REASONING_ENCRYPTED_VALUE,
  subtype: "message",
  entityId,
  encryptedValue,
});

const called = (toolCallId: string, toolCallName: string, ...deltas: readonly string[]): AGUIEvent[] => [
  { type: EventType.TOOL_CALL_START, toolCallId, toolCallName },
  ...deltas.map((delta): AGUIEvent => ({ type: EventType.TOOL_CALL_ARGS, toolCallId, delta })),
  { type: EventType.TOOL_CALL_END, toolCallId },
];

const resulted = (toolCallId: string, content: string): AGUIEvent => ({
  type: EventType.TOOL_CALL_RESULT,
  messageId: `result_${toolCallId}`,
  toolCallId,
  content,
  role: "tool",
});

const said = (messageId: string, ...deltas: readonly string[]): AGUIEvent[] => [
  { type: EventType.TEXT_MESSAGE_START, messageId, role: "assistant" },
  ...deltas.map((delta): AGUIEvent => ({ type: EventType.TEXT_MESSAGE_CONTENT, messageId, delta })),
  { type: EventType.TEXT_MESSAGE_END, messageId },
];
