import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeToolOutcome } from "../../protocol/frame.ts";
import { decodeStartRequest } from "../../protocol/index.ts";
import { declareTools } from "../../widget/page-tools.ts";
import type { PageTool } from "../../widget/page-tools.ts";
import { runTool } from "../../widget/run-tool.ts";

const never = new AbortController().signal;
const tool = (run: PageTool["run"]): PageTool => ({ description: "d", run });

test("tools are declared as the proxy wants them, without what runs", () => {
  const parameters = { type: "object", properties: { a: { type: "string" } } };
  const declared = declareTools({ one: { ...tool(() => 1), parameters }, two: tool(() => 2) });
  assert.deepEqual(declared, [
    { name: "one", description: "d", parameters },
    { name: "two", description: "d", parameters: { type: "object" } },
  ]);
  const { tools } = decodeStartRequest({ input: "x", tools: declared }, { inputChars: 10, attachmentsBytes: 0 });
  assert.deepEqual(tools, declared);
});

test("a tool that is none is named, with what is wrong", () => {
  const mistakes = [
    [{ "no good": tool(() => 1) }, "tools.no good"],
    [{ ["x".repeat(65)]: tool(() => 1) }, `tools.${"x".repeat(65)}`],
    [{ one: { description: "d" } }, "tools.one.run"],
    [{ one: { run: () => 1 } }, "tools.one.description"],
  ] as const;
  for (const [tools, field] of mistakes) {
    assert.throws(() => declareTools(tools as never), { code: "invalid_request", field });
  }
});

test("a result is what the tool gave, now or later; nothing is null", async () => {
  assert.deepEqual(
    await runTool(
      tool(({ a }) => ({ a })),
      { a: 1 },
      never,
    ),
    { result: { a: 1 } },
  );
  assert.deepEqual(
    await runTool(
      tool(async () => "later"),
      {},
      never,
    ),
    { result: "later" },
  );
  assert.deepEqual(
    await runTool(
      tool(() => undefined),
      {},
      never,
    ),
    { result: null },
  );
});

test("what a tool throws, cannot say or says too long is an error the proxy takes", async () => {
  const cycle: Record<string, unknown> = {};
  cycle["self"] = cycle;
  const cases: readonly [PageTool["run"], RegExp][] = [
    [() => Promise.reject(new Error("no such article")), /^no such article$/],
    [() => Promise.reject(new Error("")), /^It failed$/],
    [() => Promise.reject(new Error("x".repeat(9_999))), /^x{1000}$/],
    [
      () => {
        // oxlint-disable-next-line typescript/only-throw-error -- a page may
        throw "text";
      },
      /^text$/,
    ],
    [() => 1n, /BigInt/],
    [() => cycle, /circular/i],
    [() => "x".repeat(300_000), /300002 characters, expected at most 262144/],
  ];
  for (const [run, expected] of cases) {
    const outcome = decodeToolOutcome((await runTool(tool(run), {}, never)) as never);
    assert.match("error" in outcome ? outcome.error : "", expected);
  }
});

test("a tool that does not end is let go of when the signal aborts", async () => {
  const stop = new AbortController();
  let its: AbortSignal | undefined;
  const outcome = runTool(
    tool((_args, { signal }) => {
      its = signal;
      return new Promise(() => {});
    }),
    {},
    stop.signal,
  );
  stop.abort(new Error("enough"));
  await assert.rejects(outcome, /enough/);
  assert.equal(its?.aborted, true);
});
