/** One process of the benchmark: started, asked over IPC, stopped. */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import type { Usage } from "./probe.ts";

/** Starting takes about 1 s; a busy machine may take ten times that. */
const START_TIMEOUT_MS = 30_000;
/** The longest run, 2,000 streams opened one after another, takes under a minute. */
const ANSWER_TIMEOUT_MS = 240_000;
const READY = /ready|listening on (http:\S+)/;
/** Enough to show why a start failed. */
const KEPT_ERROR_CHARS = 8_192;
const PROBE = fileURLToPath(new URL("probe.ts", import.meta.url));

export interface Program {
  readonly file: string;
  readonly args?: readonly string[];
  /** Of Node itself. */
  readonly flags?: readonly string[];
  /** Where to write a CPU profile when the process ends. */
  readonly profileDir?: string;
}

export class MeasuredProcess implements AsyncDisposable {
  /** Where it listens; empty for one that does not. */
  readonly url: string;
  readonly #child: ChildProcess;

  /** Starts a program and waits for its line `listening on URL`, or `ready`. @throws {Error} with its stderr when it ends instead. */
  static async start({ file, args = [], flags = [], profileDir }: Program): Promise<MeasuredProcess> {
    const profile = profileDir === undefined ? [] : ["--cpu-prof", "--cpu-prof-dir", profileDir];
    const child = fork(join(import.meta.dirname, file), args, {
      execArgv: ["--expose-gc", "--import", PROBE, ...flags, ...profile],
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      serialization: "advanced",
    });
    try {
      return new MeasuredProcess(child, await readyUrl(child, file));
    } catch (error) {
      child.kill();
      throw error;
    }
  }

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  usage(afterGc = false): Promise<Usage> {
    return this.ask(afterGc ? "usage after gc" : "usage");
  }

  /** Sends a question and waits for the one answer; a process is asked one thing at a time. */
  async ask<Answer>(question: unknown): Promise<Answer> {
    const waiting = new AbortController();
    const signal = AbortSignal.any([waiting.signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]);
    try {
      const answered = once(this.#child, "message", { signal });
      const ended = once(this.#child, "exit", { signal }).then(([code]) => {
        throw new Error(`A process of the benchmark ended with code ${String(code)}`);
      });
      this.#child.send(question as string);
      const [answer] = (await Promise.race([answered, ended])) as [Answer | { failed: string }];
      if (typeof answer === "object" && answer !== null && "failed" in answer) throw new Error(answer.failed);
      return answer;
    } finally {
      waiting.abort();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    await ended;
  }
}

async function readyUrl(child: ChildProcess, file: string): Promise<string> {
  let output = "";
  let errors = "";
  child.stderr!.setEncoding("utf8").on("data", (text: string) => (errors = (errors + text).slice(-KEPT_ERROR_CHARS)));
  const ready = new Promise<string>((resolve) => {
    child.stdout!.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(-KEPT_ERROR_CHARS);
      const found = READY.exec(output);
      if (found !== null) resolve(found[1] ?? "");
    });
  });
  const waiting = new AbortController();
  const signal = AbortSignal.any([waiting.signal, AbortSignal.timeout(START_TIMEOUT_MS)]);
  const ended = once(child, "exit", { signal }).then(() => {
    throw new Error(`${file} ended before it was ready: ${errors}`);
  });
  try {
    return await Promise.race([ready, ended]);
  } finally {
    waiting.abort();
  }
}
