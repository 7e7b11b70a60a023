/** Recorded provider streams, read where they lie: `FIXTURES_DIR`, or `../shared/fixtures` beside the checkout. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";

export const FIXTURES_DIR = resolve(process.env["FIXTURES_DIR"] ?? join(import.meta.dirname, "../../shared/fixtures"));

/** What to say when the suites that need them are skipped; false when the fixtures are there. */
export const fixturesMissing: string | false = existsSync(FIXTURES_DIR)
  ? false
  : `no recorded streams in ${FIXTURES_DIR}; set FIXTURES_DIR`;

export interface ExpectedTool {
  readonly id: string | null;
  readonly name: string;
  readonly arguments: string;
  readonly argumentsValid: boolean;
}

/** What a correct reader gets from the body; absent members were not recorded. */
export interface Expected {
  readonly text: string;
  readonly reasoning: string;
  readonly refusal?: string;
  readonly toolCalls: readonly ExpectedTool[];
  readonly stopReason: string | null;
  readonly usage: Readonly<Record<"input" | "output" | "cached" | "cacheWrite" | "reasoning", number | null>> | null;
  readonly terminal: string | null;
  readonly complete: boolean;
  readonly error: unknown;
}

export interface StreamFixture {
  /** `folder/case`. */
  readonly name: string;
  readonly folder: string;
  readonly api: string;
  readonly body: Uint8Array;
  /** Byte offsets inside characters, line ends and headers, at which to split. */
  readonly cuts: readonly number[];
  readonly expected: Expected;
}

export interface HttpErrorFixture {
  readonly name: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The recorded streams of these wire formats, of every folder. */
export function streamFixtures(...apis: readonly string[]): StreamFixture[] {
  if (fixturesMissing !== false) return [];
  return readdirSync(FIXTURES_DIR, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== "http-errors" && entry.name !== "LICENSES")
    .flatMap(({ name: folder }) => casesIn(folder).map((name) => readStream(folder, name)))
    .filter(({ api }) => apis.includes(api));
}

export function httpErrorFixtures(): HttpErrorFixture[] {
  const folder = join(FIXTURES_DIR, "http-errors");
  if (fixturesMissing !== false) return [];
  return readdirSync(folder).flatMap((provider) =>
    casesIn(`http-errors/${provider}`).map((name) => ({
      ...(readJson(`http-errors/${provider}/${name}.json`) as Omit<HttpErrorFixture, "name">),
      name: `${provider}/${name}`,
    })),
  );
}

/** One recorded stream by its `folder/case`. */
export function streamFixture(name: string): StreamFixture {
  const [folder, file] = name.split("/");
  return readStream(folder!, file!);
}

const casesIn = (folder: string): string[] =>
  readdirSync(join(FIXTURES_DIR, folder))
    .filter((file) => file.endsWith(".json"))
    .map((file) => file.slice(0, -".json".length));

const readJson = (path: string): unknown => JSON.parse(readFileSync(join(FIXTURES_DIR, path), "utf8")) as unknown;

function readStream(folder: string, file: string): StreamFixture {
  const path = join(FIXTURES_DIR, folder, file);
  const { api, expected } = readJson(`${folder}/${file}.json`) as Pick<StreamFixture, "api" | "expected">;
  const extension = [".sse", ".jsonl", ".bin"].find((candidate) => existsSync(path + candidate));
  if (extension === undefined) throw new Error(`Recorded stream "${folder}/${file}" has no body beside its .json`);
  const cuts = existsSync(`${path}.cuts`) ? readFileSync(`${path}.cuts`, "utf8").split("\n").filter(Boolean) : [];
  return {
    name: `${folder}/${file}`,
    folder,
    api,
    body: readFileSync(path + extension),
    cuts: cuts.map(Number),
    expected,
  };
}
