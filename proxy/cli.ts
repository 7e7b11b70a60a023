#!/usr/bin/env node
/** The command: finds which one is meant, runs it, and turns its outcome into an exit code. */
import { parseArgs } from "node:util";
import { ConfigError } from "./config.ts";
import { isStreamError } from "../protocol/index.ts";

const USAGE = `Usage:
  ai-stream serve [--config FILE] [--host H] [--port N] [--store URL]
  ai-stream check [--config FILE]
  ai-stream ask "…" [--url U] [--agent A] [--token T]
  ai-stream token --sub ID [--ttl 1h] [--origin O] [--config FILE]
  ai-stream doctor URL [--origin O] [--idle SECONDS] [--token T] [--json]
`;

/** Bad usage and bad configuration, as distinct from a failure while running. */
const EXIT_USAGE = 2;

export interface Arguments {
  readonly positionals: readonly string[];
  /** A flag that is set is "true". */
  readonly values: Readonly<Record<string, string | undefined>>;
}

type Command = (args: Arguments) => Promise<number>;

/** Loaded when used: `ask` needs none of what `serve` does. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import("./command/serve.ts")).serve,
  check: async () => (await import("./command/check.ts")).check,
  ask: async () => (await import("./command/ask.ts")).ask,
  token: async () => (await import("./command/token.ts")).token,
  doctor: async () => (await import("./command/doctor.ts")).doctor,
};

const TEXTS = ["config", "host", "port", "store", "url", "agent", "token", "sub", "ttl", "origin", "idle"];
const FLAGS = ["json"];
const OPTIONS = Object.fromEntries([
  ...TEXTS.map((name) => [name, { type: "string" as const }] as const),
  ...FLAGS.map((name) => [name, { type: "boolean" as const }] as const),
]);

async function main(argv: readonly string[]): Promise<number> {
  const [name = "", ...rest] = argv;
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name]! : null;
  if (name === "--help" || name === "help") {
    process.stdout.write(USAGE);
    return 0;
  }
  if (command === null) {
    process.stderr.write(name === "" ? USAGE : `ai-stream: found command "${name}", expected one of these\n${USAGE}`);
    return EXIT_USAGE;
  }
  try {
    const { positionals, values } = parseArgs({ args: rest, options: OPTIONS, allowPositionals: true });
    const texts = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, String(value)]));
    return await (
      await command()
    )({ positionals, values: texts });
  } catch (thrown) {
    process.stderr.write(`ai-stream ${name}: ${explain(thrown)}\n`);
    return thrown instanceof ConfigError || isUsageError(thrown) ? EXIT_USAGE : 1;
  }
}

function explain(thrown: unknown): string {
  if (thrown instanceof ConfigError) {
    return `the configuration has ${thrown.mistakes.length} mistake(s)\n${thrown.message.replace(/^/gm, "  ")}`;
  }
  if (isStreamError(thrown)) return `${thrown.message} (${thrown.code})`;
  return thrown instanceof Error ? thrown.message : String(thrown);
}

const isUsageError = (thrown: unknown): boolean =>
  thrown instanceof Error && "code" in thrown && String(thrown.code).startsWith("ERR_PARSE_ARGS");

process.exitCode = await main(process.argv.slice(2));
