/** Prometheus' text as values that a test can compare. */

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Scrape {
  /** Metric name → type. */
  readonly types: ReadonlyMap<string, string>;
  readonly samples: readonly Sample[];
  /** The value of the sample whose name and labels match; undefined when there is none. */
  value(name: string, labels?: Readonly<Record<string, string>>): number | undefined;
}

export function parseScrape(text: string): Scrape {
  const types = new Map<string, string>();
  const samples: Sample[] = [];
  for (const line of text.split("\n")) {
    const type = /^# TYPE (\S+) (\S+)$/.exec(line);
    if (type !== null) types.set(type[1]!, type[2]!);
    const sample = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (sample === null) continue;
    const labels = [...(sample[2] ?? "").matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, name, value]) => [
      name!,
      value!,
    ]);
    samples.push({
      name: sample[1]!,
      labels: Object.fromEntries(labels) as Record<string, string>,
      value: Number(sample[3]),
    });
  }
  const value = (name: string, labels: Readonly<Record<string, string>> = {}) =>
    samples.find(
      (sample) => sample.name === name && Object.entries(labels).every(([key, is]) => sample.labels[key] === is),
    )?.value;
  return { types, samples, value };
}
