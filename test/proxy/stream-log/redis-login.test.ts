/** A Redis store behind a password, a user's rights, or TLS. */
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createServer } from "node:tls";
import { isStreamError } from "../../../protocol/index.ts";
import { openRedisLog } from "../../../proxy/stream-log/redis-log.ts";
import { newStream } from "../../contracts/new-stream.ts";
import { startRedisServer, withoutRedis } from "../../fakes/redis-server.ts";
import type { RedisServer } from "../../fakes/redis-server.ts";

const PASSWORD = "p@ss:w/rd%";
const withoutOpenssl = spawnSync("openssl", ["version"]).status === 0 ? false : "no openssl on this machine";

describe("a Redis store that asks who we are", { skip: withoutRedis }, () => {
  let server: RedisServer;
  let host: string;
  before(async () => {
    server = await startRedisServer(["--requirepass", PASSWORD]);
    host = new URL(server.url).host;
  });
  after(() => server.close());

  const login = `:${encodeURIComponent(PASSWORD)}@`;
  const refuses = (word: string) => (thrown: unknown) => {
    assert.ok(isStreamError(thrown) && thrown.code === "storage_unavailable", String(thrown));
    assert.equal(thrown.message, `The Redis store refuses us at ${host}: ${word}`);
    return true;
  };

  test("is opened with the password of its URL, percent-encoded", async () => {
    const log = await openRedisLog(`redis://${login}${host}/0`);
    const { record } = await log.createStream(newStream());
    assert.equal((await log.findStream(record.id))?.id, record.id);
    await log.close();
  });

  test("says at once that the login is refused, or missing, and tells no password", async () => {
    await assert.rejects(openRedisLog(`redis://:wrong@${host}/0`), refuses("WRONGPASS"));
    await assert.rejects(openRedisLog(`redis://nobody:${encodeURIComponent(PASSWORD)}@${host}`), refuses("WRONGPASS"));
    await assert.rejects(openRedisLog(`redis://${host}/0`), refuses("NOAUTH"));
    await assert.rejects(openRedisLog(`redis://${login}${host}/99`), refuses("ERR"));
  });

  test("is opened over TLS by who trusts its certificate, and by nobody else", { skip: withoutOpenssl }, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "ai-stream-tls-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
    const pair = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-keyout", key, "-out", cert];
    execFileSync("openssl", ["req", "-x509", "-nodes", "-days", "2", ...pair, ...subject], { stdio: "ignore" });
    const open = new Set<Socket>();
    const front = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (client) => {
      const behind = connect(server.port, "127.0.0.1");
      for (const socket of [client, behind]) {
        open.add(socket);
        socket.on("error", () => {}).on("close", () => open.delete(socket));
      }
      client.pipe(behind).pipe(client);
    });
    front.listen(0, "localhost");
    await once(front, "listening");
    t.after(() => {
      for (const socket of open) socket.destroy();
      front.close();
    });
    const url = `rediss://${login}localhost:${(front.address() as AddressInfo).port}/0`;
    await assert.rejects(openRedisLog(url, { openMs: 300 }), /Cannot reach the Redis store at localhost/);
    // Trust is the process's own: `NODE_EXTRA_CA_CERTS`, read once, so another process asks.
    const program = `
      const { openRedisLog } = await import(${JSON.stringify(new URL("../../../proxy/stream-log/redis-log.ts", import.meta.url).href)});
      const log = await openRedisLog(${JSON.stringify(url)});
      await log.check();
      await log.close();`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
      env: { ...process.env, NODE_EXTRA_CA_CERTS: cert },
      stdio: ["ignore", "ignore", "inherit"],
    });
    assert.deepEqual(await once(child, "exit"), [0, null]);
  });
});
