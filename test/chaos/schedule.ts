/** What happens in one run of the chaos suite, all of it drawn from a seed. Pure: play.ts acts on it. */
import { chanceOf } from "./chance.ts";
import type { Chance } from "./chance.ts";

/**
 * `embedded`: proxy and readers in this process. `process`: the proxy as a process of its own. `page`: that, and a real
 * browser. `replicas`: two processes on one Redis behind a balancer, headless readers and pages.
 */
export type World = "embedded" | "process" | "page" | "replicas";
export const WORLDS: readonly World[] = ["embedded", "process", "page", "replicas"];

export interface ReaderPlan {
  readonly kind: "headless" | "page";
  readonly transport: "ws" | "sse";
}

/** On a reader's line; all but `reset` and `reload` last while some more is said. */
export type LineFault =
  | { readonly do: "reset" | "stall" | "dead" | "refuse" | "offline"; readonly reader: number }
  | { readonly do: "slow"; readonly reader: number; readonly bytesPerSecond: number }
  | { readonly do: "cut"; readonly reader: number; readonly bytes: number }
  | { readonly do: "reload"; readonly reader: number; readonly from: "kept" | "start" };

/**
 * At the proxy, its replicas or their store. `drain`: stopped by SIGTERM with no time left, and started again. `freeze owner`:
 * by SIGSTOP until the other has taken over, then it wakes up as if nothing had been.
 */
export type PlaceFault = {
  readonly do:
    | "drain"
    | "kill"
    | "kill owner"
    | "kill other"
    | "drain owner"
    | "freeze owner"
    | "kill redis"
    | "freeze redis";
};

/** `mid-event` breaks off within an event, `hang up` closes politely but too early. */
export interface ProviderFault {
  readonly do: "provider";
  readonly how: "reset" | "mid-event" | "hang up";
}

export interface Step {
  /** Words of the answer that are said when it strikes. */
  readonly at: number;
  /** Words that are said while it lasts. */
  readonly lasting: number;
  /** Every reader has everything before it strikes; else it may strike into the one before. */
  readonly patient: boolean;
  readonly fault: LineFault | PlaceFault | ProviderFault | ({ readonly do: "join" } & ReaderPlan);
}

export interface Schedule {
  readonly world: World;
  readonly seed: number;
  readonly words: number;
  /** How the provider takes up a partial answer: not at all, or from its end. */
  readonly mode: "fresh" | "prefix";
  readonly readers: readonly ReaderPlan[];
  /** The answer to the start is lost on the way: the client must ask again and get the same stream. */
  readonly startCut: boolean;
  readonly steps: readonly Step[];
  /** How many words are said when a reader cancels; null when the answer is said to its end. */
  readonly cancelAt: number | null;
}

const LINE: readonly LineFault["do"][] = ["reset", "stall", "dead", "slow", "cut", "refuse", "reload"];
const PLACE: Readonly<Record<World, readonly PlaceFault["do"][]>> = {
  embedded: ["drain"],
  process: ["kill"],
  page: ["kill"],
  replicas: ["kill owner", "kill other", "drain owner", "freeze owner", "kill redis", "freeze redis"],
};
/** Each costs seconds (a start of a process, a lease that must run out), so a schedule has few of them. */
const MOST_PLACE_FAULTS = 2;
/** Each waits about twice as long as the one before until it is tried again. */
const MOST_DEATHS = 2;

export function makeSchedule(world: World, seed: number): Schedule {
  const chance = chanceOf(Math.imul(seed, 2_654_435_761) ^ WORLDS.indexOf(world));
  const readers = readersOf(world, chance);
  const count = chance.int(2, world === "embedded" ? 7 : 4);
  const words = count * 20 + chance.int(20, 120);
  const marks = Array.from({ length: count }, () => chance.int(1, words - 2)).sort((a, b) => a - b);
  const left = { place: MOST_PLACE_FAULTS, deaths: MOST_DEATHS };
  const steps: Step[] = [];
  for (const [index, at] of marks.entries()) {
    const most = Math.min(30, (marks[index + 1] ?? words - 1) - at);
    const fault = faultOf(world, index, readers.length, left, chance);
    steps.push({ at, lasting: chance.int(0, Math.max(0, most)), patient: chance.is(0.75), fault });
  }
  const last = steps.at(-1)!;
  return {
    ...{ world, seed, words, readers, steps },
    mode: chance.is(0.3) ? "prefix" : "fresh",
    startCut: world !== "page" && readers[0]!.kind === "headless" && chance.is(0.15),
    cancelAt: chance.is(0.1) ? Math.min(words - 1, last.at + last.lasting + chance.int(0, 5)) : null,
  };
}

function readersOf(world: World, chance: Chance): ReaderPlan[] {
  const headless = (): ReaderPlan => ({ kind: "headless", transport: chance.pick(["ws", "sse"]) });
  const page = (): ReaderPlan => ({ kind: "page", transport: chance.pick(["ws", "ws", "sse"]) });
  if (world === "page") return chance.is(0.4) ? [page(), headless()] : [page()];
  if (world === "replicas") return chance.is(0.5) ? [page(), headless()] : [headless(), headless(), headless()];
  return Array.from({ length: chance.int(1, 3) }, headless);
}

function faultOf(
  world: World,
  index: number,
  readers: number,
  left: { place: number; deaths: number },
  chance: Chance,
): Step["fault"] {
  // What makes the world worth its cost comes early in most of its schedules.
  if (left.place > 0 && chance.is(world === "embedded" ? 0.15 : index === 0 ? 0.6 : 0.3)) {
    left.place--;
    return { do: chance.pick(PLACE[world]) };
  }
  if (left.deaths > 0 && chance.is(0.15)) {
    left.deaths--;
    return { do: "provider", how: chance.pick(["reset", "mid-event", "hang up"]) };
  }
  if (chance.is(0.08)) return { do: "join", kind: "headless", transport: chance.pick(["ws", "sse"]) };
  const reader = chance.int(0, readers - 1);
  const kinds = world === "page" && reader === 0 ? [...LINE, "offline" as const] : LINE;
  const kind = chance.pick(kinds);
  switch (kind) {
    case "slow":
      return { do: kind, reader, bytesPerSecond: chance.int(5, 40) * 1_000 };
    case "cut":
      return { do: kind, reader, bytes: chance.int(1, 600) };
    case "reload":
      return { do: kind, reader, from: chance.pick(["kept", "start"]) };
    default:
      return { do: kind, reader };
  }
}

/** One line a person can follow. */
export function describeSchedule({ readers, mode, words, startCut, steps, cancelAt }: Schedule): string {
  const who = readers.map(({ kind, transport }) => (kind === "page" ? `page/${transport}` : transport)).join(" + ");
  const what = steps.map(({ at, lasting, patient, fault }) => {
    const { do: kind, ...rest } = fault;
    const details = Object.entries(rest).map(([name, value]) => (name === "reader" ? `of ${value}` : String(value)));
    return `${patient ? "" : "hastily "}${[kind, ...details].join(" ")} @${at}${lasting > 0 ? `+${lasting}` : ""}`;
  });
  const end = cancelAt === null ? `all ${words} said` : `cancelled @${cancelAt}`;
  return [who, mode, ...(startCut ? ["lost start"] : []), ...what, end].join(", ");
}

/** What to type to play it again, alone. */
export const commandOf = ({ world, seed }: Pick<Schedule, "world" | "seed">): string =>
  `npm run chaos -- --world ${world} --schedules 1 --seed ${seed}`;
