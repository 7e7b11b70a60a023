/** Many readers at once, each of whom asks the next question when the last one is answered, in virtual time. */
import { mock } from "node:test";
import { StreamError, visibleText } from "../../../protocol/index.ts";
import type { LogEntry } from "../../../protocol/index.ts";
import { runAnswer } from "../../../proxy/agent/loop.ts";
import type { AnswerEnd } from "../../../proxy/agent/loop.ts";
import { pause } from "../../../proxy/agent/pause.ts";
import { StreamTools } from "../../../proxy/agent/stream-tools.ts";
import { ToolInbox } from "../../../proxy/agent/tool-inbox.ts";
import type { Router, RoutePlan } from "../../../proxy/route/router.ts";
import { fakeAnswer } from "../fake-answer.ts";
import { MemoryOutput } from "./memory-output.ts";

export interface CrowdPlan {
  readonly router: Router;
  readonly route: RoutePlan;
  readonly streams: number;
  /** No question is asked after so long; those under way are answered. */
  readonly askForMs: number;
  readonly random: () => number;
}

/** What became of one question. Seconds are counted from the beginning. */
export interface Told {
  readonly question: string;
  readonly from: number;
  readonly to: number;
  readonly end: AnswerEnd;
  readonly entries: readonly LogEntry[];
  readonly text: string;
}

/** Small beside everything that is waited for. */
const TICK_MS = 10;
/** The first questions come over about as long as an answer takes. */
const ARRIVAL_MS = 5_000;
/** A reader whose question was not answered asks again after this, up to twice. */
const AGAIN_MS = 1_000;

/** Resolves when every question is answered. Needs the mocked `setTimeout` and `Date`. */
export async function runCrowd(plan: CrowdPlan): Promise<readonly Told[]> {
  const told: Told[] = [];
  const beganAt = Date.now();
  let isOver = false;
  const all = Promise.all(Array.from({ length: plan.streams }, (_, reader) => read(plan, reader, beganAt, told)));
  const over = all.finally(() => (isOver = true));
  while (!isOver) {
    mock.timers.tick(TICK_MS);
    // Whatever the tick has set going comes to its next wait.
    await new Promise(setImmediate);
  }
  await over;
  return told;
}

async function read(plan: CrowdPlan, reader: number, beganAt: number, told: Told[]): Promise<void> {
  const { signal } = new AbortController();
  await pause(plan.random() * ARRIVAL_MS, signal);
  for (let asked = 1; Date.now() - beganAt < plan.askForMs; asked++) {
    const answer = await ask(plan, `${reader}-${asked}`, beganAt);
    told.push(answer);
    if (answer.end.reason !== "stop") await pause(AGAIN_MS * (1 + plan.random()), signal);
  }
}

async function ask({ router, route }: CrowdPlan, question: string, beganAt: number): Promise<Told> {
  const now = () => (Date.now() - beganAt) / 1_000;
  const from = now();
  const output = new MemoryOutput();
  const { signal } = new AbortController();
  const answer = fakeAnswer([], {
    route: router.open(route),
    request: { messages: [{ role: "user", parts: [{ type: "text", text: question }] }], tools: [] },
    tools: noTools(question),
  });
  const end = await runAnswer(answer, output, signal);
  return { question, from, to: now(), end, entries: output.entries, text: visibleText(output.message()) };
}

const noTools = (stream: string): StreamTools =>
  new StreamTools({
    stream,
    own: {},
    page: [],
    inbox: new ToolInbox(),
    waitMs: 0,
    resultChars: 0,
    onFailure: (_, thrown) => {
      throw StreamError.from(thrown);
    },
  });
