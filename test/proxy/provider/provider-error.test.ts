import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { StreamError } from "../../../protocol/index.ts";
import type { ErrorCode } from "../../../protocol/index.ts";
import {
  compressedAnswer,
  connectionError,
  httpError,
  inBandError,
  notAStream,
} from "../../../proxy/provider/provider-error.ts";
import { fixturesMissing, httpErrorFixtures } from "../../fixtures.ts";

/** What each recorded failure means, and the wait its provider asks for. */
const RECORDED: Readonly<Record<string, ErrorCode | readonly [ErrorCode, number]>> = {
  "anthropic/400-context-length": "context_overflow",
  "anthropic/401-invalid-key": "provider_auth",
  "anthropic/403-permission": "provider_auth",
  "anthropic/429-rate-limit": ["provider_rate_limited", 16_000],
  "anthropic/529-overloaded": "provider_overloaded",
  "azure/400-content-filter": "provider_invalid_request",
  "azure/404-deployment": "provider_not_found",
  "azure/429-rate-limit": ["provider_rate_limited", 1_000],
  "bedrock/400-invalid-model": "provider_not_found",
  "bedrock/403-invalid-token": "provider_auth",
  "bedrock/404-retired-model": "provider_not_found",
  "bedrock/429-throttling": "provider_rate_limited",
  "bedrock/500-internal": "provider_error",
  "cerebras/429-requests": ["provider_rate_limited", 33_011_383],
  "cerebras/503-queue": "provider_overloaded",
  "deepseek/400-invalid-request": "provider_invalid_request",
  "deepseek/401-invalid-key": "provider_auth",
  "deepseek/402-balance": "provider_quota",
  "deepseek/503-overloaded": "provider_overloaded",
  "groq/400-tool-use-failed": "provider_invalid_request",
  "groq/401-invalid-key": "provider_auth",
  "groq/429-rate-limit": ["provider_rate_limited", 12_000],
  "llamacpp/500-tools": "provider_error",
  "mistral/401-invalid-key": "provider_auth",
  "mistral/429-rate-limit": "provider_rate_limited",
  "mistral/503-html": "provider_overloaded",
  "ollama/400-no-tools": "provider_invalid_request",
  "ollama/401-unauthorized": "provider_auth",
  "ollama/404-model": "provider_not_found",
  "ollama/500-runner": "provider_error",
  "openai/400-context-length": "context_overflow",
  "openai/400-unsupported-parameter": "provider_invalid_request",
  "openai/401-invalid-key": "provider_auth",
  "openai/404-model": "provider_not_found",
  "openai/429-insufficient-quota": "provider_quota",
  "openai/429-tokens-per-minute": ["provider_rate_limited", 18_642],
  "openai/500-server-error": "provider_error",
  "openai/502-html": "provider_error",
  "openrouter/400-context-length": "context_overflow",
  "openrouter/402-credits": "provider_quota",
  // Its reset is a moment that has passed.
  "openrouter/429-rate-limit": "provider_rate_limited",
  "openrouter/502-upstream": "provider_error",
  "perplexity/401-invalid-key": "provider_auth",
  "xai/400-invalid-key": "provider_auth",
  "xai/429-rate-limit": "provider_rate_limited",
};

suite("recorded HTTP errors", { skip: fixturesMissing }, () => {
  for (const { name, status, headers, body } of httpErrorFixtures()) {
    test(`${name} maps to its code, with the provider's hint and nothing private`, () => {
      const expected = RECORDED[name] ?? assert.fail(`"${name}" is not in the table`);
      const [code, retryAfterMs] = typeof expected === "string" ? [expected, undefined] : expected;
      const error = httpError(status, headers, body);
      assert.deepEqual([error.code, error.retryAfterMs], [code, retryAfterMs]);
      assert.ok(error.message.length <= 440, error.message);
      assert.doesNotMatch(error.message, /<html|\*{3}|org[-_]REDACTED|\n/);
    });
  }
});

suite("httpError()", () => {
  const cases: readonly (readonly [status: number, body: string, code: ErrorCode])[] = [
    [400, '{"error":{"message":"maximum context length is 8192 tokens"}}', "context_overflow"],
    [400, '{"error":{"message":"bad","type":"invalid_request_error"}}', "provider_invalid_request"],
    [400, '{"detail":[{"loc":["body","model"],"msg":"field required"}]}', "provider_invalid_request"],
    [401, "", "provider_auth"],
    [402, "", "provider_quota"],
    [404, "", "provider_not_found"],
    [408, "", "provider_error"],
    [413, "", "context_overflow"],
    [422, "", "provider_invalid_request"],
    [429, "slow down", "provider_rate_limited"],
    [429, '{"error":{"code":"insufficient_quota"}}', "provider_quota"],
    [302, "", "upstream_protocol"],
    [500, '{"error":{"message":"context length"}}', "provider_error"],
    [503, "", "provider_overloaded"],
    [529, "", "provider_overloaded"],
  ];
  for (const [status, body, code] of cases) {
    test(`${status} ${body === "" ? "without a body" : body} is ${code}`, () => {
      assert.equal(httpError(status, {}, body).code, code);
    });
  }

  test("words of the request that an error repeats cool no key and open no circuit", () => {
    const echoes = [
      "Invalid schema for function 'billing_lookup': schema must be an object",
      "Invalid schema for function 'authenticate_user': schema must be an object",
      'messages.0.content: found "insufficient funds", expected a list',
      "Input should be a valid list: my account is unauthorized, permission denied, the rate limit is too busy",
      "Unexpected role: overloaded, service unavailable, throttled, too many requests",
      "tools.0.name: `credit balance is too low` is not a name",
    ];
    for (const message of echoes) {
      for (const status of [400, 422]) {
        const body = JSON.stringify({ error: { message, type: "invalid_request_error" } });
        assert.equal(httpError(status, {}, body).code, "provider_invalid_request", message);
      }
    }
  });

  test("a firewall's page under 403 says nothing of the key: who writes what it dislikes rests it for nobody", () => {
    const page =
      "<!DOCTYPE html><html><title>Attention Required!</title><body>Sorry, you have been blocked</body></html>";
    const error = httpError(403, { "content-type": "text/html" }, page);
    assert.equal(error.code, "upstream_protocol");
    assert.equal(error.message, "The provider answered 403 with a page, expected an API's error");
    assert.equal(httpError(403, {}, '{"error":{"message":"no"}}').code, "provider_auth");
    assert.equal(httpError(403, {}, "").code, "provider_auth");
    assert.equal(httpError(401, {}, page).code, "provider_auth");
  });

  test("a refusal under 400 is known by its kind or by what only it says", () => {
    const said = (message: string, kind: object = {}) =>
      httpError(400, {}, JSON.stringify({ error: { message, ...kind } })).code;
    assert.equal(
      said("API key not valid. Please pass a valid API key.", { status: "INVALID_ARGUMENT" }),
      "provider_auth",
    );
    assert.equal(said("Incorrect API key provided: xa***ey"), "provider_auth");
    assert.equal(said("no", { type: "authentication_error" }), "provider_auth");
    const credit = "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing.";
    assert.equal(said(credit, { type: "invalid_request_error" }), "provider_quota");
    assert.equal(said("Billing hard limit has been reached", { code: "billing_hard_limit_reached" }), "provider_quota");
    assert.equal(said("slow down", { type: "ThrottlingException" }), "provider_rate_limited");
    assert.equal(said("The model `gpt-9` does not exist"), "provider_not_found");
    assert.equal(said("You can't: your credit balance is too low, don't you know"), "provider_quota");
  });

  test("a message keeps its words and loses keys, accounts, line breaks and length", () => {
    const said = `Incorrect API key provided: sk-proj-abcdef123456.\nSee org-ABCdef123456 ${"x".repeat(900)}`;
    const { message } = httpError(401, {}, JSON.stringify({ error: { message: said } }));
    assert.match(message, /^The provider answered 401: Incorrect API key provided: …\. See … x+…$/);
    assert.ok(message.length < 450);
  });

  test("no secret in any form that providers repeat is told", () => {
    const secrets = [
      "AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY",
      "AKIAIOSFODNN7EXAMPLE",
      "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
      "hf_abcdefghijklmnop",
      `${"Fwo".repeat(30)}==`,
      "https://user:pass-word@gateway.example/v1",
      "https://gateway.example/v1?api-key=abc123&x=1",
      "Bearer abc.def",
      "sk-ant-api03-abcdefgh",
    ];
    for (const secret of secrets) {
      const { message } = httpError(403, {}, JSON.stringify({ message: `Not allowed with ${secret} here` }));
      assert.doesNotMatch(message, /AIza|AKIA|eyJ|hf_|FwoFwo|pass-word|abc123|abc\.def|sk-ant/, message);
      assert.match(message, /^The provider answered 403: Not allowed with .* here$/);
    }
    const kept =
      "The model anthropic.claude-sonnet-4-5-20250929-v1:0 and meta-llama/Llama-4-Maverick-17B-128E-Instruct-FP8";
    assert.ok(httpError(404, {}, JSON.stringify({ message: kept })).message.endsWith(kept));
  });

  test("what a signature was made of is not told", () => {
    const said =
      "The request signature we calculated does not match. The Canonical String for this request should have been 'POST /x host:h x-amz-security-token:IQoJb3JpZ2lu'";
    const { message } = httpError(403, {}, JSON.stringify({ message: said }));
    assert.equal(message, "The provider answered 403: The request signature we calculated does not match.");
  });
});

suite("inBandError()", () => {
  const cases: readonly (readonly [value: unknown, code: ErrorCode])[] = [
    [{ error: { type: "overloaded_error", message: "Overloaded" } }, "provider_overloaded"],
    [{ error: { type: "rate_limit_error", message: "x" } }, "provider_rate_limited"],
    [{ error: { type: "api_error", message: "Internal server error" } }, "provider_error"],
    [{ error: { type: "authentication_error", message: "x" } }, "provider_auth"],
    [{ error: { type: "billing_error", message: "x" } }, "provider_quota"],
    [{ error: { type: "not_found_error", message: "x" } }, "provider_not_found"],
    [{ error: { message: "x", code: 429 } }, "provider_rate_limited"],
    [{ error: "x", status_code: 503 }, "provider_overloaded"],
    [{ error: "an error was encountered" }, "provider_error"],
    [{ error: "server busy, please try again.  maximum pending requests exceeded" }, "provider_overloaded"],
    [{ error: null }, "provider_error"],
    ["nonsense", "provider_error"],
  ];
  for (const [value, code] of cases) {
    test(`${JSON.stringify(value)} is ${code}`, () => assert.equal(inBandError(value).code, code));
  }

  test("takes the hint from the words", () => {
    assert.equal(inBandError({ error: { message: "Rate limit. Try again in 3.2s" } }).retryAfterMs, 3_200);
  });
});

suite("connectionError()", () => {
  const withCode = (code: string): Error => Object.assign(new Error(code), { code });
  const cases: readonly (readonly [code: string, opening: ErrorCode, reading: ErrorCode])[] = [
    ["ECONNREFUSED", "provider_error", "upstream_truncated"],
    ["ECONNRESET", "provider_error", "upstream_truncated"],
    ["ENOTFOUND", "provider_error", "upstream_truncated"],
    ["UND_ERR_SOCKET", "provider_error", "upstream_truncated"],
    ["UND_ERR_CONNECT_TIMEOUT", "connect_timeout", "connect_timeout"],
    ["HPE_INVALID_CONSTANT", "upstream_protocol", "upstream_protocol"],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "provider_error", "upstream_truncated"],
  ];
  for (const [code, opening, reading] of cases) {
    test(`${code} is ${opening} while opening and ${reading} while reading`, () => {
      const wrapped = new TypeError("fetch failed", { cause: withCode(code) });
      assert.deepEqual([connectionError(wrapped, false).code, connectionError(wrapped, true).code], [opening, reading]);
    });
  }

  test("finds our own error inside what an SDK made of it", () => {
    const ours = new StreamError("first_token_timeout", "late");
    assert.equal(connectionError(new Error("Connection error.", { cause: ours }), false), ours);
  });
});

suite("notAStream()", () => {
  test("a page under HTTP 200 is another protocol, without its text", () => {
    const error = notAStream("text/html; charset=utf-8", "<html>Sign in, sk-abcdef123456</html>");
    assert.equal(error.code, "upstream_protocol");
    assert.equal(error.message, "The provider answered with text/html; charset=utf-8, expected a stream");
  });

  test("an error under HTTP 200 is that error", () => {
    assert.equal(
      notAStream("application/json", '{"error":{"type":"overloaded_error","message":"busy"}}').code,
      "provider_overloaded",
    );
  });
});

suite("compressedAnswer()", () => {
  for (const coding of ["gzip", "x-gzip", "br", "deflate", "zstd", "GZIP, identity"]) {
    test(`"${coding}" cannot be read`, () => {
      assert.equal(compressedAnswer({ "content-encoding": coding })?.code, "upstream_protocol");
    });
  }
  for (const coding of ["identity", "none", "utf-8", ""]) {
    test(`"${coding}" is plain`, () => assert.equal(compressedAnswer({ "content-encoding": coding }), null));
  }
});
