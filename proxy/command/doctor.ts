/** `ai-stream doctor`: measures the real path to a proxy, a line a check, and says who is in the way and what to do. */
import type { Arguments } from "../cli.ts";
import { ConfigError } from "../config.ts";
import { problem, reasonOf, skipped } from "./doctor/finding.ts";
import type { Finding } from "./doctor/finding.ts";
import { checkIdentity, checkReadiness } from "./doctor/identity.ts";
import { checkIdle } from "./doctor/idle.ts";
import { judgeProbe } from "./doctor/judge-probe.ts";
import { checkPage } from "./doctor/page.ts";
import { Path } from "./doctor/path.ts";
import { checkEncryption, checkName, checkPort } from "./doctor/reach.ts";
import { readProbe } from "./doctor/read-probe.ts";
import { checkUpgrade } from "./doctor/upgrade.ts";

/** The proxy's usual probe: two seconds in all. */
const EVENTS = 9;
const EVERY_MS = 250;
/** As long as the proxy lets a probe last. */
const LONGEST_IDLE_S = 120;

export interface DoctorOptions {
  readonly path: Path;
  /** Milliseconds of silence to try; null for none. */
  readonly idleMs: number | null;
}

export async function doctor({ positionals, values }: Arguments): Promise<number> {
  const options = optionsOf(positionals, values);
  const isJson = values["json"] !== undefined;
  const findings: Finding[] = [];
  try {
    for await (const finding of examine(options)) {
      findings.push(finding);
      if (!isJson) process.stdout.write(`${lineOf(finding)}\n`);
    }
  } finally {
    options.path.close();
  }
  const isWell = findings.every(({ outcome }) => outcome !== "problem");
  const { origin, pathname } = options.path.base;
  if (isJson) process.stdout.write(`${JSON.stringify({ url: origin + pathname, ok: isWell, findings })}\n`);
  return isWell ? 0 : 1;
}

/** One finding after another; ends early where nothing further can be found out. */
export async function* examine({ path, idleMs }: DoctorOptions): AsyncGenerator<Finding, void> {
  for (const check of [checkName, checkPort, checkEncryption]) {
    const finding = await check(path);
    yield finding;
    if (finding.outcome === "problem") return;
  }
  const { finding, answer } = await checkIdentity(path);
  yield finding;
  if (answer === null) return;
  yield await checkReadiness(path);
  const page = await checkPage(path);
  yield page;
  try {
    yield* judgeProbe(await readProbe(path, EVENTS, EVERY_MS), answer);
  } catch (thrown) {
    yield problem(
      "stream",
      `an event stream gets no answer (${reasonOf(thrown)})`,
      "let event streams of /v1/ through",
    );
  }
  // Of a page that is refused this would say nothing of the path.
  yield await checkUpgrade(path, page.outcome === "problem" ? null : path.origin);
  yield idleMs === null
    ? skipped("idle", "how long silence is let through was not tried (--idle 75)")
    : await checkIdle(path, idleMs);
}

const lineOf = ({ check, outcome, what, todo }: Finding): string =>
  `${outcome.padEnd(7)}  ${check.padEnd(11)}  ${what}${todo === undefined ? "" : ` → ${todo}`}`;

/** @throws {ConfigError} with every mistake */
function optionsOf(positionals: readonly string[], values: Arguments["values"]): DoctorOptions {
  const [url = ""] = positionals;
  const base = httpUrl(url);
  const { origin: page, idle, token } = values;
  const origin = page === undefined ? null : (httpUrl(page)?.origin ?? undefined);
  const seconds = idle === undefined ? null : Number(idle);
  const isIdle = seconds === null || (seconds >= 1 && seconds <= LONGEST_IDLE_S);
  const mistakes = [
    ...(base === null || positionals.length !== 1
      ? [
          {
            path: "doctor",
            found: positionals.join(" ") || "no address",
            expected: "ai-stream doctor https://proxy.example",
          },
        ]
      : []),
    ...(origin === undefined
      ? [{ path: "--origin", found: page!, expected: "an origin such as https://example.com" }]
      : []),
    ...(isIdle ? [] : [{ path: "--idle", found: idle!, expected: `seconds from 1 to ${LONGEST_IDLE_S}` }]),
  ];
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  const accessToken = token ?? process.env["AI_STREAM_TOKEN"] ?? null;
  return {
    path: new Path(base!, origin ?? null, accessToken),
    idleMs: seconds === null ? null : Math.round(seconds * 1_000),
  };
}

function httpUrl(text: string): URL | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url !== null && /^https?:$/.test(url.protocol) ? url : null;
}
