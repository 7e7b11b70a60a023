/** What a step is given, what it hands on, and what comes of it. */
import type { StreamError } from "../../protocol/index.ts";
import type { FinishReason } from "../provider/provider.ts";
import type { Route } from "../route/route.ts";
import type { Target } from "../route/target.ts";
import type { Meter } from "../spend/meter.ts";
import type { AttemptRecord, ResumeRecord } from "../stream-log/stream-log.ts";
import type { TargetlessRequest } from "./attempt.ts";
import type { OpenStep } from "./unfinished.ts";

/** What the steps of a stream hand on to each other. */
export interface Progress {
  /** Attempts made so far. */
  attempts: number;
  /** The first block number that is free. */
  nextBlock: number;
  /** Something a reader sees was written. */
  shown: boolean;
  /** Ids of all calls. */
  readonly callIds: Set<string>;
}

export interface StepPlan {
  readonly route: Route;
  readonly meter: Meter;
  readonly request: TargetlessRequest;
  /** What becomes of a partial answer: `auto` goes on or begins again, `end` keeps it and ends. */
  readonly onPartial: "auto" | "end";
  /** Milliseconds without content after which a second target is asked as well; null never. */
  readonly hedgeAfterMs: number | null;
  /** All that the route may choose from. */
  readonly targets: readonly Target[];
}

/** A step that another process began. */
export interface StepResumption {
  readonly open: OpenStep;
  readonly resume: ResumeRecord | null;
}

/** What the model said, or why there is no more to be had. */
export type StepResult =
  | {
      /** `budget` for an answer whose length the money set. */
      readonly reason: FinishReason | "budget";
      readonly error: null;
      readonly calls: ReadonlySet<string>;
      readonly record: AttemptRecord | null;
    }
  | { readonly reason: null; readonly error: StreamError };
