/** The AWS SDK's client on our transport: HTTP/1.1, pooled, with the body kept for our own reader. */
import { Readable } from "node:stream";
import type { BedrockRuntimeClient } from "@aws-sdk/client-bedrock-runtime";
import type { ProviderCall } from "./provider-call.ts";

export interface BedrockServer {
  readonly region: string | undefined;
  readonly endpoint: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** Absent: the SDK's own chain (environment, profile, role). */
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
}

/** Handed through `client.send` to the handler below: which call a request belongs to. */
export interface CallOptions {
  readonly providerCall: ProviderCall;
  /** One of the SDK's own options, by which its types know these as options. Ours are the timers. */
  readonly requestTimeout?: 0;
}

interface SmithyRequest {
  readonly method: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | string[] | null>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** @param key a Bedrock API key; null to sign with credentials */
export async function bedrockClient(server: BedrockServer, key: string | null): Promise<BedrockRuntimeClient> {
  const { BedrockRuntimeClient: Client } = await import("@aws-sdk/client-bedrock-runtime");
  const { region, endpoint, credentials, headers } = server;
  return new Client({
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
    ...(key === null ? {} : { token: { token: key }, authSchemePreference: ["httpBearerAuth"] }),
    maxAttempts: 1,
    requestHandler: {
      handle: (request: SmithyRequest, options?: Partial<CallOptions>) => handle(request, headers, options),
      updateHttpClientConfig() {},
      httpHandlerConfigs: () => ({}),
      destroy() {},
    },
  });
}

/** A success has an empty body for the SDK; an error has the body it came with. */
async function handle(
  request: SmithyRequest,
  extra: Readonly<Record<string, string>>,
  options: Partial<CallOptions> = {},
): Promise<{ response: { statusCode: number; headers: Record<string, string>; body: Readable } }> {
  const { providerCall: call } = options;
  if (call === undefined) throw new Error("A request of the AWS SDK belongs to no call");
  const { method, headers, body } = request;
  const refusal = await call.send({
    method: method === "GET" ? "GET" : "POST",
    url: urlOf(request),
    headers: { ...headers, ...extra },
    ...(typeof body === "string" || body instanceof Uint8Array ? { body } : {}),
  });
  return {
    response: {
      statusCode: refusal?.status ?? 200,
      headers: { ...refusal?.headers },
      body: Readable.from(refusal === null || refusal.text === "" ? [] : [Buffer.from(refusal.text)]),
    },
  };
}

function urlOf({ protocol, hostname, port, path, query = {} }: SmithyRequest): string {
  const url = new URL(`${protocol}//${hostname}${port === undefined ? "" : `:${port}`}${path}`);
  for (const [name, value] of Object.entries(query)) {
    for (const item of Array.isArray(value) ? value : [value ?? ""]) url.searchParams.append(name, item);
  }
  return url.href;
}
