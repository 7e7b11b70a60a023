/** `/healthz`: the process answers. `/readyz`: it can take a stream. */
import type { FastifyInstance } from "fastify";
import { StreamError } from "../../protocol/index.ts";
import type { Provider } from "../provider/provider.ts";

export interface HealthParts {
  /** @throws {StreamError} when the store cannot be used. */
  readonly log: { check(): Promise<void> };
  readonly providers: ReadonlyMap<string, Provider>;
  readonly isDraining: () => boolean;
}

export function registerHealth(app: FastifyInstance, { log, providers, isDraining }: HealthParts): void {
  app.get("/healthz", () => ({ status: "ok" }));

  app.get("/readyz", async (_request, reply) => {
    const store = await log.check().then(
      () => "ok",
      (thrown: unknown) => StreamError.from(thrown).code,
    );
    const ready = store === "ok" && providers.size > 0 && !isDraining();
    return reply.code(ready ? 200 : 503).send({
      status: ready ? "ready" : isDraining() ? "draining" : "not_ready",
      store,
      providers: [...providers.keys()],
    });
  });
}
