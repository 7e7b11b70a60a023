import assert from "node:assert/strict";
import { beforeEach, mock, suite, test } from "node:test";
import type { ErrorCode } from "../../../protocol/index.ts";
import { Router } from "../../../proxy/route/router.ts";
import { counted, fail, failure, open, refused, succeed, taken, target } from "./routing.ts";

const NOW = Date.UTC(2026, 0, 1);

suite("Router", () => {
  beforeEach(() => {
    mock.timers.reset();
    mock.timers.enable({ apis: ["Date"], now: NOW });
  });

  const trip = async (router: Router, targets: ReturnType<typeof target>[], code: ErrorCode = "provider_error") => {
    const passages = Array.from({ length: 5 }, () => taken(open(router, targets)));
    for (const passage of passages) passage.end({ error: failure(code), outputTokens: 0 });
    await counted();
  };

  test("opens for one target, which others stand in for; its state is told", async () => {
    const router = new Router();
    const targets = [target("a/m", { keys: ["secret"] }), target("b/m")];
    await trip(router, targets);
    const { target: where, note } = taken(open(router, targets));
    assert.equal(where.id, "b/m");
    assert.deepEqual(note.skipped, [{ target: "a/m", why: "circuit open for 15 s" }]);
    const [state] = router.states();
    assert.deepEqual(state, {
      provider: "a",
      model: "m",
      key: "#1",
      circuit: "open",
      openUntil: NOW + 15_000,
    });
    assert.equal(JSON.stringify(router.states()).includes("secret"), false);
  });

  test("with nobody else, the error says when to come back; streams wait for a call out of turn", async () => {
    const router = new Router({ random: () => 0 });
    const targets = [target("a/m")];
    const begun = open(router, targets);
    const passage = taken(begun);
    await trip(router, targets);
    const fresh = open(router, targets);
    const error = refused(fresh);
    assert.deepEqual([error.code, error.retryAfterMs], ["circuit_open", 15_000]);
    assert.equal(fresh.retry({ error, content: false }), 2_000);
    assert.equal(fail(begun, passage, "provider_error"), 2_000);
  });

  test("with nobody else, a call out of turn every two seconds finds out whether it has come back", async () => {
    const router = new Router();
    const targets = [target("a/m")];
    await trip(router, targets);
    for (let round = 0; round < 3; round++) {
      assert.equal(refused(open(router, targets)).code, "circuit_open");
      mock.timers.tick(2_000);
      const probe = taken(open(router, targets));
      assert.equal(refused(open(router, targets)).code, "circuit_open");
      probe.end({ error: failure("provider_error"), outputTokens: 0 });
      await counted();
    }
    mock.timers.tick(2_000);
    taken(open(router, targets)).firstContent();
    await counted();
    assert.equal(router.states()[0]?.circuit, "closed");
  });

  test("a probe closes it with its first content, however long the answer is", async () => {
    const router = new Router();
    const targets = [target("a/m")];
    await trip(router, targets);
    mock.timers.tick(15_000);
    const probe = taken(open(router, targets));
    assert.equal(refused(open(router, targets)).code, "circuit_open");
    probe.firstContent();
    await counted();
    taken(open(router, targets));
  });

  test("an own abort of the probe lets the next one try", async () => {
    const router = new Router();
    const targets = [target("a/m")];
    await trip(router, targets);
    mock.timers.tick(15_000);
    taken(open(router, targets)).end({ error: failure("cancelled"), outputTokens: 0 });
    await counted();
    taken(open(router, targets));
    assert.equal(refused(open(router, targets)).code, "circuit_open");
  });

  test("own aborts, limits, refusals and mistakes of the request never open it", async () => {
    const codes = [
      "cancelled",
      "provider_invalid_request",
      "context_overflow",
      "budget_exhausted",
      "total_timeout",
      "provider_rate_limited",
      "provider_auth",
      "provider_quota",
      "provider_not_found",
    ] as const;
    for (const code of codes) {
      const router = new Router();
      const targets = [target("a/m")];
      for (let round = 0; round < 4; round++) {
        await trip(router, targets, code);
        // Past every rest of whoever was limited or refused.
        mock.timers.tick(300_000);
      }
      assert.equal(router.states()[0]?.circuit, "closed", code);
    }
  });

  test("whatever users feel opens it", async () => {
    const codes = [
      "provider_overloaded",
      "provider_error",
      "connect_timeout",
      "first_token_timeout",
      "idle_timeout",
      "upstream_truncated",
      "upstream_protocol",
    ] as const;
    for (const code of codes) {
      const router = new Router();
      await trip(router, [target("a/m")], code);
      assert.equal(router.states()[0]?.circuit, "open", code);
    }
  });

  test("answers that begin later than asked for open it", async () => {
    const router = new Router();
    const targets = [target("a/m")];
    const passages = Array.from({ length: 5 }, () => taken(open(router, targets, { lateAfterMs: 800 })));
    mock.timers.tick(801);
    for (const passage of passages) succeed(passage);
    await counted();
    assert.equal(router.states()[0]?.circuit, "open");
  });

  test("one key's circuit does not stop another key, one model's not another model", async () => {
    const router = new Router();
    const keyed = target("a/m", { keys: ["k1", "k2"] });
    for (let call = 0; call < 10; call++) {
      const passage = taken(open(router, [keyed]));
      if (passage.key?.id === "#1") passage.end({ error: failure("provider_error"), outputTokens: 0 });
      else succeed(passage);
    }
    await counted();
    assert.deepEqual(
      router.states().map(({ key, circuit }) => [key, circuit]),
      [
        ["#1", "open"],
        ["#2", "closed"],
      ],
    );
    for (let call = 0; call < 3; call++) assert.equal(taken(open(router, [keyed])).key?.id, "#2");
    taken(open(router, [target("a/other")]));
  });

  test("what another replica found open is asked last, not refused", async () => {
    const published: [string, number][] = [];
    const there = new Router({ hints: { publish: (lane, until) => void published.push([lane, until]) } });
    const here = new Router();
    const targets = [target("a/m", { region: "eu", keys: ["k"] }), target("b/m")];
    await trip(there, targets);
    assert.deepEqual(published, [["a/m@eu#1", NOW + 15_000]]);
    here.hinted(...published[0]!);
    const { target: where, note } = taken(open(here, targets));
    assert.equal(where.id, "b/m");
    assert.match(note.skipped[0]!.why, /another replica/);
    assert.equal(taken(open(here, targets.slice(0, 1))).target.id, "a/m");
    mock.timers.tick(15_000);
    assert.equal(taken(open(here, targets)).target.id, "a/m");
  });

  test("names of models from pages do not fill the memory", () => {
    const router = new Router();
    for (let call = 0; call < 1_500; call++) succeed(taken(open(router, [target(`a/m${call}`)])));
    assert.equal(router.states().length, 1_000);
  });
});
