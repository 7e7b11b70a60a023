/** Circuits, resting keys and recent speed of the lanes, as routing knows them at the moment of a scrape. */
import { Gauge } from "prom-client";
import type { Registry } from "prom-client";
import type { KnownNames } from "./known-names.ts";
import type { CircuitState, Lanes, LaneState } from "./lane-state.ts";

const CIRCUIT_VALUE: Readonly<Record<CircuitState, number>> = { closed: 0, half_open: 1, open: 2 };

/** Two models a page chose freely share the name `other`: then the worst of them is told. */
export function registerLaneMetrics(registry: Registry, lanes: Lanes, names: KnownNames): void {
  const gauge = <Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    read: (lane: LaneState, labels: ReturnType<typeof labelsOf>) => [Record<Label, string>, number] | null,
    worst: (a: number, b: number) => number,
  ) =>
    new Gauge({
      name: `ai_stream_${name}`,
      help,
      labelNames: [...labelNames],
      registers: [registry],
      collect() {
        this.reset();
        for (const [labels, value] of joined(lanes(), names, read, worst)) this.set(labels, value);
      },
    });

  gauge(
    "circuit_state",
    "0 closed, 1 half-open, 2 open.",
    ["provider", "model", "region", "key"],
    ({ circuit }, labels) => [labels, CIRCUIT_VALUE[circuit]],
    Math.max,
  );
  gauge(
    "key_resting",
    "1 while a key rests after the provider refused or limited it.",
    ["provider", "key"],
    ({ restsUntil = 0 }, { provider, key }) =>
      key === "" ? null : [{ provider, key }, restsUntil > Date.now() ? 1 : 0],
    Math.max,
  );
  gauge(
    "target_first_token_seconds",
    "Recent time to the first content, older answers counting less.",
    ["provider", "model", "region"],
    ({ firstTokenMs }, { provider, model, region }) =>
      firstTokenMs === undefined ? null : [{ provider, model, region }, firstTokenMs / 1000],
    Math.max,
  );
  gauge(
    "target_tokens_per_second",
    "Recent output speed, older answers counting less.",
    ["provider", "model", "region"],
    ({ tokensPerSecond }, { provider, model, region }) =>
      tokensPerSecond === undefined ? null : [{ provider, model, region }, tokensPerSecond],
    Math.min,
  );
}

const labelsOf = ({ provider, model, region, key }: LaneState, names: KnownNames) => ({
  provider: names.provider(provider),
  model: names.model(provider, model),
  region: region ?? "",
  key: key ?? "",
});

function joined<Labels extends Record<string, string>>(
  lanes: readonly LaneState[],
  names: KnownNames,
  read: (lane: LaneState, labels: ReturnType<typeof labelsOf>) => [Labels, number] | null,
  worst: (a: number, b: number) => number,
): Iterable<[Labels, number]> {
  const byLabels = new Map<string, [Labels, number]>();
  for (const lane of lanes) {
    const found = read(lane, labelsOf(lane, names));
    if (found === null) continue;
    const id = JSON.stringify(found[0]);
    const before = byLabels.get(id);
    byLabels.set(id, before === undefined ? found : [found[0], worst(before[1], found[1])]);
  }
  return byLabels.values();
}
