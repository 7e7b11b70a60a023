#!/usr/bin/env node
/** The `ai-stream` command: the sources in a clone, the compiled proxy in the published package, which has no sources. */
import { existsSync } from "node:fs";

const sources = new URL("../proxy/cli.ts", import.meta.url);
const compiled = new URL("../dist/proxy/cli.js", import.meta.url);

await import(String(existsSync(sources) ? sources : compiled));
