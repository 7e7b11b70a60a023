/** What the proxy does about money, put together from its configuration: purses, receipts, and what the operator is told. */
import type { IncomingMessage } from "node:http";
import { isLoopback, isOpen, sellsByToken } from "./config.ts";
import type { Config } from "./config-schema.ts";
import { addressOf, hashAddress } from "./guard/address.ts";
import type { Logger } from "./observe/logger.ts";
import type { OrphanMoney } from "./pump/recover.ts";
import type { Receipt } from "./spend/receipt.ts";
import { deriveKey, masterKey, ReceiptSigner } from "./spend/receipt-signer.ts";
import { Treasury } from "./spend/treasury.ts";
import type { Caller } from "./spend/treasury.ts";
import type { StreamLog } from "./stream-log/stream-log.ts";
import type { Targets } from "./targets.ts";

export interface Money {
  readonly treasury: Treasury;
  readonly signer: ReceiptSigner;
  readonly orphans: OrphanMoney;
  readonly callerOf: (request: IncomingMessage, owner: string) => Caller;
}

/** @throws {StreamError} `storage_unavailable` */
export async function openMoney(config: Config, log: StreamLog, targets: Targets): Promise<Money> {
  const { perVisitor, perAddress, total, trustedProxies } = config.access;
  const secret = await masterKey(config.access.secret, log);
  const signer = new ReceiptSigner(deriveKey(secret, "receipt"));
  const addressKey = deriveKey(secret, "address");
  return {
    treasury: new Treasury(log.ledger, {
      perVisitor: perVisitor?.usdPerDay,
      perAddress: perAddress?.usdPerDay,
      total: total?.usdPerDay,
    }),
    signer,
    orphans: {
      sign: (receipt) => signer.sign(receipt),
      pricingOf: (provider, model) => targets.known(`${provider}/${model}`)?.pricing,
    },
    callerOf(request, owner) {
      const address = addressOf(request, trustedProxies);
      return { owner, address: address === null ? null : hashAddress(address, addressKey) };
    },
  };
}

/** What an operator who limits money should know, once, at start. */
export function warnOfMoney(config: Config, targets: Targets, logger: Pick<Logger, "warn">): void {
  const { perVisitor, perAddress, total } = config.access;
  const isSold = Object.values(config.providers).some(sellsByToken);
  if (isSold && total === undefined && !isOpen(config) && isLoopback(config.host)) {
    logger.warn({ key: "access.total.usdPerDay" }, "nothing limits what this proxy may spend in a day");
  }
  const isLimited = [perVisitor?.usdPerDay, perAddress?.usdPerDay, total?.usdPerDay].some((usd) => usd !== undefined);
  for (const [agent, { models, budget }] of Object.entries(config.agents)) {
    if (!isLimited && budget === undefined) continue;
    for (const model of models) {
      const target = targets.known(model);
      if (target === undefined || !mayCost(config, target.provider.name)) continue;
      const { costUsd } = target.pricing({ input: 1_000, output: 1_000, final: true });
      if (costUsd === undefined) {
        logger.warn(
          { agent, model: target.id },
          "this model's price is not known: no budget counts it (providers.NAME.prices)",
        );
      }
    }
  }
}

/** One line for each answer: what an operator looks for first. */
export function logAnswer(logger: Pick<Logger, "info">, receipt: Receipt): void {
  const { stream, agent, reason, error, firstTokenMs, totalMs, total, attempts } = receipt;
  const last = attempts.at(-1);
  const { input, output, costUsd, estimated, unpriced } = total;
  logger.info(
    {
      ...{ stream, agent, reason, error, firstTokenMs, totalMs },
      ...{ provider: last?.provider, model: last?.model, attempts: attempts.length },
      ...{ input, output, estimated, ...(unpriced < attempts.length ? { costUsd } : {}) },
    },
    "an answer ended",
  );
}

/** An agent behind AG-UI pays somebody; only what runs here costs nothing. */
function mayCost(config: Config, provider: string): boolean {
  const found = config.providers[provider];
  return found !== undefined && (found.kind === "ag-ui" || sellsByToken(found));
}
