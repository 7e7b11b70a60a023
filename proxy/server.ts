/** The composition root: builds the parts from a configuration, starts them in order, drains them in reverse. */
import type { AddressInfo } from "node:net";
import type { FastifyRequest } from "fastify";
import { CLOSE } from "../protocol/index.ts";
import type { StatusNote } from "../protocol/index.ts";
import { Agents } from "./agents.ts";
import { SharedCircuits } from "./shared-circuits.ts";
import { isOpen } from "./config.ts";
import type { Config } from "./config-schema.ts";
import { Heartbeat } from "./delivery/heartbeat.ts";
import type { Bye } from "./delivery/sse-delivery.ts";
import { registerDemoFaults } from "./demo-faults.ts";
import { bearer } from "./guard/access-token.ts";
import { Admission } from "./guard/admission.ts";
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
import { LeaseKeeper } from "./pump/lease-keeper.ts";
import { LoadProbe } from "./pump/load-probe.ts";
import { Load } from "./pump/load.ts";
import { SharedFlush } from "./pump/shared-flush.ts";
import { registerProbe } from "./probe-route.ts";
import { registerReceipts } from "./receipt-route.ts";
import { mintId } from "./ids.ts";
import { LiveStreams } from "./live-streams.ts";
import { Followers } from "./stream-log/followers.ts";
import { registerRoutes } from "./routes.ts";
import { registerStaticFiles } from "./static-files.ts";
import { startRetention } from "./stream-log/retention.ts";
import { NANO_PER_USD } from "./stream-log/ledger.ts";
import { openLog } from "./stream-log/open-log.ts";
import { loadPriceTable } from "./route/price.ts";
import { Router } from "./route/router.ts";
import { Streams } from "./streams.ts";
import { sellerOf, Targets } from "./targets.ts";
import { VisitLimits } from "./visit-limits.ts";
import { attachWsServer } from "./ws-server.ts";

/** Milliseconds: another process is there at once, or this one again soon; a thousand readers come back over two seconds. */
const COME_BACK_MS = 250;
const PER_READER_MS = 2;
const LONGEST_COME_BACK_MS = 10_000;

/** Milliseconds in which a reader who is there answers a goodbye. */
const LEAVE_MS = 1_000;

/** When readers are asked to come back: each at another time, so that they are no stampede. */
const comeBackOf = (readers: number) => () =>
  Math.round(COME_BACK_MS + Math.random() * Math.min(LONGEST_COME_BACK_MS, COME_BACK_MS + readers * PER_READER_MS));

export interface Listening {
  readonly host: string;
  readonly port: number;
  /** `http://HOST:PORT` */
  readonly url: string;
}

export interface Proxy {
  /** @throws {Error} when the address cannot be listened on. */
  listen(): Promise<Listening>;
  /**
   * Refuses new streams, lets running ones finish for at most `graceMs`, then hands them over and closes everything.
   * @param graceMs `resilience.drainMs` if absent
   */
  close(graceMs?: number): Promise<void>;
}

/**
 * Opens the store and ends what an earlier process left unfinished. The proxy owns `providers` and closes them.
 * @throws {StreamError} `storage_unavailable`
 */
export async function startProxy(
  config: Config,
  logger: Logger,
  providers: Providers = createProviders(config.providers),
): Promise<Proxy> {
  const log = await openLog(config.store, {
    ...config.retention,
    onWait: () => logger.warn("another process uses the store: waiting until it ends"),
    onError: (err) => logger.warn({ err }, "the connection to the store was lost"),
  });
  const isSold = Object.values(config.providers).some((provider) => sellerOf(provider) !== null);
  const prices = isSold ? await loadPriceTable() : null;
  const hints = new SharedCircuits(log);
  const router = new Router({ breaker: config.resilience.breaker, hints, onCircuit: logCircuit(logger) });
  hints.start(router);
  const targets = new Targets(config, providers.byName, prices);
  warnOfMoney(config, targets, logger);
  const money = await openMoney(config, log, targets);
  const agents = new Agents(config, targets, router, (agent, stream, tool, err) =>
    logger.warn({ agent, stream, tool, err }, "a tool failed"),
  );
  const responses = new Set<Bye>();
  const names = new KnownNames(config);
  const lanes: Lanes = () => router.states();
  const load = new Load(config.backpressure.flushMs);
  const probe = new LoadProbe(load, () => metrics.commits.progress);
  const metrics = new Metrics({
    load,
    onCommit: (ms) => probe.committed(ms),
    names,
    lanes,
    running: () => pumps.size,
    viewers: () => ({ sse: responses.size, ws: sockets.viewers }),
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
      flush: new SharedFlush(load),
      ...{ sign: (receipt) => money.signer.sign(receipt), onEnd: (receipt) => logAnswer(logger, receipt) },
    },
    {
      onFailure({ record: { id, term } }, err) {
        logger.error({ stream: id, err }, "a stream could not be written to its end");
        // Whoever looks next goes on with it; where that cannot be said either, its lease runs out.
        log.release(id, term).catch(() => {});
      },
      onStart(tail) {
        const { id } = tail.record;
        const unfollow = metrics.follow(tail);
        const tell = { committed: () => {}, noted: (note: StatusNote) => void log.tell(id, note).catch(() => {}) };
        const mute = log.isShared ? tail.listen(tell) : undefined;
        keeper.hold(id);
        return () => {
          unfollow();
          mute?.();
          keeper.drop(id);
          followers.adopt(tail);
        };
      },
    },
  );
  const followers = new Followers(log);
  const live = new LiveStreams({
    ...{ log, pumps, followers, agents, targets, marks: config.backpressure },
    ...{ treasury: money.treasury, orphans: money.orphans, toolResultChars: config.limits.toolResultChars },
  });
  const keeper: LeaseKeeper = new LeaseKeeper({
    ...{ log, pumps, lease: { replica: mintId("p"), ttlMs: config.resilience.leaseMs } },
    async onTaken(record) {
      logger.warn({ stream: record.id, term: record.term }, "a stream is gone on with that lost its writer");
      metrics.takenOver();
      await live.takeOver(record);
    },
    onOutcome: (stream, callId, outcome) => live.offer(stream, callId, outcome),
    onFailure: (what, err) => logger.error({ err }, `leases: could not ${what}`),
  });
  const admission = new Admission({ load, isPaused: config.access.paused }, (code) => metrics.startRefused(code));
  const visits = new VisitLimits(log.visits, config.access);
  const streams = new Streams(log, live, agents, money.treasury, keeper.lease, admission, visits);
  const heartbeat = new Heartbeat(config.delivery.heartbeatMs);
  const stopRetention = startRetention(log, config.retention, logger);

  const open = isOpen(config);
  const origins = { origins: config.access.origins, loopbackOnly: open };
  const visitors = { secret: open ? null : config.access.secret!, anonymous: config.access.anonymous };
  const bodyBytes = config.limits.requestBytes + Math.ceil((config.limits.attachmentsBytes * 4) / 3);

  const ownerOf = ({ headers }: Pick<FastifyRequest, "headers">) =>
    identify(bearer(headers.authorization), headers.origin, visitors).owner;
  const app = createHttpServer({ bodyBytes: config.limits.requestBytes, origins, logger });
  registerRoutes(app, {
    streams,
    log,
    agents,
    limits: config.limits,
    bodyBytes,
    live: responses,
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
    isOverloaded: () => load.isOverloaded,
  });
  registerMetrics(app, metrics, (request) => checkOperator(request, visitors));
  registerProbe(app, config.delivery.heartbeatMs);
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
  await keeper.start();

  return {
    async listen() {
      await app.listen({ host: config.host, port: config.port });
      const { port } = app.server.address() as AddressInfo;
      const host = config.host.includes(":") ? `[${config.host}]` : config.host;
      return { host: config.host, port, url: `http://${host}:${port}` };
    },

    async close(graceMs = config.resilience.drainMs) {
      draining = true;
      streams.drain();
      stopRetention();
      keeper.drain();
      // What is not finished by then is left to whoever opens the store next, or shares it now.
      let handedOver: Promise<void> | undefined;
      const deadline = setTimeout(() => (handedOver = keeper.handOver()), graceMs);
      await pumps.idle();
      clearTimeout(deadline);
      await handedOver;
      await keeper.close();
      followers.close();
      const comeBack = comeBackOf(responses.size + sockets.size);
      for (const bye of responses) bye(CLOSE.draining, "the proxy is shutting down", comeBack());
      sockets.bye(CLOSE.draining, "the proxy is shutting down", comeBack);
      heartbeat.close();
      hints.close();
      probe.close();
      metrics.close();
      // Ends with the last socket; one whose other side is gone would be waited for half a minute.
      const cut = setTimeout(() => sockets.terminate(), LEAVE_MS);
      await app.close();
      clearTimeout(cut);
      await providers.close();
      await log.close();
    },
  };
}
