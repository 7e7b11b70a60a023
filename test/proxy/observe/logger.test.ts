import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { loggerTo } from "../../../proxy/observe/logger.ts";

/** What a logger wrote, as text and as the fields of its lines. */
function recording() {
  const lines: string[] = [];
  const logger = loggerTo({ write: (line: string) => void lines.push(line) }, "info");
  return { logger, lines, last: () => JSON.parse(lines.at(-1)!) as Record<string, unknown> };
}

const SECRET = "hunter2hunter2";
/** Every name under which the proxy or its SDKs keep a secret. */
const SECRET_FIELDS = [
  "apiKey",
  "api_key",
  "apiKeys",
  "x-api-key",
  "OPENAI_API_KEY",
  "accessToken",
  "access_token",
  "token",
  "sessionToken",
  "idToken",
  "refreshToken",
  "secret",
  "AI_STREAM_SECRET",
  "clientSecret",
  "password",
  "authorization",
  "Authorization",
  "proxy-authorization",
  "cookie",
  "set-cookie",
  "secretAccessKey",
  "AWS_SECRET_ACCESS_KEY",
  "accessKeyId",
  "AWS_BEARER_TOKEN_BEDROCK",
  "x-amz-security-token",
  "credentials",
  "privateKey",
];

describe("the log", () => {
  test("a field that holds a secret by its name is censored wherever it stands", () => {
    const { logger, lines } = recording();
    for (const name of SECRET_FIELDS) {
      logger.info({ [name]: SECRET }, "flat");
      logger.info({ [name]: [SECRET], list: [{ [name]: SECRET }] }, "in lists");
      logger.info({ a: { b: { c: { d: { [name]: { deeper: SECRET } } } } } }, "deep");
      logger
        .child({ request: 1 })
        .warn({ err: Object.assign(new Error("refused"), { headers: { [name]: SECRET } }) }, "err");
      logger.warn({
        err: new Error("outer", { cause: Object.assign(new Error("inner"), { config: { [name]: SECRET } }) }),
      });
      for (const line of lines.splice(0)) assert.ok(!line.includes(SECRET), `${name}: ${line}`);
    }
  });

  test("what looks like a key is censored in any text", () => {
    const { logger, lines } = recording();
    const texts = [
      "Authorization: Bearer abcdefgh12345678",
      "Incorrect API key provided: sk-proj-abcdEFGH1234",
      "gsk_abcdefghijkl",
      "csk-abcdefghijkl",
      "AKIAABCDEFGHIJKLMNOP",
      "eyJhbGciOiJI.eyJzdWIiOiJ2.c2lnbmF0dXJl",
      "https://user:hunter2hunter2@example.com/v1",
      "https://example.com/v1?api_key=hunter2hunter2&x=1",
    ];
    for (const text of texts) {
      logger.info({ text, nested: [{ text }] }, `it said: ${text}`);
      logger.error({ err: new Error(text) }, "failed");
    }
    for (const line of lines) {
      assert.doesNotMatch(line, /abcdefgh|EFGH1234|EFGHIJ|c2lnbm|hunter2/i);
      assert.doesNotThrow(() => JSON.parse(line) as unknown);
    }
  });

  test("what is no secret is said: counts of tokens, codes, errors and their causes", () => {
    const { logger, last } = recording();
    logger.warn(
      { tokens: 5, inputTokens: 7, key: "access.total", code: "provider_auth", stream: "s_1" },
      "an attempt failed",
    );
    const { tokens, inputTokens, key, code, stream, msg } = last();
    assert.deepEqual(
      [tokens, inputTokens, key, code, stream, msg],
      [5, 7, "access.total", "provider_auth", "s_1", "an attempt failed"],
    );
    logger.error({ err: new TypeError("outer", { cause: new Error("inner") }) }, "request failed");
    const { err } = last() as { err: { type: string; message: string; stack: string } };
    assert.equal(err.type, "TypeError");
    assert.match(err.message, /outer.*inner/);
    assert.match(err.stack, /logger\.test/);
  });

  test("any text and any nesting leaves a line of JSON", () => {
    const { logger, last } = recording();
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.jsonValue(), (text, value) => {
        logger.info({ text: `://a:${text}@b?token=${text} Bearer ${text}`, value }, text);
        assert.equal(last()["level"], 30);
      }),
    );
  });
});
