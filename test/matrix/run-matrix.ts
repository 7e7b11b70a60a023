/** Runs every fault at every kind of provider through a real proxy, with and without a fallback, and notes what came of it. */
import { createProxy } from "../../proxy/index.ts";
import type { Proxy } from "../../proxy/index.ts";
import type { ConfigInput } from "../../proxy/config-schema.ts";
import { ANSWER, openFaultServer, PARTIAL } from "../fakes/fault-server.ts";
import type { FaultServer, Place } from "../fakes/fault-server.ts";
import { ALL_WIRES } from "../fakes/wires/all-wires.ts";
import { anthropicWire } from "../fakes/wires/anthropic-wire.ts";
import { openAiChatWire } from "../fakes/wires/openai-wires.ts";
import type { ProviderInput, Wire } from "../fakes/wires/wire.ts";
import { openCircuits } from "./open-circuits.ts";
import { expectedCell, FAULTS } from "./faults.ts";
import type { Cell, Fault, Next } from "./faults.ts";
import { readAnswer } from "./read-answer.ts";
import type { Reading } from "./read-answer.ts";

/** By the names of fault and kind. An error where the case could not be run to its end. */
export type Matrix = ReadonlyMap<Fault, ReadonlyMap<string, Cell | Error>>;

interface Case {
  readonly fault: Fault;
  readonly wire: Wire;
  /** Of the provider, and of the agent that asks it. */
  readonly name: string;
  readonly place: Place;
}

/** The one timer that a fault has to run out; all others are the proxy's own, so that none can be taken for it. */
const SHORT_MS = 300;
/** An answer that takes longer is one that no timer ended: then it ends with a code that no fault has. */
const HUNG_MS = 30_000;
/** Answers under way at a time: enough that the waits overlap, few enough that no timer runs out for lack of a turn. */
const AT_ONCE = 32;

export async function runMatrix(): Promise<Matrix> {
  const server = await openFaultServer();
  try {
    const alone = await runAll(server, false);
    const withFallback = await runAll(server, true);
    return new Map(
      FAULTS.map((fault) => [
        fault,
        new Map(
          ALL_WIRES.map(({ name }) => [
            name,
            cellOf(fault, alone.get(fault)!.get(name)!, withFallback.get(fault)!.get(name)!),
          ]),
        ),
      ]),
    );
  } finally {
    await server.close();
  }
}

type Seen = { readonly reading: Reading; readonly once: boolean; readonly counted: boolean } | Error;

async function runAll(server: FaultServer, fallback: boolean): Promise<ReadonlyMap<Fault, ReadonlyMap<string, Seen>>> {
  const cases = FAULTS.flatMap((fault, row) =>
    ALL_WIRES.map((wire, column): Case => {
      const { how } = fault;
      const isReachable = typeof how === "function";
      const place = server.place(wire, isReachable ? how : null);
      const url = isReachable ? place.url : how.url(server.port);
      return { fault, wire, name: `f${row}-${column}`, place: { ...place, url } };
    }),
  );
  const proxy = await openProxy(server, cases, fallback);
  try {
    const { url } = await proxy.listen();
    // The SDKs are loaded by the first answers, which takes longer than the timers of the faults.
    for (const wire of ALL_WIRES) await checkHealthy(url, wire);
    const seen = new Map<Case, { reading: Reading; once: boolean } | Error>();
    await eachBounded(cases, AT_ONCE, async (one) => void seen.set(one, await runCase(url, one)));
    const open = await openCircuits(url);
    const results = new Map(FAULTS.map((fault) => [fault, new Map<string, Seen>()]));
    for (const [{ fault, wire, name }, result] of seen) {
      const counted = open.has(name);
      results.get(fault)!.set(wire.name, result instanceof Error ? result : { ...result, counted });
    }
    return results;
  } finally {
    await proxy.close(0);
  }
}

/** A provider without a fault answers, so that what fails below fails of its fault. */
async function checkHealthy(url: string, wire: Wire): Promise<void> {
  const { text, error, attempts } = await readAnswer(url, `warm-${idOf(wire)}`, () => {});
  if (text === ANSWER && error === null && attempts.length === 1) return;
  throw new Error(`A healthy ${wire.name} gave "${text}" in ${attempts.length} attempts, error ${error}`);
}

async function runCase(
  url: string,
  { fault, name, place }: Case,
): Promise<{ reading: Reading; once: boolean } | Error> {
  try {
    let wrong = false;
    const reading = await readAnswer(url, name, (text) => {
      wrong ||= !ANSWER.startsWith(text);
      if (text !== "") place.shown();
    });
    const { error, text, blocks, digestFits } = reading;
    const whole = error === null ? ANSWER : fault.afterContent ? PARTIAL : "";
    return { reading, once: !wrong && digestFits && text === whole && blocks === (whole === "" ? 0 : 1) };
  } catch (thrown) {
    return thrown instanceof Error ? thrown : new Error(String(thrown));
  }
}

function cellOf(fault: Fault, alone: Seen, fallback: Seen): Cell | Error {
  if (alone instanceof Error) return alone;
  if (fallback instanceof Error) return fallback;
  const [first] = fallback.reading.attempts;
  if (first?.error == null) return new Error(`"${fault.name}" did not fail`);
  if (alone.reading.attempts[0]!.error !== first.error) {
    return new Error(`"${fault.name}" is ${first.error}, and ${alone.reading.attempts[0]!.error} without a fallback`);
  }
  return {
    code: first.error,
    alone: nextOf(alone.reading),
    fallback: nextOf(fallback.reading),
    counted: fallback.counted,
    once: alone.once && fallback.once,
  };
}

function nextOf({ attempts }: Reading): Next {
  const [failed, next] = attempts;
  if (next === undefined) return "stands";
  if (next.provider !== failed!.provider) return "elsewhere";
  return next.mode === "fresh" ? "again" : "goes on";
}

function openProxy(server: FaultServer, cases: readonly Case[], fallback: boolean): Promise<Proxy> {
  const providers: Record<string, ProviderInput> = {};
  const agents: Record<string, NonNullable<ConfigInput["agents"]>[string]> = {};
  for (const wire of ALL_WIRES) {
    const id = idOf(wire);
    providers[`good-${id}`] = wire.configure(server.place(wire, null).url);
    agents[`warm-${id}`] = { models: [`good-${id}/${wire.model}`] };
  }
  for (const { fault, wire, name, place } of cases) {
    providers[name] = { ...wire.configure(place.url), timers: shortTimer(fault, wire) };
    const other = wire === anthropicWire ? openAiChatWire : anthropicWire;
    const second = fallback ? [`good-${idOf(other)}/${other.model}`] : [];
    agents[name] = { models: [`${name}/${wire.model}`, ...second] };
  }
  return createProxy(
    {
      port: 0,
      store: "sqlite::memory:",
      providers,
      agents,
      resilience: {
        totalMs: HUNG_MS,
        // One failure opens a circuit for longer than all this takes, so an open circuit is a failure that was counted.
        ...(fallback ? { breaker: { failures: 1, halfOpenAfterMs: 600_000 } } : {}),
      },
    },
    { env: {}, logLevel: "silent" },
  );
}

const idOf = ({ name }: Wire): string => name.replaceAll(" ", "-");

function shortTimer(fault: Fault, wire: Wire): NonNullable<ProviderInput["timers"]> {
  switch (expectedCell(fault, wire.name).code) {
    case "connect_timeout":
      return { connectMs: SHORT_MS };
    case "first_token_timeout":
      return { firstContentMs: SHORT_MS };
    case "idle_timeout":
      return { betweenContentMs: SHORT_MS };
    default:
      return {};
  }
}

async function eachBounded<Item>(
  items: readonly Item[],
  limit: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const left = items.values();
  const worker = async (): Promise<void> => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: limit }, worker));
}
