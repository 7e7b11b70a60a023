import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { StreamError, visibleText } from "../../../protocol/index.ts";
import type { LogEntry, Message, StreamEvent } from "../../../protocol/index.ts";
import { defineTool } from "../../../proxy/agent/define-tool.ts";
import { Standing } from "../../../proxy/delivery/standing.ts";
import type { Provider, ProviderEvent, ProviderRequest, Received } from "../../../proxy/provider/provider.ts";
import { attemptsOf, openAgentRun, toolBlocks } from "../../fakes/agent-run.ts";
import type { AgentRun, AgentRunOptions } from "../../fakes/agent-run.ts";
import { calls, fakeProvider, finish, more, settle, text } from "../../fakes/fake-provider.ts";
import type { FakeProvider, Script } from "../../fakes/fake-provider.ts";

const cut = new StreamError("upstream_truncated", "cut", { retryAfterMs: 0 });
/** A block that says nothing. */
const begun: ProviderEvent[] = [{ type: "block.start", block: 0, kind: "text" }];
const CITY = { type: "object", properties: { city: { type: "string" } } };

/** What a writer leaves that dies once it has committed so many entries. */
async function diesAfter(count: number, whole: readonly LogEntry[], options: AgentRunOptions): Promise<AgentRun> {
  const agent = await openAgentRun(options);
  await agent.left(whole.slice(1, count));
  return agent;
}

/** An agent of two steps: a call in the first, an answer in the second, whatever it was asked before. */
const agentOf = (name: string): FakeProvider => {
  const provider = fakeProvider(name);
  const { requests } = provider;
  provider.stream = async function* (request: ProviderRequest) {
    requests.push(request);
    const answered = request.messages.some(({ role }) => role === "tool");
    if (answered) {
      yield text("It is ");
      yield more("sunny.");
      yield finish;
    } else {
      yield text("Let me look. ");
      yield [{ type: "block.end", block: 0 }];
      yield calls(["c1", "look", { city: "Rome" }], ["c2", "book", { city: "Rome" }]).map((event) =>
        "block" in event ? ({ ...event, block: (event.block as number) + 1 } as ProviderEvent) : event,
      );
    }
  };
  return provider;
};

const outcomeOf = (message: Message) => [message.status, message.end?.reason];

describe("an answer whose writer died", () => {
  test("at any entry, is gone on with to the same end; a call that may have run is not run again", async () => {
    let booked = 0;
    let looked = 0;
    const own = {
      look: defineTool({ description: "d", parameters: CITY, idempotent: true, run: () => `sun ${++looked}` }),
      book: defineTool({ description: "d", parameters: CITY, run: () => `booked ${++booked}` }),
    };
    await using agent = await openAgentRun({ own });
    const plain = await agent.run([agentOf("p")]);
    const whole = await agent.entries();
    assert.deepEqual([visibleText(plain), booked, looked], ["Let me look. It is sunny.", 1, 1]);

    for (let count = 1; count < whole.length; count++) {
      booked = looked = 0;
      await using orphan = await diesAfter(count, whole, { own });
      const message = await orphan.goOn([agentOf("p")]);
      const place = `after ${count} entries, ${whole[count - 1]!.type}`;
      assert.deepEqual([visibleText(message), ...outcomeOf(message)], [visibleText(plain), "complete", "stop"], place);
      const seen = (name: string) =>
        whole.slice(0, count).filter((entry) => entry.type === "tool.start" && entry.name === name).length;
      const ended = (id: string) =>
        whole.slice(0, count).some((entry) => entry.type === "tool.end" && entry.callId === id);
      assert.equal(booked, seen("book") > 0 ? 0 : 1, `${place}: booked`);
      assert.equal(looked, ended("c1") ? 0 : 1, `${place}: looked`);
      const blocks = toolBlocks(message);
      assert.deepEqual(
        blocks.map(({ name }) => name),
        ["look", "book"],
        place,
      );
      const unknown = seen("book") > 0 && !ended("c2");
      assert.match(String(blocks[1]!.error ?? blocks[1]!.result), unknown ? /outcome is unknown/ : /booked/, place);
      // What was committed stays as it was.
      assert.deepEqual((await orphan.entries()).slice(1, count), whole.slice(1, count), place);
    }
  });

  test("may lose its next writers too, again and again: one whole answer comes of it", async () => {
    const own = {
      look: defineTool({ description: "d", parameters: CITY, idempotent: true, run: () => "sun" }),
      book: defineTool({ description: "d", parameters: CITY, run: () => "booked" }),
    };
    await using agent = await openAgentRun({ own });
    await agent.run([agentOf("p")]);
    const whole = await agent.entries();
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 3 }), async (lives) => {
        let entries: readonly LogEntry[] = whole.slice(0, 1 + lives[0]!);
        for (const life of lives.slice(1)) {
          await using next = await diesAfter(entries.length, entries, { own });
          await next.goOn([agentOf("p")]);
          entries = (await next.entries()).slice(0, Math.min(entries.length + life, (await next.entries()).length - 1));
        }
        await using last = await diesAfter(entries.length, entries, { own });
        const message = await last.goOn([agentOf("p")]);
        assert.deepEqual([visibleText(message), message.status], ["Let me look. It is sunny.", "complete"]);
      }),
      { numRuns: 60 },
    );
  });

  test("waits on for its page and its yes", async () => {
    const own = { book: defineTool({ description: "d", parameters: CITY, approval: "always", run: () => "booked" }) };
    const page = [{ name: "look", description: "d", parameters: {} }];
    const options = { own, page };
    await using agent = await openAgentRun(options);
    void agent
      .saw(({ type }) => type === "tool.start")
      .then(() => {
        agent.inbox.answer("c1", { result: "seen" });
        agent.inbox.answer("c2", { approve: true });
      });
    await agent.run([agentOf("p")]);
    const whole = await agent.entries();
    const asked = whole.findLastIndex((entry) => entry.type === "tool.start" && entry.approval === true) + 1;
    await using orphan = await diesAfter(asked, whole, options);
    // Left by another process before the calls are opened here.
    orphan.inbox.offer("c1", { result: "seen" });
    orphan.inbox.offer("c2", { approve: true });
    const message = await orphan.goOn([agentOf("p")]);
    assert.deepEqual(
      toolBlocks(message).map(({ state, result }) => [state, result]),
      [
        ["done", "seen"],
        ["done", "booked"],
      ],
    );
    assert.equal(message.status, "complete");
  });

  test("is gone on with from its partial where a model can, in the same block", async () => {
    await using agent = await openAgentRun();
    await agent.run([fakeProvider("p", [text("Once upon "), settle, more("a time."), finish])]);
    const whole = await agent.entries();
    const count = whole.findIndex(({ type }) => type === "delta") + 1;
    await using orphan = await diesAfter(count, whole, {});
    const provider = Object.assign(fakeProvider("p", [text("a castle."), finish]), { continues: () => true });
    const message = await orphan.goOn([provider]);
    assert.deepEqual([visibleText(message), message.blocks.length], ["Once upon a castle.", 1]);
    assert.equal(provider.requests[0]!.prefix, "Once upon ");
    assert.deepEqual(await attemptsOf(orphan), ["1 p initial fresh", "2 p takeover prefix"]);
  });

  test("is read on where its provider keeps it, from what was committed", async () => {
    await using agent = await openAgentRun();
    const opening: ProviderEvent[] = [{ type: "resumable", resume: { id: "resp_1" } }];
    const asked: [string, number | undefined][] = [];
    const keeping: Pick<Provider, "reattach"> = {
      async *reattach({ id }: { id: string }, received: Received) {
        asked.push([id, received.get(0)]);
        yield more("a time.");
        yield finish;
      },
    };
    await agent.run([fakeProvider("p", [opening, text("Once upon "), settle, more("a time."), finish])]);
    const whole = await agent.entries();
    const count = whole.findIndex(({ type }) => type === "delta") + 1;
    await using orphan = await diesAfter(count, whole, { resume: { resume: { id: "resp_1" }, attempt: 1, key: null } });
    const message = await orphan.goOn([Object.assign(fakeProvider("p"), keeping)]);
    assert.deepEqual([visibleText(message), message.blocks.length], ["Once upon a time.", 1]);
    assert.deepEqual(asked, [["resp_1", 10]]);
    assert.deepEqual(await attemptsOf(orphan), ["1 p initial fresh", "2 p takeover reattach"]);
  });

  test("ends interrupted with its partial where the agent wants it so, and when its attempts are spent", async () => {
    await using agent = await openAgentRun();
    const scripts = [[cut], [cut], [cut], [text("Half"), settle, more("way"), finish]] as const;
    await agent.run([fakeProvider("p", ...scripts)]);
    const whole = await agent.entries();
    const count = whole.findIndex(({ type }) => type === "delta") + 1;
    for (const options of [{}, { onPartial: "end" } as const]) {
      await using orphan = await diesAfter(count, whole, options);
      const provider = fakeProvider("p", [text("never"), finish]);
      const message = await orphan.goOn([provider]);
      assert.deepEqual([visibleText(message), ...outcomeOf(message)], ["Half", "interrupted", "interrupted"]);
      assert.equal(message.end?.error?.code, "orphaned");
      assert.equal(provider.requests.length, 0);
    }
  });

  test("is not begun again either when its last attempt had failed already", async () => {
    for (const [options, acts] of [
      [{ onPartial: "end" }, false],
      [{}, true],
    ] as const) {
      const broken = (...scripts: Script[]) => Object.assign(fakeProvider("p", ...scripts), { acts });
      await using agent = await openAgentRun(options);
      await agent.run([broken([text("Half"), cut])]);
      const whole = await agent.entries();
      const count = whole.findIndex(({ type }) => type === "attempt.end") + 1;
      await using orphan = await diesAfter(count, whole, options);
      const provider = broken([text("never"), finish]);
      const message = await orphan.goOn([provider]);
      assert.deepEqual([visibleText(message), ...outcomeOf(message)], ["Half", "interrupted", "interrupted"]);
      assert.equal(provider.requests.length, 0);
    }
  });

  test("voids nothing that a reader who cannot take it back was given, wherever its writer died", async () => {
    for (const onPartial of ["auto", "end"] as const) {
      const scripts: Script[] = [
        [begun, cut],
        [text("Half"), cut],
        [text("Whole "), settle, more("answer."), finish],
      ];
      await using agent = await openAgentRun({ onPartial });
      await agent.run([fakeProvider("p", ...scripts)]);
      const whole = await agent.entries();
      for (let count = 1; count < whole.length; count++) {
        await using orphan = await diesAfter(count, whole, { onPartial });
        await orphan.goOn([fakeProvider("p", ...scripts.slice(1))]);
        const entries = await orphan.entries();
        const standing = new Standing(0, onPartial === "end");
        standing.apply(entries.slice(0, count));
        const given = entries.slice(0, standing.upTo).filter((entry) => !standing.isVoid(entry));
        standing.apply(entries.slice(count));
        const place = `${onPartial}, after ${count} entries, ${whole[count - 1]!.type}`;
        assert.ok(!given.some((entry) => standing.isVoid(entry)), place);
        assert.equal(standing.upTo, entries.length, place);
      }
    }
  });

  test("whose agent acts in the world is not run again once it has begun", async () => {
    await using agent = await openAgentRun();
    await agent.run([fakeProvider("crew", [text("I booked"), finish])]);
    const whole = await agent.entries();
    const count = whole.findIndex(({ type }) => type === "delta") + 1;
    await using orphan = await diesAfter(count, whole, {});
    const crew = Object.assign(fakeProvider("crew", [text("again"), finish]), { acts: true });
    assert.equal((await orphan.goOn([crew])).status, "interrupted");
    assert.equal(crew.requests.length, 0);
  });

  test("a fenced writer writes nothing more, and its provider is hung up", async () => {
    await using agent = await openAgentRun();
    const provider = fakeProvider("p", [text("half"), () => new Promise(() => {})]);
    const running = agent.runOpen([provider]);
    await agent.saw(({ type }) => type === "delta");
    const before = await agent.entries();
    agent.fence.raise(new StreamError("conflict", "another writes"));
    await running;
    assert.equal(provider.open, 0);
    assert.deepEqual(await agent.entries(), before);
    const unended: StreamEvent["type"] = before.at(-1)!.type;
    assert.notEqual(unended, "stream.end");
    const message = await agent.goOn([fakeProvider("p", [text("whole"), finish])]);
    assert.deepEqual([visibleText(message), message.status], ["whole", "complete"]);
  });
});
