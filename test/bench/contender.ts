/** What is measured: servers beside each other on the same upstream, and our configuration. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { Dialect } from "./load.ts";
import { MeasuredProcess, type Program } from "./measured-process.ts";
import { modelOf, type Workload } from "./workload.ts";

export interface Contender {
  readonly name: string;
  readonly dialect: Dialect;
  readonly server: MeasuredProcess;
}

export interface Bench {
  readonly upstream: MeasuredProcess;
  readonly load: MeasuredProcess;
  /** For databases and configurations. */
  readonly folder: string;
  readonly profileDir?: string;
}

export const FLOOR = "floor";

/** The bare server; with `text` it writes only the text of each event. */
export function startFloor(
  { upstream }: Bench,
  form: "whole" | "text" = "whole",
  flags: readonly string[] = [],
): Promise<MeasuredProcess> {
  return MeasuredProcess.start({ file: "floor.ts", args: [upstream.url, form], flags });
}

/** The proxy as a user runs it, with one agent per workload. @param store its URL @param flags of Node */
export async function startProxy(
  bench: Bench,
  name: string,
  workloads: readonly Workload[],
  {
    store = `sqlite:${join(bench.folder, `${name}.db`)}`,
    flags = [],
  }: { readonly store?: string; readonly flags?: readonly string[] } = {},
): Promise<MeasuredProcess> {
  const config = join(bench.folder, `${name}.json`);
  const agents = workloads.map((workload) => [modelOf(workload), { models: [`bench/${modelOf(workload)}`] }]);
  await writeFile(
    config,
    JSON.stringify({
      store,
      providers: { bench: { kind: "openai-compatible", baseUrl: `${bench.upstream.url}/v1`, apiKey: "none" } },
      agents: Object.fromEntries(agents),
    }),
  );
  const program: Program = { file: "../../proxy/cli.ts", args: ["serve", "--config", config, "--port", "0"], flags };
  return MeasuredProcess.start(bench.profileDir === undefined ? program : { ...program, profileDir: bench.profileDir });
}
