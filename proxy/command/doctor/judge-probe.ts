/** What a read probe says of the path: held back, cut, compressed, stripped, old HTTP, a wrong clock. Pure. */
import { ok, problem, secondsOf, skipped } from "./finding.ts";
import type { Finding } from "./finding.ts";
import { advice, behind } from "./middlebox.ts";
import type { Answer } from "./path.ts";
import type { ArrivedEvent, ProbeReading } from "./read-probe.ts";

/** Events that come later than the quickest by more than this were held: a reader sees it as a jerk. */
const HELD_MS = 300;
/** Events that came within this came as one. */
const TOGETHER_MS = 50;
/** Access tokens live for minutes; a clock that is wrong by more than this is noticed in them. */
const SKEW_MS = 30_000;

/** @param answer an ordinary one, to see how connections are kept */
export function judgeProbe(reading: ProbeReading, answer: Answer): Finding[] {
  const unread = judgeAnswer(reading);
  if (unread !== null) return [unread];
  return [
    judgeArrivals(reading),
    judgeCompression(reading),
    judgeHeaders(reading),
    judgeHttp(reading, answer),
    judgeClock(reading),
  ];
}

/** Why there is nothing to judge; null where there is. */
export function judgeAnswer({ status, headers, refusal, facts, events, broke }: ProbeReading): Finding | null {
  if (refusal === "rate_limited") return skipped("stream", "too many probes at once: ask again in two seconds");
  if (refusal === "not_found") return skipped("stream", "the proxy is older than this command and has no /v1/probe");
  const type = headers["content-type"] ?? "nothing";
  if (status !== 200 || !type.startsWith("text/event-stream")) {
    const what = `an event stream gets status ${status} and Content-Type ${type}${behind(headers)}`;
    return problem("stream", what, "let event streams of /v1/ through as they are");
  }
  if (facts !== null || events.length > 0) return null;
  const what = `no event came${broke === null ? "" : ` (${broke})`}${behind(headers)}`;
  return problem("stream", what, advice(headers, "stream"));
}

export function judgeArrivals({ headers, facts, events, broke }: ProbeReading): Finding {
  const expected = facts?.of ?? 0;
  const remedy = advice(headers, "stream");
  const lags = lagsOf(events);
  const worst = Math.max(...lags);
  const who = behind(headers);
  const isWhole = events.length === expected;
  if (isWhole && worst <= HELD_MS) {
    return ok("stream", `${expected} events, none held back for more than ${Math.round(worst)} ms`);
  }
  if (!isWhole && worst <= HELD_MS) {
    const why = broke === null ? "" : ` (${broke})`;
    const what = `the connection ended after ${events.length} of ${expected} events${why}${who}`;
    return problem("stream", what, "raise the time a response may take in what stands between");
  }
  const pieces = piecesOf(events);
  const held = lags.filter((lag) => lag > HELD_MS).length;
  if (pieces === 1) {
    return problem(
      "stream",
      `buffered: all ${events.length} events came at once, the first ${secondsOf(worst)} late${who}`,
      remedy,
    );
  }
  if (lags.slice(0, held).every((lag) => lag > HELD_MS)) {
    return problem(
      "stream",
      `buffered: the first ${held} events were held back, up to ${secondsOf(worst)}${who}`,
      remedy,
    );
  }
  return problem(
    "stream",
    `buffered: ${events.length} events came in ${pieces} pieces, up to ${secondsOf(worst)} late${who}`,
    remedy,
  );
}

/** By how much each came later than the quickest: their clocks may differ, so only differences count. */
function lagsOf(events: readonly ArrivedEvent[]): readonly number[] {
  const taken = events.map(({ at, ts }) => at - ts);
  const quickest = Math.min(...taken);
  return taken.map((ms) => ms - quickest);
}

const piecesOf = (events: readonly ArrivedEvent[]): number =>
  events.filter(({ at }, index) => index === 0 || at - events[index - 1]!.at > TOGETHER_MS).length;

function judgeCompression({ headers }: ProbeReading): Finding {
  const encoding = headers["content-encoding"] ?? "identity";
  if (encoding === "identity") return ok("compression", "streams are not compressed");
  const what = `streams are compressed (${encoding}) in spite of no-transform${behind(headers)}`;
  return problem("compression", what, advice(headers, "stream"));
}

function judgeHeaders({ headers, facts, sent }: ProbeReading): Finding {
  const received = facts?.received ?? [];
  const lost = facts === null ? [] : sent.filter((name) => !received.includes(name));
  const isRewritten = !(headers["cache-control"] ?? "").includes("no-transform");
  if (lost.length === 0 && !isRewritten) return ok("headers", "arrive as they were sent");
  const parts = [
    ...(lost.length === 0 ? [] : [`of the request, ${lost.join(" and ")} did not arrive`]),
    ...(isRewritten ? ["of the response, Cache-Control: no-transform did not arrive"] : []),
  ];
  return problem("headers", `${parts.join("; ")}${behind(headers)}`, "pass all headers of /v1/ on unchanged");
}

function judgeHttp({ headers, facts }: ProbeReading, answer: Answer): Finding {
  const last = facts?.http ?? "1.1";
  if (answer.httpVersion === "1.0" || last === "1.0") {
    const where = last === "1.0" ? "the proxy is reached" : "the first hop answers";
    return problem(
      "http",
      `${where} over HTTP/1.0: no upgrades, a connection for each request${behind(headers)}`,
      "nginx: proxy_http_version 1.1",
    );
  }
  if (/close/i.test(answer.headers.connection ?? "")) {
    return problem(
      "http",
      `connections are closed after each answer${behind(answer.headers)}`,
      "switch keep-alive on in what stands between",
    );
  }
  return ok("http", `HTTP/${answer.httpVersion} with connections kept, HTTP/${last} at the proxy`);
}

/** The quickest event was written at most so long ago as it was asked for. */
function judgeClock({ askedAt, events }: ProbeReading): Finding {
  const quickest = events.reduce((one, other) => (other.at - other.ts < one.at - one.ts ? other : one));
  const early = askedAt - quickest.ts;
  const late = quickest.ts - quickest.at;
  const skewMs = Math.max(early, late);
  if (skewMs <= SKEW_MS) return ok("clock", "agrees with this machine's");
  const what = `the proxy's clock is ${secondsOf(skewMs)} ${late > 0 ? "ahead of" : "behind"} this machine's`;
  return problem("clock", what, "synchronise both (NTP): access tokens end by the clock");
}
