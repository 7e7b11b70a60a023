/** The HTTP side as a fastify instance: origin check, CORS, errors in the one form of the protocol, security headers. */
import fastify from "fastify";
import type { FastifyError, FastifyInstance, FastifyReply } from "fastify";
import { StreamError } from "../protocol/index.ts";
import type { WireError } from "../protocol/index.ts";
import { checkOrigin, corsHeaders, PREFLIGHT_HEADERS } from "./guard/origin.ts";
import type { OriginRules } from "./guard/origin.ts";
import type { Logger } from "./observe/logger.ts";

const SECURITY_HEADERS = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "cross-origin",
} as const;

export interface HttpOptions {
  readonly bodyBytes: number;
  readonly origins: OriginRules;
  readonly logger: Logger;
}

export function createHttpServer({ bodyBytes, origins, logger }: HttpOptions): FastifyInstance {
  const app = fastify({ bodyLimit: bodyBytes, forceCloseConnections: true, exposeHeadRoutes: true });

  app.addHook("onRequest", async (request, reply) => {
    reply.headers(SECURITY_HEADERS);
    if (!request.url.startsWith("/v1/") && !request.url.startsWith("/demo/")) return;
    // Also for a page that is refused below: it may read why, and nothing else.
    if (request.headers.origin !== undefined) reply.headers(corsHeaders(request.headers.origin));
    if (request.method === "OPTIONS") return reply.code(204).headers(PREFLIGHT_HEADERS).send();
    reply.header("cache-control", "no-store");
    checkOrigin(request.raw, origins);
  });

  app.setNotFoundHandler((request) => {
    throw new StreamError(
      "not_found",
      `path: found ${request.method} ${request.url.split("?")[0]}, expected a path of docs/protocol.md`,
      {
        field: "path",
      },
    );
  });

  app.setErrorHandler((thrown: FastifyError | StreamError, request, reply) => {
    const error = toStreamError(thrown, bodyBytes);
    if (error.code === "internal")
      logger.error({ err: error.cause ?? error, path: request.routeOptions.url }, "request failed");
    return sendError(reply, error);
  });

  return app;
}

function sendError(reply: FastifyReply, error: StreamError): FastifyReply {
  if (error.retryAfterMs !== undefined) reply.header("retry-after", String(Math.ceil(error.retryAfterMs / 1000)));
  if (error.code === "unauthenticated") reply.header("www-authenticate", "Bearer");
  const body: { error: WireError } = { error: error.toJSON() };
  return reply.code(error.http).send(body);
}

/** What fastify itself refuses, in our words. */
function toStreamError(thrown: FastifyError | StreamError, bodyBytes: number): StreamError {
  if (thrown instanceof StreamError) return thrown;
  switch (thrown.code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return new StreamError("payload_too_large", `body: found more than ${bodyBytes} bytes, expected at most that`, {
        field: "body",
      });
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return new StreamError("invalid_request", "Content-Type: found another type, expected application/json", {
        field: "Content-Type",
      });
    case "FST_ERR_CTP_EMPTY_JSON_BODY":
      return new StreamError("invalid_request", "body: found nothing, expected a JSON object", { field: "body" });
    default:
      if (thrown instanceof SyntaxError || thrown.statusCode === 400) {
        return new StreamError("invalid_request", "body: found text that is not JSON, expected a JSON object", {
          field: "body",
        });
      }
      return StreamError.from(thrown);
  }
}
