/** What is judged without a path: what would take a wrong clock, an outage or a real certificate to see. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import type { Finding } from "../../../proxy/command/doctor/finding.ts";
import { judgeIdentity } from "../../../proxy/command/doctor/identity.ts";
import { judgeIdle } from "../../../proxy/command/doctor/idle.ts";
import { judgeProbe } from "../../../proxy/command/doctor/judge-probe.ts";
import { advice, behind } from "../../../proxy/command/doctor/middlebox.ts";
import { judgePage } from "../../../proxy/command/doctor/page.ts";
import type { Answer } from "../../../proxy/command/doctor/path.ts";
import type { ProbeReading } from "../../../proxy/command/doctor/read-probe.ts";
import { judgeUpgrade } from "../../../proxy/command/doctor/upgrade.ts";

const NOW = Date.UTC(2026, 0, 1);
const EVENTS = 9;
const EVERY_MS = 250;
const FACTS = { of: EVENTS, everyMs: EVERY_MS, version: "1.0.0", heartbeatMs: 15_000, http: "1.1", received: [] };
const HEADERS = { "content-type": "text/event-stream", "cache-control": "no-cache, no-transform" };
const ANSWER: Answer = { status: 200, httpVersion: "1.1", headers: {}, text: "", json: { agents: [] } };

/** Each event as long on its way as `lags` says, by clocks of which the proxy's is ahead by `skewMs`. */
function reading(lags: readonly number[], skewMs = 0, part: Partial<ProbeReading> = {}): ProbeReading {
  const events = lags.map((lag, probe) => {
    const sentAt = NOW + probe * EVERY_MS;
    return { probe, ts: sentAt + skewMs, at: sentAt + lag };
  });
  return {
    ...{
      status: 200,
      httpVersion: "1.1",
      headers: HEADERS,
      sent: [],
      refusal: null,
      broke: null,
      facts: FACTS,
      events,
    },
    ...{ askedAt: NOW - 10, endedAt: Math.max(NOW, ...events.map(({ at }) => at)) },
    ...part,
  };
}
const even = (ms: number): number[] => Array.from({ length: EVENTS }, () => ms);
const problemsOf = (findings: readonly Finding[]): string[] =>
  findings.flatMap(({ check, outcome, what }) => (outcome === "problem" ? [`${check}: ${what}`] : []));

suite("judgeProbe", () => {
  test("whatever a path takes evenly, and whatever the clocks say, is not buffering", () => {
    fc.assert(
      fc.property(
        fc.nat(5_000),
        fc.integer({ min: -1e9, max: 1e9 }),
        fc.array(fc.nat(250), { minLength: 9, maxLength: 9 }),
        (ms, skewMs, jitter) => {
          const findings = judgeProbe(
            reading(
              jitter.map((more) => ms + more),
              skewMs,
            ),
            ANSWER,
          );
          assert.ok(!problemsOf(findings).some((problem) => problem.startsWith("stream")));
        },
      ),
    );
  });

  test("a buffer that must fill first holds back the first events only", () => {
    const problems = problemsOf(judgeProbe(reading([1_000, 750, 500, 20, 20, 20, 20, 20, 20]), ANSWER));
    assert.deepEqual(problems, ["stream: buffered: the first 3 events were held back, up to 1.0 s"]);
  });

  test("a clock that is wrong by more than half a minute is told, either way; a slow path is no wrong clock", () => {
    assert.deepEqual(problemsOf(judgeProbe(reading(even(20), 90_000), ANSWER)), [
      "clock: the proxy's clock is 90.0 s ahead of this machine's",
    ]);
    assert.match(problemsOf(judgeProbe(reading(even(20), -90_000), ANSWER))[0]!, /^clock: .* 90\.0 s behind/);
    assert.deepEqual(problemsOf(judgeProbe(reading(even(9_000)), ANSWER)), []);
  });

  test("no stream at all, no event, and a proxy without the probe", () => {
    const html = { headers: { "content-type": "text/html", server: "cloudflare", "cf-ray": "1" }, facts: null };
    assert.match(
      problemsOf(judgeProbe(reading([], 0, html), ANSWER))[0]!,
      /^stream: .*Content-Type text\/html \(Cloudflare,/,
    );
    assert.deepEqual(problemsOf(judgeProbe(reading([], 0, { facts: null, broke: "aborted" }), ANSWER)), [
      "stream: no event came (aborted)",
    ]);
    for (const refusal of ["not_found", "rate_limited"]) {
      const [finding] = judgeProbe(reading([], 0, { status: 404, refusal, facts: null }), ANSWER);
      assert.equal(finding!.outcome, "skipped");
    }
  });
});

suite("other judgements", () => {
  test("silence that nobody ends is told apart from a cut", () => {
    const silent = reading([20], 0, { endedAt: NOW + 85_000, broke: "it never ended" });
    assert.match(judgeIdle(silent, 75_000).what, /^after 75\.0 s of silence nothing comes any more/);
    const cut = judgeIdle(reading([20], 0, { endedAt: NOW + 60_020 }), 75_000);
    assert.deepEqual(
      [cut.outcome, cut.what],
      ["ok", "a silent connection is cut after 60.0 s; heartbeats every 15.0 s prevent that"],
    );
    assert.equal(judgeIdle(reading([20], 0, { endedAt: NOW + 10_020 }), 75_000).outcome, "problem");
  });

  test("a proxy that is asked by a foreign name says what to pass on", () => {
    const error = { code: "forbidden", message: 'Host: found "x", expected a name of this machine' };
    const { outcome, todo } = judgeIdentity({ ...ANSWER, status: 403, json: { error } });
    assert.deepEqual(
      [outcome, todo],
      ["problem", "pass the name on that was asked for (nginx: proxy_set_header Host $host)"],
    );
  });

  test("a preflight that is answered on the way, or without the headers it must allow", () => {
    const page = { origin: "https://page.example", isOwnOrigin: false };
    const answer = { ...ANSWER, headers: { "access-control-allow-origin": page.origin } };
    assert.match(judgePage(page, { ...ANSWER, status: 405 }, answer).what, /^the preflight gets status 405$/);
    const preflight = { ...ANSWER, status: 204, headers: { "access-control-allow-headers": "content-type" } };
    assert.match(judgePage(page, preflight, answer).what, /authorization, idempotency-key, last-event-id$/);
  });

  test("a WebSocket that only lacks its access token came through; another close did not", () => {
    assert.equal(judgeUpgrade({ came: "close", code: 4541 }).outcome, "ok");
    assert.equal(judgeUpgrade({ came: "close", code: 1006 }).outcome, "problem");
    assert.match(judgeUpgrade({ came: "error", reason: "Server sent no subprotocol" }).what, /without its subprotocol/);
  });

  test("who is known is named with a setting of its own", () => {
    assert.equal(behind({}), "");
    assert.equal(behind({ via: "1.1 varnish" }), ' (Varnish, which says "1.1 varnish")');
    assert.match(advice({ server: "Apache/2.4" }, "stream"), /^Apache: .*flushpackets=on/);
    assert.match(advice({ server: "envoy" }, "upgrade"), /^Envoy: /);
    assert.match(advice({ server: "nobody-knows" }, "upgrade"), /docs\/operations\.md/);
  });
});
