/** The doctor on real paths: each middlebox is named for what it does, and a clean path has no finding. */
import assert from "node:assert/strict";
import { connect, createServer } from "node:net";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { after, before, suite, test } from "node:test";
import { examine } from "../../../proxy/command/doctor.ts";
import type { Finding } from "../../../proxy/command/doctor/finding.ts";
import { Path } from "../../../proxy/command/doctor/path.ts";
import { fakeProvider } from "../../fakes/fake-provider.ts";
import { openMiddlebox } from "../../fakes/middlebox.ts";
import type { Misbehaviour } from "../../fakes/middlebox.ts";
import { runProxy } from "../../fakes/running-proxy.ts";
import type { RunningProxy } from "../../fakes/running-proxy.ts";

const PAGE = "https://page.example";

interface Examination {
  readonly origin?: string;
  readonly idleMs?: number;
  readonly accessToken?: string;
}

async function findingsAt(url: string, { origin, idleMs, accessToken }: Examination = {}): Promise<Finding[]> {
  const path = new Path(new URL(url), origin ?? null, accessToken ?? null);
  const findings: Finding[] = [];
  try {
    for await (const finding of examine({ path, idleMs: idleMs ?? null })) findings.push(finding);
    return findings;
  } finally {
    path.close();
  }
}

/** `check: what` of each problem. */
const problemsOf = (findings: readonly Finding[]): string[] =>
  findings.flatMap(({ check, outcome, what }) => (outcome === "problem" ? [`${check}: ${what}`] : []));

// Fewer at once than the proxy has room for probes.
suite("ai-stream doctor", { concurrency: 8 }, () => {
  let proxy: RunningProxy;
  before(async () => {
    proxy = await runProxy([fakeProvider("p")], { access: { origins: [PAGE] }, delivery: { heartbeatMs: 500 } });
  });
  after(() => proxy.close());

  /** What is found through a middlebox that misbehaves so. */
  async function through(how: Misbehaviour, examination?: Examination): Promise<Finding[]> {
    await using box = await openMiddlebox(proxy.url, how);
    return await findingsAt(box.url, examination);
  }

  test("a clean path has no problem, with and without a well-behaved proxy server", async () => {
    const [direct, behind] = await Promise.all([
      findingsAt(proxy.url, { idleMs: 700 }),
      through({ server: "nginx" }, { origin: PAGE }),
    ]);
    assert.deepEqual(problemsOf(direct), []);
    assert.deepEqual(
      direct.map(({ check, outcome }) => `${check} ${outcome}`),
      [
        "dns",
        "tcp",
        "tls",
        "proxy",
        "ready",
        "origin",
        "stream",
        "compression",
        "headers",
        "http",
        "clock",
        "websocket",
        "idle",
      ].map((check) => `${check} ok`),
    );
    assert.deepEqual(problemsOf(behind), []);
  });

  test("one that buffers whole responses", async () => {
    const findings = await through({ holds: "all", server: "nginx/1.29.4" });
    const [problem, ...others] = findings.filter(({ outcome }) => outcome === "problem");
    assert.deepEqual(others, []);
    assert.equal(problem!.check, "stream");
    assert.match(
      problem!.what,
      /^buffered: all 9 events came at once, the first \d\.\d s late \(nginx, which says "nginx\/1\.29\.4"\)$/,
    );
    assert.match(problem!.todo!, /^nginx: proxy_buffering off/);
  });

  test("one that passes on pieces of a size", async () => {
    const [problem, ...others] = problemsOf(await through({ holds: { bytes: 150 } }));
    assert.deepEqual(others, []);
    assert.match(problem!, /^stream: buffered: 9 events came in \d pieces, up to \d\.\d s late$/);
  });

  test("one that cuts long responses", async () => {
    const [problem, ...others] = problemsOf(await through({ cutsBytes: 250 }));
    assert.deepEqual(others, []);
    assert.match(problem!, /^stream: the connection ended after \d of 9 events$/);
  });

  test("one that compresses in spite of no-transform, and so holds back too", async () => {
    const problems = problemsOf(await through({ gzips: true }));
    assert.match(
      problems.join("\n"),
      /^stream: buffered: all 9 events came at once, .*\ncompression: streams are compressed \(gzip\) in spite of no-transform$/,
    );
  });

  test("one that refuses upgrades", async () => {
    const [problem, ...others] = problemsOf(await through({ upgrades: "refused", server: "corp-gate" }));
    assert.deepEqual(others, []);
    assert.equal(
      problem,
      'websocket: the upgrade is answered with status 403 (which says "corp-gate"): readers fall back to server-sent events',
    );
  });

  test("one that does not pass upgrades on as such", async () => {
    assert.deepEqual(problemsOf(await through({ upgrades: "ignored" })), [
      "websocket: the upgrade arrives as an ordinary request: readers fall back to server-sent events",
    ]);
  });

  test("one that takes the subprotocol away", async () => {
    assert.deepEqual(problemsOf(await through({ upgrades: "no subprotocol" })), [
      "websocket: the upgrade arrives without its subprotocol",
    ]);
  });

  test("one that accepts upgrades and passes no frames on", async () => {
    assert.deepEqual(problemsOf(await through({ upgrades: "swallowed" })), [
      "websocket: the upgrade is accepted, but frames do not come through",
    ]);
  });

  test("one that cuts silent connections before a heartbeat can come", async () => {
    const [problem, ...others] = problemsOf(await through({ cutsIdleMs: 350 }, { idleMs: 2_000 }));
    assert.deepEqual(others, []);
    assert.match(problem!, /^idle: a silent connection is cut after 0\.\d s$/);
  });

  test("one that cuts silent connections only later than heartbeats come is told, and no problem", async () => {
    const findings = await through({ cutsIdleMs: 1_000 }, { idleMs: 3_000 });
    assert.deepEqual(problemsOf(findings), []);
    assert.match(
      findings.at(-1)!.what,
      /^a silent connection is cut after 1\.\d s; heartbeats every 0\.5 s prevent that$/,
    );
  });

  test("one that strips headers, each way", async () => {
    assert.deepEqual(problemsOf(await through({ strips: ["last-event-id", "cache-control"] })), [
      "headers: of the request, last-event-id did not arrive; of the response, Cache-Control: no-transform did not arrive",
    ]);
  });

  test("one that adds CORS headers of its own, and one that takes them away", async () => {
    const adds = { "access-control-allow-origin": "https://other.example" };
    assert.deepEqual(problemsOf(await through({ adds }, { origin: PAGE })), [
      'origin: Access-Control-Allow-Origin says "https://other.example" on the way',
    ]);
    assert.deepEqual(problemsOf(await through({ strips: ["access-control-allow-origin"] }, { origin: PAGE })), [
      "origin: Access-Control-Allow-Origin is taken away on the way",
    ]);
  });

  test("one that tells the proxy another name: its own pages are refused", async () => {
    const [problem, ...others] = problemsOf(await through({ host: "localhost:1" }));
    assert.deepEqual(others, []);
    assert.match(problem!, /^origin: its own page is refused: Origin: found "http:\/\/127\.0\.0\.1:\d+"/);
  });

  test("an origin that is not listed is told as that, and the path is looked at all the same", async () => {
    const findings = await findingsAt(proxy.url, { origin: "https://elsewhere.example" });
    const [problem, ...others] = findings.filter(({ outcome }) => outcome === "problem");
    assert.deepEqual([problem!.check, others], ["origin", []]);
    assert.equal(problem!.todo, 'add "https://elsewhere.example" to access.origins');
    assert.ok(findings.some(({ check, outcome }) => check === "websocket" && outcome === "ok"));
  });

  test("a login page, by its title or where it leads, and nothing after it", async () => {
    const page = await through({
      answers: (_asked, answer) =>
        void answer.writeHead(200, { "content-type": "text/html" }).end("<title>Sign in</title>"),
    });
    const redirect = await through({
      answers: (_asked, answer) =>
        void answer.writeHead(302, { location: "https://login.example/in?state=secret" }).end(),
    });
    assert.deepEqual(problemsOf(page), ['proxy: the web page "Sign in" answers instead of the proxy, with status 200']);
    assert.deepEqual(problemsOf(redirect), ["proxy: redirected to https://login.example/in"]);
    assert.equal(page.at(-1)!.check, "proxy");
  });

  test("a proxy server that does not reach the proxy, and one that closes each connection", async () => {
    const lost = await through({
      answers: (_asked, answer) => void answer.writeHead(502).end("Bad Gateway"),
      server: "x",
    });
    assert.deepEqual(problemsOf(lost), ["proxy: status 502 from what stands before the proxy"]);
    assert.deepEqual(problemsOf(await through({ adds: { connection: "close" } })), [
      "http: connections are closed after each answer",
    ]);
  });

  test("a hop that speaks HTTP/1.0 to the proxy", async () => {
    const relay = createServer((client) => {
      const upstream = connect(Number(new URL(proxy.url).port), "127.0.0.1");
      for (const socket of [client, upstream]) socket.on("error", () => {});
      client.on("data", (bytes) =>
        upstream.write(bytes.toString("latin1").replace(/ HTTP\/1\.1\r\n/, " HTTP/1.0\r\n"), "latin1"),
      );
      client.on("close", () => upstream.destroy());
      upstream.pipe(client);
    }).listen(0, "127.0.0.1");
    await once(relay, "listening");
    try {
      const problems = problemsOf(await findingsAt(`http://127.0.0.1:${(relay.address() as AddressInfo).port}`));
      assert.equal(problems[0], "http: the proxy is reached over HTTP/1.0: no upgrades, a connection for each request");
    } finally {
      relay.close();
    }
  });

  test("nobody there, no such name, no TLS, no proxy", async () => {
    const closed = createServer().listen(0, "127.0.0.1");
    await once(closed, "listening");
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    assert.match(problemsOf(await findingsAt(`http://127.0.0.1:${port}`))[0]!, /^tcp: .*ECONNREFUSED/);
    assert.match(problemsOf(await findingsAt("http://proxy.invalid"))[0]!, /^dns: proxy\.invalid does not resolve/);
    const encrypted = await findingsAt(proxy.url.replace("http:", "https:"));
    assert.match(problemsOf(encrypted)[0]!, /^tls: no trusted encryption/);
    assert.match(encrypted.at(-1)!.todo!, /http:\/\//);
    const other = await through({
      answers: (_asked, answer) => void answer.writeHead(200, { "content-type": "application/json" }).end("{}"),
    });
    assert.deepEqual(problemsOf(other), ["proxy: status 200, and not in the proxy's words"]);
  });
});
