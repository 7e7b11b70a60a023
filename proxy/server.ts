/** The composition root: builds the parts from a configuration, starts them in order, drains them in reverse. */
import type { AddressInfo } from "node:net";
import type { FastifyRequest } from "fastify";
import { CLOSE, StreamError } from "../protocol/index.ts";
import { Agents } from "./agents.ts";
import { isOpen } from "./config.ts";
import type { Config } from "./config-schema.ts";
import { Heartbeat } from "./delivery/heartbeat.ts";
import { registerDemoFaults } from "./demo-faults.ts";
import { bearer } from "./guard/access-token.ts";
import { checkOperator, isOperator } from "./guard/operator.ts";
import { checkOrigin } from "./guard/origin.ts";
import { admitAnonymous, identify } from "./guard/visitors.ts";
import { logCircuit, logFailedAttempt } from "./observe/failure-log.ts";
import { registerHealth } from "./observe/health.ts";
import { KnownNames } from "./observe/known-names.ts";
import type { Lanes } from "./observe/lane-state.ts";
import { Metrics } from "./observe/metrics.ts";
import { registerMetrics } from "./observe/metrics-route.ts";
import { createHttpServer } from "./http-server.ts";
import type { Logger } from "./observe/logger.ts";
import { logAnswer, openMoney, warnOfMoney } from "./money.ts";
import { isDemoProvider } from "./provider/demo.ts";
import { createProviders } from "./providers.ts";
import type { Providers } from "./providers.ts";
import { PumpRegistry } from "./pump/pump-registry.ts";
import { closeOrphans } from "./pump/recover.ts";
import { registerReceipts } from "./receipt-route.ts";
import { registerRoutes } from "./routes.ts";
import { registerStaticFiles } from "./static-files.ts";
import { startRetention } from "./stream-log/retention.ts";
import { NANO_PER_USD } from "./stream-log/ledger.ts";
import { openSqliteLog } from "./stream-log/sqlite-log.ts";
import { loadPriceTable } from "./route/price.ts";
import { Router } from "./route/router.ts";
import { Streams } from "./streams.ts";
import { sellerOf, Targets } from "./targets.ts";
import { attachWsServer } from "./ws-server.ts";

export interface Listening {
  readonly host: string;
  readonly port: number;
  /** `http://HOST:PORT` */
  readonly url: string;
}

export interface Proxy {
  /** @throws {Error} when the address cannot be listened on. */
  listen(): Promise<Listening>;
  /** Refuses new streams, lets running ones finish for at most `graceMs`, then closes everything. */
  close(graceMs?: number): Promise<void>;
}

/** Until orchestrators commonly kill: running answers may finish within this. */
const DRAIN_MS = 25_000;

/**
 * Opens the store and ends what an earlier process left unfinished. The proxy owns `providers` and closes them.
 * @throws {StreamError} `storage_unavailable`
 */
export async function startProxy(
  config: Config,
  logger: Logger,
  providers: Providers = createProviders(config.providers),
): Promise<Proxy> {
  const log = openSqliteLog(config.store.slice("sqlite:".length));
  const isSold = Object.values(config.providers).some((provider) => sellerOf(provider) !== null);
  const prices = isSold ? await loadPriceTable() : null;
  const router = new Router({ breaker: config.resilience.breaker, onCircuit: logCircuit(logger) });
  const targets = new Targets(config, providers.byName, prices);
  warnOfMoney(config, targets, logger);
  const money = await openMoney(config, log, targets);
  const orphans = await closeOrphans(log, config.backpressure, money.orphans);
  if (orphans > 0) logger.warn({ streams: orphans }, "streams of an earlier process were ended as interrupted");
  const agents = new Agents(config, targets, router, (agent, stream, tool, err) =>
    logger.warn({ agent, stream, tool, err }, "a tool failed"),
  );
  const live = new Set<(code: number, reason: string) => void>();
  const names = new KnownNames(config);
  const lanes: Lanes = () => router.states();
  const metrics = new Metrics({
    names,
    lanes,
    running: () => pumps.size,
    viewers: () => ({ sse: live.size, ws: sockets.viewers }),
    sockets: () => sockets.size,
    async spentUsd() {
      const { spent, reserved } = await money.treasury.today();
      return (spent + reserved) / NANO_PER_USD;
    },
    onFailedAttempt: logFailedAttempt(logger),
  });
  const pumps = new PumpRegistry(
    {
      ...{ log, marks: config.backpressure, totalMs: config.resilience.totalMs, commits: metrics.commits },
      ...{ sign: (receipt) => money.signer.sign(receipt), onEnd: (receipt) => logAnswer(logger, receipt) },
    },
    (stream, error) => logger.error({ stream, err: error }, "a stream could not be written to its end"),
    (tail) => metrics.follow(tail),
  );
  const streams = new Streams(log, pumps, agents, money.treasury, config.limits.toolResultChars);
  const heartbeat = new Heartbeat(config.delivery.heartbeatMs);
  const stopRetention = startRetention(log, config.retention, logger);

  const open = isOpen(config);
  const origins = { origins: config.access.origins, loopbackOnly: open };
  const visitors = { secret: open ? null : config.access.secret!, anonymous: config.access.anonymous };
  const bodyBytes = config.limits.requestBytes + Math.ceil((config.limits.attachmentsBytes * 4) / 3);

  const ownerOf = ({ headers }: Pick<FastifyRequest, "headers">) =>
    identify(bearer(headers.authorization), headers.origin, visitors);
  const app = createHttpServer({ bodyBytes: config.limits.requestBytes, origins, logger });
  registerRoutes(app, {
    streams,
    log,
    agents,
    limits: config.limits,
    bodyBytes,
    live,
    sse: { heartbeat, rotateMs: config.delivery.rotateMs },
    ownerOf,
    callerOf: (request) => money.callerOf(request.raw, ownerOf(request)),
  });
  registerReceipts(app, { streams, log, agents, signer: money.signer, ownerOf });
  app.post("/v1/visitors", (request, reply) => {
    const { authorization, origin } = request.headers;
    return reply.code(201).send(admitAnonymous(bearer(authorization), origin, visitors));
  });
  registerHealth(app, {
    log,
    providers: providers.byName,
    names,
    lanes,
    isOperator: (request) => isOperator(request, visitors),
    isDraining: () => draining,
  });
  registerMetrics(app, metrics, (request) => checkOperator(request, visitors));
  registerStaticFiles(app);
  const demos = [...providers.byName.values()].filter(isDemoProvider);
  if (open && demos.length > 0) registerDemoFaults(app, demos);
  const sockets = attachWsServer(app.server, {
    admit: (request) => void checkOrigin(request, origins),
    serviceFor: (request) => ({
      identify: (accessToken) => identify(accessToken, request.headers.origin, visitors),
      start: (asked, owner) => streams.start(asked, money.callerOf(request, owner)),
      attach: streams.attach.bind(streams),
      cancel: streams.cancel.bind(streams),
      answerTool: streams.answerTool.bind(streams),
    }),
    options: { ...config.delivery, heartbeat, limits: config.limits },
  });

  let draining = false;

  return {
    async listen() {
      await app.listen({ host: config.host, port: config.port });
      const { port } = app.server.address() as AddressInfo;
      const host = config.host.includes(":") ? `[${config.host}]` : config.host;
      return { host: config.host, port, url: `http://${host}:${port}` };
    },

    async close(graceMs = DRAIN_MS) {
      draining = true;
      streams.drain();
      stopRetention();
      const deadline = setTimeout(
        () => void pumps.stopAll(new StreamError("draining", "The proxy was shut down")),
        graceMs,
      );
      await pumps.idle();
      clearTimeout(deadline);
      for (const bye of live) bye(CLOSE.draining, "the proxy is shutting down");
      sockets.bye(CLOSE.draining, "the proxy is shutting down");
      heartbeat.close();
      metrics.close();
      await app.close();
      await providers.close();
      await log.close();
    },
  };
}
