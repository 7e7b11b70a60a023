/** What vendors answer with a status of 400 or more, each in its own form. */
import type { Refusal } from "./wire.ts";

/** The statuses of the fault matrix. */
export const STATUSES = [400, 401, 402, 403, 404, 408, 409, 413, 429, 500, 502, 503, 504, 529] as const;
export type Status = (typeof STATUSES)[number];

/** A vendor's word for a status and what it says to people. */
type Words = Readonly<Record<number, readonly [type: string, message: string]>>;

/** Short enough for a test, and found where this vendor puts it. */
const HINT_IN_WORDS = "Please try again in 20ms.";

const OPENAI: Words = {
  400: ["invalid_request_error", "Invalid 'temperature': expected a number between 0 and 2."],
  401: ["invalid_request_error", "Incorrect API key provided: sk-matrix***key. You can find yours on the platform."],
  402: ["billing_error", "Payment required: add credits to go on."],
  403: ["request_forbidden", "Country, region, or territory not supported"],
  404: ["invalid_request_error", "The model `ship-1` does not exist or you do not have access to it."],
  408: ["timeout", "The request timed out."],
  409: ["conflict", "The resource was updated by another request."],
  413: ["invalid_request_error", "The request body is too large."],
  429: ["requests", `Rate limit reached for ship-1 on requests per min (RPM). ${HINT_IN_WORDS}`],
  500: ["server_error", "The server had an error while processing your request."],
  503: ["server_error", "The engine is currently overloaded, please try again later."],
  529: ["server_error", "The engine is currently overloaded, please try again later."],
};

const ANTHROPIC: Words = {
  400: ["invalid_request_error", "temperature: Input should be less than or equal to 1"],
  401: ["authentication_error", "invalid x-api-key"],
  402: ["billing_error", "Your account has a billing issue."],
  403: ["permission_error", "Your API key does not have permission to use the specified resource."],
  404: ["not_found_error", "model: ship-1"],
  408: ["timeout_error", "Request timed out"],
  409: ["conflict_error", "The resource is being changed by another request"],
  413: ["request_too_large", "Request exceeds the maximum size"],
  429: ["rate_limit_error", "This request would exceed your organization's rate limit."],
  500: ["api_error", "Internal server error"],
  503: ["api_error", "Service unavailable"],
  529: ["overloaded_error", "Overloaded"],
};

const AWS: Words = {
  400: ["ValidationException", "The value at 'inferenceConfig.temperature' failed to satisfy its constraint."],
  401: ["UnrecognizedClientException", "The security token included in the request is invalid."],
  402: ["PaymentRequiredException", "The account has no valid payment instrument."],
  403: ["AccessDeniedException", "You don't have access to the model with the specified model ID."],
  404: ["ResourceNotFoundException", "This model version has reached the end of its life."],
  408: ["ModelTimeoutException", "The model took too long to process the request."],
  409: ["ConflictException", "The request conflicts with another one."],
  413: ["RequestEntityTooLargeException", "The request entity is too large."],
  429: ["ThrottlingException", "Too many requests, please wait before trying again."],
  500: ["InternalServerException", "The system encountered an unexpected error during processing."],
  503: ["ServiceUnavailableException", "Bedrock is unable to process your request."],
  529: ["ServiceUnavailableException", "Bedrock is unable to process your request."],
};

const json = { "content-type": "application/json" };
const page = (status: number): Refusal => ({
  headers: { "content-type": "text/html" },
  body: `<html><head><title>${status}</title></head><body><center><h1>${status}</h1></center><hr>nginx</body></html>`,
});

/** 502 and 504 are not the vendor's words but those of a gateway before it. */
const isGateway = (status: number): boolean => status === 502 || status === 504;

function refusals(words: Words, form: (status: number, type: string, message: string) => Refusal) {
  return (status: number): Refusal => {
    const said = words[status];
    return isGateway(status) || said === undefined ? page(status) : form(status, ...said);
  };
}

/** OpenAI, Groq and DeepSeek: an `error` object. The wait is in a header and in the words. */
export const openAiRefusal = refusals(OPENAI, (status, type, message) => ({
  headers: status === 429 ? { ...json, "retry-after-ms": "20" } : json,
  body: JSON.stringify({ error: { message, type, param: null, code: CODES[status] ?? null } }),
}));
const CODES: Readonly<Record<number, string>> = {
  401: "invalid_api_key",
  404: "model_not_found",
  429: "rate_limit_exceeded",
};

/** vLLM and its relatives: the error is the object, and its code the status. */
export const vllmRefusal = refusals(OPENAI, (status, type, message) => ({
  headers: json,
  body: JSON.stringify({ object: "error", message, type, param: null, code: status }),
}));

/** Cerebras: flat, with a code of its own. */
export const cerebrasRefusal = refusals(OPENAI, (status, type, message) => ({
  headers: json,
  body: JSON.stringify({ message, type: `${type}_error`, param: "", code: CODES[status] ?? "error" }),
}));

export const anthropicRefusal = refusals(ANTHROPIC, (status, type, message) => ({
  // Whole seconds are all it can say.
  headers: status === 429 ? { ...json, "retry-after": "1" } : json,
  body: JSON.stringify({ type: "error", error: { type, message }, request_id: "req_1" }),
}));

export const awsRefusal = refusals(AWS, (_status, type, message) => ({
  headers: { ...json, "x-amzn-errortype": `${type}:http://internal.amazon.com/coral/com.amazon.bedrock/` },
  body: JSON.stringify({ message }),
}));

/** Ollama: one sentence. */
export const ollamaRefusal = refusals(OPENAI, (_status, _type, message) => ({
  headers: json,
  body: JSON.stringify({ error: message }),
}));

/** An agent behind FastAPI: `detail`. */
export const fastApiRefusal = refusals(OPENAI, (_status, _type, message) => ({
  headers: json,
  body: JSON.stringify({ detail: message }),
}));
