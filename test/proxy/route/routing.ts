/** What the tests of routing share: targets that are never really asked, and what is done with a passage. */
import assert from "node:assert/strict";
import { StreamError } from "../../../protocol/index.ts";
import type { ErrorCode } from "../../../protocol/index.ts";
import { KeyRing } from "../../../proxy/provider/key-ring.ts";
import type { KeyEntry } from "../../../proxy/provider/key-ring.ts";
import type { Provider } from "../../../proxy/provider/provider.ts";
import type { Need, Passage, Route } from "../../../proxy/route/route.ts";
import type { RoutePlan, Router } from "../../../proxy/route/router.ts";
import type { Target } from "../../../proxy/route/target.ts";

export const NEED: Need = { inputTokens: 1_000, outputTokens: undefined, images: false, tools: false };

const TIMERS = { connectMs: 0, firstContentMs: 0, livenessMs: 0, betweenContentMs: 0 };

export interface FakeTarget extends Partial<Omit<Target, "provider">> {
  readonly keys?: readonly KeyEntry[];
  /** US dollars per million tokens of any kind. */
  readonly price?: number;
}

/** @param id `provider/model` */
export function target(id: string, { keys, price, ...facts }: FakeTarget = {}): Target {
  const [name, model] = id.split("/") as [string, string];
  const provider: Provider = {
    name,
    ...(keys === undefined ? {} : { keys: new KeyRing(keys) }),
    stream: () => assert.fail("routing asks nobody"),
    check: () => assert.fail("routing asks nobody"),
  };
  return {
    id,
    provider,
    model,
    timers: TIMERS,
    pricing: (usage) =>
      price === undefined ? usage : { ...usage, costUsd: ((usage.input + usage.output) * price) / 1_000_000 },
    ...facts,
  };
}

export const open = (router: Router, targets: readonly Target[], plan: Partial<RoutePlan> = {}): Route =>
  router.open({ targets, strategy: "order", limits: {}, budget: { attempts: 4, afterContent: 1 }, ...plan });

/** Where it goes; a refusal fails the test. */
export function taken(route: Route, need: Need = NEED, beside?: Passage): Passage {
  const passage = route.take(need, beside);
  if (passage instanceof StreamError) assert.fail(`refused: ${passage.code} ${passage.message}`);
  return passage;
}

export function refused(route: Route, need: Need = NEED): StreamError {
  const error = route.take(need);
  return error instanceof StreamError ? error : assert.fail(`went to ${error.target.id}`);
}

export const failure = (code: ErrorCode, retryAfterMs?: number): StreamError =>
  new StreamError(code, "x", { retryAfterMs });

/** Ends a passage with a failure, and asks what follows. */
export function fail(route: Route, passage: Passage, code: ErrorCode, retryAfterMs?: number): number | null {
  const error = failure(code, retryAfterMs);
  passage.end({ error, outputTokens: 0 });
  return route.retry({ error, content: false });
}

export function succeed(passage: Passage, outputTokens = 0): void {
  passage.firstContent();
  passage.end({ error: null, outputTokens });
}

/** cockatiel counts an outcome some microtasks after it was told. */
export const counted = () => new Promise<void>((resolve) => setImmediate(resolve));
