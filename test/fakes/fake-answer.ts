/** An answer as the pump gets it, of fake providers in order; what a test does not set is as plain as can be. */
import type { Answer } from "../../proxy/agent/loop.ts";
import type { Provider } from "../../proxy/provider/provider.ts";
import { Router } from "../../proxy/route/router.ts";
import { freeMeter } from "../../proxy/spend/free-meter.ts";
import { targetOf } from "./fake-provider.ts";

/** Retries come at once. */
export function fakeAnswer(
  providers: readonly Provider[],
  own: Pick<Answer, "tools"> & Partial<Answer>,
  budget = { attempts: 4, afterContent: 1 },
): Answer {
  const targets = providers.map((provider) => targetOf(provider));
  const route = new Router({ random: () => 0 }).open({ targets, strategy: "order", limits: {}, budget });
  return {
    route,
    targets,
    meter: freeMeter,
    request: { messages: [{ role: "user", parts: [{ type: "text", text: "q" }] }], tools: [] },
    maxSteps: 8,
    onPartial: "auto",
    hedgeAfterMs: null,
    fallbackText: null,
    orphanPolicy: "finish",
    ...own,
  };
}
