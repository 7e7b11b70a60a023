/** The official OpenAI client, made for one call; the package is loaded at the first one. */
import type OpenAI from "openai";
import type { ProviderCall } from "./provider-call.ts";

export interface OpenAiServer {
  readonly baseUrl: string;
  readonly headers: Readonly<Record<string, string>>;
  /** OpenAI's own organisation and project, from the environment, are not sent to other servers. */
  readonly official: boolean;
}

/** Ours are the timers and the retries; the SDK's timeout only has to be longer. */
export const SDK_TIMEOUT_MS = 2_147_483_647;

export async function openAiClient(server: OpenAiServer, call: ProviderCall): Promise<OpenAI> {
  const { default: Client } = await import("openai");
  return new Client({
    baseURL: server.baseUrl,
    apiKey: call.key ?? "none",
    adminAPIKey: null,
    webhookSecret: null,
    ...(server.official ? {} : { organization: null, project: null }),
    defaultHeaders: { ...(call.key === null ? { authorization: null } : {}), ...server.headers },
    maxRetries: 0,
    timeout: SDK_TIMEOUT_MS,
    logLevel: "off",
    fetch: call.fetch,
  });
}
