/** Plays a schedule and checks what came of it. */
import assert from "node:assert/strict";
import { openTcpFaults } from "../fakes/tcp-faults.ts";
import { checkLog, checkNothingOpen, takeoversOf } from "./aftermath.ts";
import { HeadlessReader } from "./headless-reader.ts";
import type { PageReader } from "./page-reader.ts";
import { configOf } from "./place.ts";
import type { Place } from "./place.ts";
import { difference } from "./reader.ts";
import type { Reader } from "./reader.ts";
import { commandOf, describeSchedule } from "./schedule.ts";
import type { LineFault, ReaderPlan, Schedule, Step } from "./schedule.ts";
import { Speaker, wordsTo } from "./speaker.ts";
import type { Speech } from "./speaker.ts";

/** What a schedule needs from its surroundings. */
export interface Stage {
  openPlace(config: ReturnType<typeof configOf>): Promise<Place>;
  /** Opens a page over a line that leads to the place, as a visitor of his own. Absent where no schedule has pages. */
  openPage?(port: number, transport: "ws" | "sse"): Promise<PageReader>;
}

/** @throws {Error} that says how to play it again */
export async function play(schedule: Schedule, stage: Stage): Promise<void> {
  try {
    await new Run(schedule, stage).play();
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : String(cause);
    const steps = describeSchedule(schedule);
    throw new Error(`${what}\n  seed ${schedule.seed}: ${steps}\n  again: ${commandOf(schedule)}`, { cause });
  }
}

class Run {
  readonly #schedule: Schedule;
  readonly #stage: Stage;
  readonly #stack = new AsyncDisposableStack();
  readonly #readers: Reader[] = [];
  #speaker!: Speaker;
  #speech!: Speech;
  #place!: Place;
  #stream = "";
  /** Calls that the provider broke off. */
  #deaths = 0;
  #now = "opening";

  constructor(schedule: Schedule, stage: Stage) {
    this.#schedule = schedule;
    this.#stage = stage;
  }

  async play(): Promise<void> {
    await using stack = this.#stack;
    this.#speaker = stack.use(await Speaker.open());
    this.#place = stack.use(await this.#stage.openPlace(configOf(this.#schedule, this.#speaker.baseUrl)));
    const question = `Count, ${this.#schedule.seed}`;
    this.#speech = this.#speaker.speech(question, this.#schedule.words);
    try {
      await this.#start(question);
      for (const [index, step] of this.#schedule.steps.entries()) {
        this.#now = `step ${index + 1}, ${step.fault.do}`;
        await this.#take(step);
      }
      this.#now = "the end";
      await this.#end();
      this.#now = "the aftermath";
      await this.#check();
    } catch (thrown) {
      const what = thrown instanceof Error ? thrown.message : String(thrown);
      throw new Error(`${this.#now}: ${what} (stream ${this.#stream})`, { cause: thrown });
    }
  }

  async #start(question: string): Promise<void> {
    const { readers, startCut } = this.#schedule;
    const [first, ...others] = readers;
    const reader = await this.#open(first!);
    // Long enough for the request to be through, too short for the whole answer to it.
    if (startCut) void reader.line.cutAfter(40);
    if (reader instanceof HeadlessReader) {
      this.#stream = await reader.start({ input: question });
      reader.follow(this.#stream);
    } else {
      this.#stream = await (reader as PageReader).ask(question);
    }
    for (const plan of others) await this.#join(plan);
  }

  async #take({ at, lasting, patient, fault }: Step): Promise<void> {
    const { words } = this.#schedule;
    this.#speech.allow(at);
    await (patient ? this.#allRead(at) : this.#speech.said(at));
    const saidWhile = async () => {
      this.#speech.allow(Math.min(words - 1, at + lasting));
      await this.#speech.said(Math.min(words - 1, at + lasting));
    };
    switch (fault.do) {
      case "provider":
        this.#deaths += await this.#speech.fail(fault.how);
        return saidWhile();
      case "join":
        await this.#join(fault);
        return;
      case "drain":
      case "kill":
      case "kill owner":
      case "kill other":
      case "drain owner":
      case "freeze owner":
      case "kill redis":
      case "freeze redis":
        return this.#place.strike(fault, async () => {
          // Who is cut off says nothing: whoever goes on with the stream is told that it may.
          this.#speech.allow(Math.min(words - 1, at + lasting));
        });
      default:
        return this.#breakLine(fault, saidWhile);
    }
  }

  async #breakLine(fault: LineFault, saidWhile: () => Promise<void>): Promise<void> {
    const reader = this.#readers[fault.reader]!;
    const { line } = reader;
    switch (fault.do) {
      case "reset":
        line.reset();
        return saidWhile();
      case "stall":
        line.stall(true);
        await saidWhile();
        return line.stall(false);
      case "dead":
        line.kill();
        await saidWhile();
        return reader.wake();
      case "slow":
        line.slow(fault.bytesPerSecond);
        await saidWhile();
        return line.slow(Infinity);
      case "cut":
        void line.cutAfter(fault.bytes);
        return saidWhile();
      case "refuse":
        line.refuse(true);
        line.reset();
        await saidWhile();
        return line.refuse(false);
      case "offline":
        await reader.offline(true);
        await saidWhile();
        return reader.offline(false);
      case "reload":
        await saidWhile();
        return reader.reload(fault.from);
    }
  }

  async #end(): Promise<void> {
    const { cancelAt } = this.#schedule;
    if (cancelAt === null) {
      this.#speech.finish();
    } else {
      this.#speech.allow(cancelAt);
      await this.#allRead(cancelAt);
      await this.#readers.at(-1)!.cancel();
    }
    const expected = cancelAt === null ? this.#speech.text : wordsTo(cancelAt);
    const status = cancelAt === null ? "complete" : "cancelled";
    for (const reader of this.#readers) {
      const ended = await reader.ended();
      assert.equal(ended.text, expected, difference(ended.text, expected));
      assert.equal(ended.status, status);
    }
    await this.#speech.hungUp();
  }

  async #check(): Promise<void> {
    const { cancelAt, words } = this.#schedule;
    const attempts = await checkLog(this.#place.urls, this.#stream, {
      text: cancelAt === null ? wordsTo(words) : wordsTo(cancelAt),
      reason: cancelAt === null ? "stop" : "cancelled",
      seen: this.#readers.flatMap(({ seen }) => seen),
    });
    const { lost, isShared, urls } = this.#place;
    const own = attempts.all - attempts.takeovers;
    assert(own <= 1 + this.#deaths, `${own} attempts of their writers' own, expected at most ${1 + this.#deaths}`);
    if (!isShared) assert(attempts.takeovers <= lost, `${attempts.takeovers} takeovers, expected at most ${lost}`);
    // A writer may die, or lose its lease, between the call and the commit of what says so.
    const takeovers = isShared ? (await Promise.all(urls.map(takeoversOf))).reduce((sum, count) => sum + count) : 0;
    const most = attempts.all + lost + takeovers;
    assert(this.#speech.asked <= most, `the provider was asked ${this.#speech.asked} times, expected at most ${most}`);
    for (const reader of this.#readers) await reader.close();
    await checkNothingOpen(this.#place.urls);
  }

  async #allRead(words: number): Promise<void> {
    await Promise.all(this.#readers.map((reader) => reader.reads(wordsTo(words))));
  }

  async #join(plan: ReaderPlan): Promise<void> {
    const reader = await this.#open(plan);
    if (reader instanceof HeadlessReader) reader.follow(this.#stream);
  }

  async #open({ kind, transport }: ReaderPlan): Promise<Reader> {
    const { port } = this.#place;
    const reader =
      kind === "page"
        ? await this.#stage.openPage!(port, transport)
        : new HeadlessReader(await openTcpFaults(port), transport);
    this.#readers.push(reader);
    this.#stack.defer(() => reader.close());
    return reader;
  }
}
