/** Runs every example of the documents that can be run: they are promises. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { completeConfig, readConfigFile } from "../../proxy/config.ts";
import { createProxy } from "../../proxy/index.ts";
import type { Proxy } from "../../proxy/index.ts";
import { ERROR_CODES } from "../../protocol/index.ts";

const run = promisify(execFile);
const root = join(dirname(fileURLToPath(import.meta.url)), "../..");

interface Example {
  readonly at: string;
  readonly language: string;
  /** The word after the language: what kind of example it is. */
  readonly kind: string;
  readonly text: string;
}

const documents = [
  "README.md",
  ...readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

const examples: Example[] = documents.flatMap((name) => {
  const text = readFileSync(join(root, name), "utf8");
  return [...text.matchAll(/^```(\w+) ?(\w*)\n([\s\S]*?)^```$/gm)].map((match) => ({
    at: `${name}:${text.slice(0, match.index).split("\n").length}`,
    language: match[1]!,
    kind: match[2]!,
    text: match[3]!,
  }));
});
const ofKind = (kind: string) => examples.filter((example) => example.kind === kind);

/** What the documents' configurations read from the environment. */
const ENVIRONMENT = {
  OPENAI_API_KEY: "k",
  ANTHROPIC_API_KEY: "k",
  LLM_KEY: "k",
  AI_STREAM_SECRET: "0123456789abcdef0123456789abcdef",
};

describe("the documents", () => {
  const folder = mkdtempSync(join(tmpdir(), "ai-stream-docs-"));
  let proxy: Proxy;
  let url: string;
  before(async () => {
    proxy = await createProxy({ port: 0, store: "sqlite::memory:" }, { env: {}, logLevel: "silent" });
    ({ url } = await proxy.listen());
  });
  after(async () => {
    await proxy.close(0);
    rmSync(folder, { recursive: true, force: true });
  });

  /** An example of TypeScript as a file of its own, with the package's names pointing at the sources. */
  function asFile({ at, text }: Example): string {
    const file = join(folder, `${at.replace(/\W/g, "-")}.ts`);
    const source = (path: string) => pathToFileURL(join(root, path)).href;
    writeFileSync(
      file,
      text
        .replaceAll('"ai-stream-element/proxy"', JSON.stringify(source("proxy/index.ts")))
        .replaceAll('"ai-stream-element/client"', JSON.stringify(source("widget/client.ts")))
        .replaceAll("https://proxy.example", url),
    );
    return file;
  }

  test("there are examples of every kind", () => {
    for (const kind of ["config", "run", "program", "client", "message", "error", "token", "csp"]) {
      assert.ok(ofKind(kind).length > 0, kind);
    }
  });

  for (const example of ofKind("config")) {
    test(`the configuration at ${example.at} is valid`, async () => {
      const file =
        example.language === "json" ? join(folder, `${example.at.replace(/\W/g, "-")}.json`) : asFile(example);
      if (example.language === "json") writeFileSync(file, example.text);
      const config = completeConfig(await readConfigFile(file), ENVIRONMENT);
      assert.ok(Object.keys(config.agents).length > 0);
    });
  }

  for (const example of ofKind("run")) {
    test(`the command at ${example.at} gets an answer`, async () => {
      const { stdout } = await run("bash", ["-euo", "pipefail", "-c", example.text], {
        env: { ...process.env, PROXY: url },
      });
      assert.match(stdout, /"id":"[sm]_/);
      assert.doesNotMatch(stdout, /"error":\{"code"/);
    });
  }

  for (const example of [...ofKind("program"), ...ofKind("client")]) {
    test(`the program at ${example.at} runs to its end`, async () => {
      const { stdout } = await run(process.execPath, [asFile(example)], { timeout: 60_000 });
      assert.notEqual(stdout.trim(), "");
    });
  }

  for (const example of ofKind("token")) {
    test(`the token of ${example.at} is one the proxy takes`, async () => {
      const [, ...args] = example.text.trim().split(" ");
      const { stdout } = await run(process.execPath, [join(root, "proxy/cli.ts"), ...args], {
        cwd: folder,
        env: { ...process.env, ...ENVIRONMENT },
      });
      const [, claims] = stdout.trim().split(".");
      const { sub, origin } = JSON.parse(Buffer.from(claims!, "base64url").toString()) as {
        sub: string;
        origin: string;
      };
      assert.deepEqual([sub, origin], ["user-42", "https://example.com"]);
    });
  }

  test("the message and the error have the documented fields", async () => {
    const wait = { "content-type": "application/json", prefer: "wait" };
    const answer = await fetch(`${url}/v1/streams`, { method: "POST", headers: wait, body: '{"input":"hello"}' });
    const refusal = await fetch(`${url}/v1/streams`, { method: "POST", headers: wait, body: '{"input":""}' });
    const documented = JSON.parse(ofKind("message")[0]!.text) as object;
    assert.deepEqual(Object.keys((await answer.json()) as object).sort(), Object.keys(documented).sort());
    assert.deepEqual(await refusal.json(), JSON.parse(ofKind("error")[0]!.text));
  });

  test("the demo page is served under the documented policy", async () => {
    const policy = (await fetch(url)).headers.get("content-security-policy");
    assert.equal(policy, ofKind("csp")[0]!.text.trim());
  });

  test("every error code is documented, with its status", () => {
    const text = readFileSync(join(root, "docs/protocol.md"), "utf8");
    for (const [code, { http }] of Object.entries(ERROR_CODES)) {
      if (code === "cancelled") continue; // The outcome of an attempt, not a failure anybody is told.
      const row = text.split("\n").find((line) => line.startsWith("|") && line.includes(`\`${code}\``));
      assert.ok(row !== undefined, code);
      if (/\| \d{3} \|/.test(row)) assert.match(row, new RegExp(`\\| ${http} \\|`), code);
    }
  });

  test("every link between the documents leads somewhere", () => {
    for (const name of documents) {
      for (const [, target] of readFileSync(join(root, name), "utf8").matchAll(/\]\((?!https?:)([^)#]+)\)/g)) {
        assert.ok(existsSync(join(root, dirname(name), target!)), `${name}: ${target}`);
      }
    }
  });
});
