/** `/healthz`: the process answers. `/readyz`: it can take a stream. */
import type { IncomingMessage } from "node:http";
import type { FastifyInstance } from "fastify";
import { StreamError } from "../../protocol/index.ts";
import type { KnownNames } from "./known-names.ts";
import type { Lanes } from "./lane-state.ts";
import { canAnswer, providerStates } from "./provider-states.ts";

export interface HealthParts {
  /** @throws {StreamError} when the store cannot be used. */
  readonly log: { check(): Promise<void> };
  readonly providers: ReadonlyMap<string, unknown>;
  readonly names: KnownNames;
  readonly lanes: Lanes;
  /** Whether who asks may see models, keys and times besides the names of providers. */
  readonly isOperator: (request: IncomingMessage) => boolean;
  readonly isDraining: () => boolean;
  /** True while no streams begin because there is too much to do. */
  readonly isOverloaded: () => boolean;
}

export function registerHealth(app: FastifyInstance, parts: HealthParts): void {
  const { log, providers, names, lanes, isOperator, isDraining, isOverloaded } = parts;

  app.get("/healthz", () => ({ status: "ok" }));

  app.get("/readyz", async (request, reply) => {
    const store = await log.check().then(
      () => "ok",
      (thrown: unknown) => StreamError.from(thrown).code,
    );
    const states = lanes();
    const notes = providerStates(providers.keys(), states, names, Date.now());
    const isAble = store === "ok" && canAnswer(notes);
    const status = isDraining() ? "draining" : !isAble ? "not_ready" : isOverloaded() ? "overloaded" : "ready";
    return reply
      .code(status === "ready" ? 200 : 503)
      .header("cache-control", "no-store")
      .send({
        status,
        store,
        providers: notes,
        ...(isOperator(request.raw) ? { lanes: states } : {}),
      });
  });
}
