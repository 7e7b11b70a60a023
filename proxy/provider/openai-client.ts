/** The official OpenAI client, one for each server and key; the package is loaded at the first call. */
import type OpenAI from "openai";
import type { ProviderCall } from "./provider-call.ts";

export interface OpenAiServer {
  readonly baseUrl: string;
  readonly headers: Readonly<Record<string, string>>;
  /** OpenAI's own organisation and project, from the environment, are not sent to other servers. */
  readonly official: boolean;
}

/** A client that many calls share, and what makes a request go through this one: its last argument. */
export interface OpenAiCall {
  readonly client: OpenAI;
  readonly through: OpenAI.RequestOptions;
}

/** Ours are the timers and the retries; the SDK's timeout only has to be longer. */
export const SDK_TIMEOUT_MS = 2_147_483_647;

/** Under which a request's options carry its call: the SDK hands them on to its `fetch`. */
const CALL = Symbol("call");

/** By server, address and key: making one costs more than a request, and the SDK keeps some of each until a full collection. */
const clients = new WeakMap<OpenAiServer, Map<string, OpenAI>>();

/** @param baseUrl where another than the server's usual one is asked */
export async function openAiCall(
  server: OpenAiServer,
  call: ProviderCall,
  baseUrl = server.baseUrl,
): Promise<OpenAiCall> {
  const { default: Client } = await import("openai");
  const known = clients.get(server) ?? new Map<string, OpenAI>();
  clients.set(server, known);
  const name = `${baseUrl} ${call.key ?? ""}`;
  const client =
    known.get(name) ??
    new Client({
      baseURL: baseUrl,
      apiKey: call.key ?? "none",
      adminAPIKey: null,
      webhookSecret: null,
      ...(server.official ? {} : { organization: null, project: null }),
      defaultHeaders: { ...(call.key === null ? { authorization: null } : {}), ...server.headers },
      maxRetries: 0,
      timeout: SDK_TIMEOUT_MS,
      logLevel: "off",
      fetch: (url, init) => (init as unknown as { readonly [CALL]: ProviderCall })[CALL].fetch(url, init),
    });
  known.set(name, client);
  return { client, through: { fetchOptions: { [CALL]: call } as NonNullable<OpenAI.RequestOptions["fetchOptions"]> } };
}
