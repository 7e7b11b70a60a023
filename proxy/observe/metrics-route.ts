/** `/metrics`: what a scraper reads, for whom `admit` lets in. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Metrics } from "./metrics.ts";

/** @param admit throws the StreamError that whoever may not read is answered with */
export function registerMetrics(
  app: FastifyInstance,
  metrics: Metrics,
  admit: (request: FastifyRequest["raw"]) => void,
): void {
  app.get("/metrics", async (request, reply) => {
    admit(request.raw);
    return reply
      .header("content-type", metrics.contentType)
      .header("cache-control", "no-store")
      .send(await metrics.text());
  });
}
