import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { StreamError, visibleText } from "../../../protocol/index.ts";
import type { LogEntry, Message } from "../../../protocol/index.ts";
import { defineTool } from "../../../proxy/agent/define-tool.ts";
import type { Provider, ProviderEvent, Received, ResumePoint } from "../../../proxy/provider/provider.ts";
import { Router } from "../../../proxy/route/router.ts";
import { attemptsOf, openAgentRun } from "../../fakes/agent-run.ts";
import { calls, fakeProvider, finish, more, settle, targetOf, text } from "../../fakes/fake-provider.ts";

const cut = new StreamError("upstream_truncated", "cut");
const busy = new StreamError("provider_overloaded", "busy", { retryAfterMs: 0 });

const typesOf = (entries: readonly LogEntry[]) => entries.map(({ type }) => type);
const endOf = ({ status, end }: Message) => [status, end?.reason, end?.error?.code];

describe("after content", () => {
  test("a model that can goes on from the partial, in the same block, and nothing is voided", async () => {
    const first = fakeProvider("one", [text("Once upon ", "a "), cut]);
    const second = Object.assign(fakeProvider("two", [text("time."), finish]), { continues: () => true });
    await using agent = await openAgentRun();
    const message = await agent.run([first, second]);
    assert.equal(visibleText(message), "Once upon a time.");
    assert.equal(message.blocks.length, 1);
    assert.deepEqual(endOf(message), ["complete", "stop", undefined]);
    assert.equal(second.requests[0]!.prefix, "Once upon a ");
    assert.deepEqual(await attemptsOf(agent), ["1 one initial fresh", "2 two fallback prefix"]);
    assert.ok(!typesOf(await agent.entries()).includes("reset"));
  });

  test("one that goes on and breaks off too is begun again, and what both said is voided once", async () => {
    const first = fakeProvider("one", [text("Once "), cut], [text("A whole answer."), finish]);
    const second = Object.assign(fakeProvider("two", [text("upon "), cut]), { continues: () => true });
    await using agent = await openAgentRun({ budget: { attempts: 4, afterContent: 2 } });
    const message = await agent.run([first, second]);
    assert.equal(visibleText(message), "A whole answer.");
    const resets = (await agent.entries()).filter(({ type }) => type === "reset");
    assert.equal(resets.length, 1);
  });

  test("thinking, a call or a second block cannot be gone on from: it is begun again", async () => {
    const thinking: ProviderEvent[] = [
      { type: "block.start", block: 0, kind: "reasoning" },
      { type: "delta", block: 0, text: "hm" },
      { type: "block.end", block: 0 },
      { type: "block.start", block: 1, kind: "text" },
      { type: "delta", block: 1, text: "Half" },
    ];
    const provider = Object.assign(fakeProvider("p", [thinking, cut], [text("Whole."), finish]), {
      continues: () => true,
    });
    await using agent = await openAgentRun();
    const message = await agent.run([provider]);
    assert.equal(visibleText(message), "Whole.");
    assert.equal(provider.requests[1]!.prefix, undefined);
    assert.deepEqual(await attemptsOf(agent), ["1 p initial fresh", "2 p retry fresh"]);
  });

  test("a source that comes before the first word of a restart is not voided with what failed", async () => {
    const source: ProviderEvent[] = [{ type: "source", url: "https://example.com/" }];
    await using agent = await openAgentRun();
    const message = await agent.run([fakeProvider("p", [text("Half"), cut], [source, text("Whole"), finish])]);
    assert.deepEqual(
      message.blocks.map(({ kind }) => kind),
      ["source", "text"],
    );
  });

  test("what goes on with something else than text closes the text first", async () => {
    const first = fakeProvider("one", [text("Let me look. "), cut]);
    const second = Object.assign(fakeProvider("two", [calls(["c", "elsewhere", {}])]), { continues: () => true });
    await using agent = await openAgentRun();
    const message = await agent.run([first, second]);
    assert.deepEqual(
      message.blocks.map(({ kind }) => kind),
      ["text", "tool"],
    );
    assert.equal(message.end?.reason, "tool_calls");
  });

  test("an answer its provider keeps is read on in the same blocks, as often as the budget allows", async () => {
    const asked: { resume: ResumePoint; received: Received }[] = [];
    const scripts: (readonly (readonly ProviderEvent[] | StreamError)[])[] = [
      [more("two "), cut],
      [
        more("three."),
        [
          { type: "block.end", block: 0 },
          { type: "usage", usage: { input: 1, output: 9, final: true } },
          { type: "finish", reason: "stop", raw: null },
        ],
      ],
    ];
    const keeping: Pick<Provider, "reattach"> = {
      async *reattach(resume, received) {
        asked.push({ resume, received });
        for (const step of scripts[asked.length - 1]!) {
          if (step instanceof StreamError) throw step;
          yield step;
        }
      },
    };
    const opening: ProviderEvent[] = [{ type: "resumable", resume: { id: "resp_1" } }];
    const provider = Object.assign(fakeProvider("p", [opening, text("one "), cut]), keeping);
    await using agent = await openAgentRun({ budget: { attempts: 4, afterContent: 2 } });
    const message = await agent.run([provider, fakeProvider("other", [text("never asked"), finish])]);
    assert.equal(visibleText(message), "one two three.");
    assert.equal(message.blocks.length, 1);
    assert.deepEqual(await attemptsOf(agent), ["1 p initial fresh", "2 p retry reattach", "3 p retry reattach"]);
    assert.deepEqual(
      asked.map(({ resume, received }) => [resume.id, received.get(0)]),
      [
        ["resp_1", 4],
        ["resp_1", 8],
      ],
    );
    assert.deepEqual([message.usage.output, provider.requests.length], [9, 1]);
  });

  test("an answer the provider has lost is asked for anew, and one it reports as failed is not read on", async () => {
    let reattached = 0;
    const lost = {
      // eslint-disable-next-line require-yield -- a provider that has nothing to say is the case
      async *reattach(): AsyncGenerator<readonly ProviderEvent[], void> {
        reattached++;
        throw new StreamError("provider_not_found", "gone");
      },
    };
    const opening: ProviderEvent[] = [{ type: "resumable", resume: { id: "resp_1" } }];
    const whole = [text("whole"), finish];
    await using agent = await openAgentRun({ budget: { attempts: 4, afterContent: 2 } });
    const message = await agent.run([Object.assign(fakeProvider("p", [opening, text("ha"), cut], whole), lost)]);
    assert.deepEqual([visibleText(message), reattached], ["whole", 1]);

    const failed = new StreamError("provider_error", "the answer failed");
    await using again = await openAgentRun();
    const other = await again.run([Object.assign(fakeProvider("p", [opening, text("ha"), failed], whole), lost)]);
    assert.deepEqual([visibleText(other), reattached], ["whole", 1]);
  });

  test("onPartial 'end' keeps the partial; before content it retries all the same", async () => {
    await using agent = await openAgentRun({ onPartial: "end" });
    const message = await agent.run([fakeProvider("p", [busy], [text("Half"), cut], [text("Whole"), finish])]);
    assert.deepEqual([visibleText(message), ...endOf(message)], ["Half", "interrupted", "interrupted", cut.code]);
    assert.equal(message.attempts, 2);
  });

  test("the budget is the stream's: a step's first attempt is free, its retries are not", async () => {
    const look = defineTool({ description: "d", parameters: {}, run: () => "seen" });
    const call = (id: string) => [calls([id, "look", {}])];
    await using agent = await openAgentRun({ own: { look } });
    const provider = fakeProvider("p", [busy], call("a"), [busy], [busy], call("b"), [busy], [text("never"), finish]);
    const message = await agent.run([provider]);
    assert.deepEqual(endOf(message), ["interrupted", "interrupted", "provider_overloaded"]);
    assert.equal(message.attempts, 6);
  });

  test("no other attempt is made once nobody has watched for a while, unless it is detached on purpose", async () => {
    const script = [[busy], [text("whole"), finish]] as const;
    await using agent = await openAgentRun({ unwatchedMs: 61_000 });
    assert.deepEqual(endOf(await agent.run([fakeProvider("p", ...script)])), ["error", "error", "provider_overloaded"]);
    await using detached = await openAgentRun({ unwatchedMs: 61_000, orphanPolicy: "detached" });
    assert.equal((await detached.run([fakeProvider("p", ...script)])).status, "complete");
  });
});

describe("while it waits", () => {
  test("whoever leaves is asked about again: no attempt is made for nobody after all", async () => {
    let asked = 0;
    // Somebody watches when it fails, and nobody any more when the wait is over.
    await using agent = await openAgentRun({ unwatchedMs: () => (asked++ === 0 ? 0 : 61_000) });
    const provider = fakeProvider("p", [busy], [text("never"), finish]);
    assert.deepEqual(endOf(await agent.run([provider])), ["error", "error", "provider_overloaded"]);
    assert.equal(provider.requests.length, 1);
  });

  test("the route knows of all the step has shown, also when the latest attempt failed before a word", async () => {
    const contents: boolean[] = [];
    const providers = [
      fakeProvider("a", [text("Half"), cut]),
      fakeProvider("b", [busy]),
      fakeProvider("c", [text("Whole"), finish]),
    ];
    const targets = providers.map((provider) => targetOf(provider));
    const budget = { attempts: 4, afterContent: 1 };
    const route = new Router({ random: () => 0 }).open({ targets, strategy: "order", limits: {}, budget });
    const retry = route.retry.bind(route);
    route.retry = (failure) => (contents.push(failure.content), retry(failure));
    await using agent = await openAgentRun({ route });
    assert.equal(visibleText(await agent.run(providers)), "Whole");
    assert.deepEqual(contents, [true, true]);
  });
});

describe("a prepared text", () => {
  test("is said when nobody can be reached, is marked, and the error stays", async () => {
    const down = new StreamError("provider_overloaded", "down", { retryAfterMs: 90_000 });
    await using agent = await openAgentRun({ fallbackText: "Please call us." });
    const message = await agent.run([fakeProvider("p", [down])]);
    assert.deepEqual(
      message.blocks.map((block) => block.kind === "text" && [block.text, block.canned]),
      [["Please call us.", true]],
    );
    assert.deepEqual(endOf(message), ["error", "error", "provider_overloaded"]);
    assert.equal(message.end?.error?.retryAfterMs, 90_000);
  });

  test("is not said beside a partial answer, nor to somebody who stopped", async () => {
    await using agent = await openAgentRun({ fallbackText: "Please call us.", onPartial: "end" });
    assert.equal(visibleText(await agent.run([fakeProvider("p", [text("Half"), cut])])), "Half");
    await using stopped = await openAgentRun({ fallbackText: "Please call us." });
    const running = stopped.run([fakeProvider("p", [() => new Promise(() => {})])]);
    await settle();
    stopped.stop.abort(new StreamError("cancelled", "stopped"));
    assert.deepEqual((await running).blocks, []);
  });

  test("is not said for a request that no model takes: the error says what is wrong with it", async () => {
    for (const code of ["context_overflow", "provider_invalid_request"] as const) {
      await using agent = await openAgentRun({ fallbackText: "Please call us." });
      const message = await agent.run([fakeProvider("p", [new StreamError(code, "no")])]);
      assert.deepEqual([message.blocks, message.end?.error?.code], [[], code]);
    }
  });
});
