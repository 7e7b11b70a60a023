/** What must be true of the proxies and their log once an answer is over and its readers are gone. */
import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { crc32, decodeEntry, emptyMessage, fold, visibleText } from "../../protocol/index.ts";
import type { LogEntry } from "../../protocol/index.ts";
import { parseScrape } from "../proxy/observe/scrape.ts";
import { difference, PATIENCE_MS } from "./reader.ts";
import type { Seen } from "./reader.ts";

export interface ExpectedLog {
  readonly text: string;
  readonly reason: string;
  /** What readers had at which cursor. */
  readonly seen: readonly Seen[];
}

/** Attempts that a log has; a takeover's are those with which another writer went on. */
export interface Attempts {
  readonly all: number;
  readonly takeovers: number;
}

/** Every proxy tells the same log, and it is whole. */
export async function checkLog(
  urls: readonly string[],
  stream: string,
  { text, reason, seen }: ExpectedLog,
): Promise<Attempts> {
  const [entries, ...others] = await Promise.all(urls.map((url) => entriesOf(url, stream)));
  for (const other of others) assert.deepEqual(other, entries, "two proxies tell different logs");
  const log = entries!;
  assert.deepEqual(
    log.map(({ seq }) => seq),
    log.map((_, index) => index + 1),
    "the log has gaps",
  );
  const ends = log.filter(({ type }) => type === "stream.end");
  assert.equal(ends.length, 1, "one end");
  const end = log.at(-1)!;
  assert(end.type === "stream.end", `the last entry is ${end.type}`);
  assert.equal(end.reason, reason);
  assert.equal(end.digest, crc32(text), "the digest of the end");
  checkSeen(log, seen, text);
  return checkAttempts(log);
}

/** No reader ever had anything at a cursor that the log does not have there. */
function checkSeen(log: readonly LogEntry[], seen: readonly Seen[], text: string): void {
  const digests = new Map<number, number>();
  let message = emptyMessage("0");
  for (const entry of log) {
    message = fold(message, [entry]);
    digests.set(entry.seq, crc32(visibleText(message)));
  }
  assert.equal(visibleText(message), text, difference(visibleText(message), text));
  for (const { seq, digest } of seen) {
    assert.equal(digest, digests.get(seq), `a reader had another text at ${seq} than the log has`);
  }
}

/** Content comes only within an attempt; one is open at a time; each ends once. */
function checkAttempts(log: readonly LogEntry[]): Attempts {
  let all = 0;
  let takeovers = 0;
  let open: number | null = null;
  for (const entry of log) {
    if (entry.type === "attempt.start") {
      assert.equal(open, null, `attempt ${entry.attempt} starts within attempt ${open}`);
      open = entry.attempt;
      all++;
      if (entry.cause === "takeover") takeovers++;
    } else if (entry.type === "attempt.end") {
      assert.equal(entry.attempt, open, "an attempt ends that is not open");
      open = null;
    } else if (entry.type === "delta") {
      assert.notEqual(open, null, `content at ${entry.seq} outside any attempt`);
    }
  }
  assert.equal(open, null, "an attempt without an end");
  return { all, takeovers };
}

async function entriesOf(url: string, stream: string): Promise<LogEntry[]> {
  const entries: LogEntry[] = [];
  for (let after = "0"; ;) {
    const response = await fetch(`${url}/v1/streams/${stream}/events?after=${after}`);
    assert.equal(response.status, 200);
    const page = (await response.json()) as { events: unknown[]; upToDate: boolean; next: string };
    after = page.next;
    entries.push(...page.events.map((event) => decodeEntry(event) as LogEntry));
    if (page.upToDate) return entries;
    assert(page.events.length > 0, "an empty page in the middle of the log");
  }
}

/** The next look. */
const LOOK_MS = 50;
const NOTHING = { streams: 0, sse: 0, ws: 0, sockets: 0 };

/** Resolves when no proxy writes a stream, has a viewer or a socket. */
export async function checkNothingOpen(urls: readonly string[]): Promise<void> {
  for (const url of urls) {
    const deadline = performance.now() + PATIENCE_MS;
    for (let open = await openAt(url); Object.values(open).some((count) => count !== 0); open = await openAt(url)) {
      if (performance.now() > deadline) assert.deepEqual(open, NOTHING, "something stayed open at the proxy");
      await delay(LOOK_MS);
    }
  }
}

/** How often the proxy at `url` went on with a stream of another since it runs. */
export const takeoversOf = async (url: string): Promise<number> =>
  (await scrapeOf(url)).value("ai_stream_takeovers_total") ?? Number.NaN;

/** Streams that the proxy at `url` writes now. */
export const streamsWrittenBy = async (url: string): Promise<number> => (await openAt(url)).streams;

async function openAt(url: string): Promise<typeof NOTHING> {
  const scrape = await scrapeOf(url);
  const value = (name: string, labels?: Record<string, string>) => scrape.value(name, labels) ?? Number.NaN;
  return {
    streams: value("ai_stream_streams_running"),
    sse: value("ai_stream_viewers", { transport: "sse" }),
    ws: value("ai_stream_viewers", { transport: "ws" }),
    sockets: value("ai_stream_sockets"),
  };
}

const scrapeOf = async (url: string) => parseScrape(await (await fetch(`${url}/metrics`)).text());
