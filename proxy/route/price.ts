/** What an answer costs: the configured price of a model, else the one in a public table; unknown is unknown. */
import { readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";
import type { Usage } from "../../protocol/index.ts";

/** US dollars per million tokens. */
export interface ModelPrice {
  readonly input: number;
  readonly output: number;
  /** @default `input` */
  readonly cacheRead?: number | undefined;
  /** @default `input` */
  readonly cacheWrite?: number | undefined;
}

/** Where a model is bought: the table's own name of the vendor, or the address of an OpenAI-compatible server. */
export type Seller = { readonly vendor: string } | { readonly url: string };

export interface PriceTable {
  /** Which table and which state of it: kept with every cost it gave. */
  readonly version: string;
  /** US dollars; undefined for a model it does not know. */
  cost(seller: Seller, model: string, usage: Usage): number | undefined;
  /** How many tokens a model takes, input and output together; undefined where the table does not say. */
  contextTokens?(seller: Seller, model: string): number | undefined;
}

/** Adds `costUsd`, and where the price is from, to what a provider reported. */
export type Pricing = (usage: Usage) => Usage;

const PACKAGE = "@pydantic/genai-prices";

/** The public table, which ships with its package and asks no network. Takes a moment: loaded where it is needed. */
export async function loadPriceTable(): Promise<PriceTable> {
  const { calcPrice, findProvider } = await import("@pydantic/genai-prices");
  const { version } = JSON.parse(readFileSync(findPackageJSON(PACKAGE, import.meta.url)!, "utf8")) as {
    version: string;
  };
  // An address is compared with a pattern of each vendor, which takes as long as many tokens do.
  const vendors = new Map<string, string | undefined>();
  const vendorOf = (seller: Seller): string | undefined => {
    if ("vendor" in seller) return seller.vendor;
    const { url } = seller;
    if (!vendors.has(url)) vendors.set(url, findProvider({ providerApiUrl: url })?.id);
    return vendors.get(url);
  };
  const priced = (tokens: Parameters<typeof calcPrice>[0], seller: Seller, model: string) => {
    const providerId = vendorOf(seller);
    return providerId === undefined ? null : calcPrice(tokens, model, { providerId });
  };
  return {
    version: `genai-prices ${version}`,
    cost(seller, model, usage) {
      const { input, output } = usage;
      // The table throws for figures that make no sense, and no answer shall break over its price.
      if (!(input >= 0 && output >= 0)) return undefined;
      const [read, written] = cachedOf(usage);
      const tokens = {
        input_tokens: input,
        output_tokens: output,
        cache_read_tokens: read,
        cache_write_tokens: written,
      };
      return priced(tokens, seller, model)?.total_price;
    },
    contextTokens: (seller, model) => priced({}, seller, model)?.model.context_window,
  };
}

/** @param own the configured price; it wins over the table */
export function pricingOf(
  own: ModelPrice | undefined,
  table: PriceTable | null,
  seller: Seller | null,
  model: string,
): Pricing {
  return (usage) => {
    // A provider that says what it took knows best.
    if (usage.costUsd !== undefined) return usage;
    if (own !== undefined) return { ...usage, costUsd: ownCost(own, usage), priceTable: "configuration" };
    const costUsd = table === null || seller === null ? undefined : table.cost(seller, model, usage);
    return costUsd === undefined ? usage : { ...usage, costUsd, priceTable: table!.version };
  };
}

/** Tokens read from and written to a cache. Some servers count more of them than of input. */
function cachedOf({ input, cacheRead = 0, cacheWrite = 0 }: Usage): readonly [read: number, written: number] {
  const read = Math.min(cacheRead, input);
  return [read, Math.min(cacheWrite, input - read)];
}

function ownCost(price: ModelPrice, usage: Usage): number {
  const { input, output } = usage;
  const [read, written] = cachedOf(usage);
  const plain = input - read - written;
  const dollars =
    plain * price.input +
    read * (price.cacheRead ?? price.input) +
    written * (price.cacheWrite ?? price.input) +
    output * price.output;
  return dollars / 1_000_000;
}
