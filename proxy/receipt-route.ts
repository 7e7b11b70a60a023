/** `GET /v1/streams/{id}/receipt`: the signed account of an answer, for its owner, where the agent shows cost and model. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { StreamError } from "../protocol/index.ts";
import type { Agents } from "./agents.ts";
import type { ReceiptSigner } from "./spend/receipt-signer.ts";
import type { StreamLog } from "./stream-log/stream-log.ts";
import type { Streams } from "./streams.ts";

export interface ReceiptParts {
  readonly streams: Streams;
  readonly log: StreamLog;
  readonly agents: Agents;
  readonly signer: ReceiptSigner;
  /** Who asks. @throws {StreamError} `unauthenticated` */
  readonly ownerOf: (request: FastifyRequest) => string;
}

export function registerReceipts(app: FastifyInstance, parts: ReceiptParts): void {
  const { streams, log, agents, signer, ownerOf } = parts;

  app.get<{ Params: { id: string } }>("/v1/streams/:id/receipt", async (request) => {
    const { id, agent } = await streams.find(request.params.id, ownerOf(request));
    const { cost, model, route } = agents.audience(agent);
    if (!cost || !model) {
      const missing = [...(cost ? [] : ["show.cost"]), ...(model ? [] : ["show.model"])].join(" and ");
      throw new StreamError("forbidden", `agent: found "${agent}" without ${missing}, expected one that shows both`, {
        field: "agent",
      });
    }
    const signed = await log.findReceipt(id);
    if (signed === null) {
      throw new StreamError("not_found", `Stream "${id}" has no receipt: it is not over, or older than receipts`, {
        field: "id",
      });
    }
    const receipt = signer.verify(signed);
    if (route) return { receipt, signed };
    // Why an attempt went where it went is the operator's: what is shown is signed without it.
    const attempts = receipt.attempts.map(({ route: _route, ...attempt }) => attempt);
    const shown = { ...receipt, attempts };
    return { receipt: shown, signed: signer.sign(shown) };
  });
}
