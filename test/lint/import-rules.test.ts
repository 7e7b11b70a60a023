import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";

/** A folder, what it may import and what it may not: the table of CONTRIBUTING.md, as oxlint must see it. */
interface Rule {
  readonly file: string;
  readonly legal: readonly string[];
  readonly illegal: readonly string[];
}

const ROOT = dirname(dirname(import.meta.dirname));
/** A diagnostic takes under 1 KB and the probes cause some eighty. */
const MAX_REPORT_BYTES = 1 << 20;
const PROTOCOL = "../../protocol/index.ts";
const RULES: readonly Rule[] = [
  {
    file: "protocol/probe.ts",
    legal: ["./cursor.ts"],
    illegal: ["node:fs", "lit", "zod", "../proxy/config.ts", "../widget/chat.ts"],
  },
  {
    file: "proxy/provider/probe.ts",
    legal: [
      PROTOCOL,
      "./provider.ts",
      "openai",
      "@anthropic-ai/sdk",
      "undici",
      "eventsource-parser/stream",
      "node:http",
    ],
    illegal: ["../pump/pump.ts", "../stream-log/stream-log.ts", "../route/retry.ts", "ws", "../../widget/chat.ts"],
  },
  {
    file: "proxy/route/probe.ts",
    legal: [PROTOCOL, "../provider/provider.ts", "../provider/key-ring.ts", "cockatiel"],
    illegal: ["../provider/openai-chat.ts", "../pump/pump.ts", "openai"],
  },
  {
    file: "proxy/spend/probe.ts",
    legal: [PROTOCOL, "../provider/provider.ts", "../route/price.ts", "../stream-log/ledger.ts"],
    illegal: ["../provider/openai-chat.ts", "../pump/pump.ts", "../stream-log/sqlite-log.ts", "../agent/loop.ts"],
  },
  {
    file: "proxy/agent/probe.ts",
    legal: [PROTOCOL, "../provider/provider.ts", "../route/retry.ts", "../spend/meter.ts", "node:timers/promises"],
    illegal: [
      "../spend/ledger.ts",
      "../provider/openai-chat.ts",
      "../pump/pump.ts",
      "../stream-log/sqlite-log.ts",
      "../delivery/viewer.ts",
    ],
  },
  {
    file: "proxy/stream-log/probe.ts",
    legal: [PROTOCOL, "./stream-log.ts", "node:sqlite", "redis"],
    illegal: ["../pump/pump.ts", "../delivery/viewer.ts", "fastify"],
  },
  {
    file: "proxy/pump/probe.ts",
    legal: [PROTOCOL, "../agent/loop.ts", "../stream-log/stream-log.ts", "../stream-log/tail.ts"],
    illegal: [
      "../delivery/viewer.ts",
      "../stream-log/sqlite-log.ts",
      "../provider/provider.ts",
      "../../widget/chat.ts",
    ],
  },
  {
    file: "proxy/delivery/probe.ts",
    legal: [PROTOCOL, "../stream-log/stream-log.ts", "ws", "node:http"],
    illegal: ["../pump/pump.ts", "../stream-log/sqlite-log.ts", "../agent/loop.ts", "fastify"],
  },
  {
    file: "proxy/projection/probe.ts",
    legal: [PROTOCOL, "../delivery/viewer.ts"],
    illegal: ["../delivery/sse-delivery.ts", "../stream-log/stream-log.ts", "openai"],
  },
  {
    file: "proxy/guard/probe.ts",
    legal: [PROTOCOL, "node:crypto"],
    illegal: ["../observe/logger.ts", "../config.ts", "pino"],
  },
  {
    file: "proxy/observe/probe.ts",
    legal: [PROTOCOL, "pino", "prom-client", "../provider/provider.ts", "../stream-log/tail.ts"],
    illegal: ["../guard/origin.ts", "../config.ts", "../provider/openai-chat.ts", "../stream-log/sqlite-log.ts", "ws"],
  },
  {
    file: "proxy/command/probe.ts",
    legal: ["../../protocol/index.ts", "../server.ts", "../../widget/client.ts"],
    illegal: ["../../widget/ai-stream.ts", "../stream-log/sqlite-log.ts", "../../demo/server.ts"],
  },
  {
    file: "proxy/probe.ts",
    legal: ["../protocol/index.ts", "./pump/pump-registry.ts", "./stream-log/stream-log.ts", "fastify"],
    illegal: ["../widget/chat.ts", "../demo/server.ts", "./stream-log/sqlite-log.ts"],
  },
  {
    file: "proxy/server.ts",
    legal: ["./stream-log/sqlite-log.ts", "./delivery/viewer.ts"],
    illegal: ["../widget/chat.ts"],
  },
  {
    file: "widget/connection/probe.ts",
    legal: [PROTOCOL, "reconnecting-websocket"],
    illegal: ["lit", "katex", "../chat.ts", "../buffer/token-buffer.ts", "node:events", "../../proxy/config.ts"],
  },
  {
    file: "widget/buffer/probe.ts",
    legal: [PROTOCOL],
    illegal: ["lit", "reconnecting-websocket", "../connection/connection.ts", "node:events"],
  },
  {
    file: "widget/render/probe.ts",
    legal: [PROTOCOL, "lit", "lit/directives/repeat.js", "katex", "entities"],
    illegal: ["../connection/connection.ts", "../ai-stream.ts", "node:path"],
  },
  {
    file: "widget/probe.ts",
    legal: ["../protocol/index.ts", "lit", "./render/parse-blocks.ts", "./connection/connection.ts"],
    illegal: ["../proxy/config.ts", "node:events", "katex"],
  },
  { file: "demo/probe.ts", legal: ["ai-stream-element"], illegal: ["../widget/index.ts", "../proxy/server.ts"] },
];

let folder: string;
let found: ReadonlyMap<string, ReadonlySet<number>>;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "import-rules-"));
  await cp(join(ROOT, ".oxlintrc.json"), join(folder, ".oxlintrc.json"));
  await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
  for (const { file, legal, illegal } of RULES) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    const source = [...legal, ...illegal].map((name) => `import ${JSON.stringify(name)};\n`).join("");
    await writeFile(join(folder, file), source);
  }
  found = await restrictedLines(folder);
});
after(() => rm(folder, { recursive: true, force: true }));

for (const { file, legal, illegal } of RULES) {
  test(`${dirname(file)}/: the lint passes what ${file} may import and fails the rest`, () => {
    const names = [...legal, ...illegal];
    const refused = names.filter((_, index) => found.get(file)?.has(index + 1) ?? false);
    assert.deepEqual(refused, illegal);
  });
}

test("protocol/ may not name a global of the browser or of Node", async () => {
  await writeFile(join(folder, "protocol/globals.ts"), "export const found = [document, process];\n");
  const { diagnostics } = await oxlint(folder, "protocol/globals.ts");
  assert.deepEqual(diagnostics.map(({ code }) => code).sort(), ["eslint(no-undef)", "eslint(no-undef)"]);
});

test("a file over 300 lines and an import cycle fail the lint", async () => {
  await writeFile(join(folder, "widget/long.ts"), "export {};\n".repeat(301));
  await writeFile(join(folder, "widget/a.ts"), 'import { b } from "./b.ts";\nexport const a = (): unknown => b;\n');
  await writeFile(join(folder, "widget/b.ts"), 'import { a } from "./a.ts";\nexport const b = (): unknown => a;\n');
  const { diagnostics } = await oxlint(folder, "widget/long.ts", "widget/a.ts", "widget/b.ts");
  const codes = new Set(diagnostics.map(({ code }) => code));
  assert.ok(codes.has("eslint(max-lines)"), [...codes].join());
  assert.ok(codes.has("import(no-cycle)"), [...codes].join());
});

interface Report {
  readonly diagnostics: readonly {
    readonly code: string;
    readonly filename: string;
    readonly labels: readonly { readonly span: { readonly line: number } }[];
  }[];
}

/** The lines of each file that import what they may not. */
async function restrictedLines(cwd: string): Promise<Map<string, Set<number>>> {
  const lines = new Map<string, Set<number>>();
  for (const { code, filename, labels } of (await oxlint(cwd, "protocol", "proxy", "widget", "demo")).diagnostics) {
    if (code !== "eslint(no-restricted-imports)") continue;
    const ofFile = lines.get(filename) ?? new Set();
    lines.set(filename, ofFile.add(labels[0]?.span.line ?? 0));
  }
  return lines;
}

/** Runs the linter as `npm run lint` finds it; an exit code other than 0 is expected here. */
function oxlint(cwd: string, ...files: readonly string[]): Promise<Report> {
  const bin = join(ROOT, "node_modules/.bin/oxlint");
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [bin, "--format", "json", ...files],
      { cwd, maxBuffer: MAX_REPORT_BYTES },
      (error, stdout) => {
        try {
          resolve(JSON.parse(stdout) as Report);
        } catch {
          reject(error ?? new Error(`Cannot read the linter's report: ${stdout}`));
        }
      },
    );
  });
}
