/**
 * `npm start`: builds the script-tag file, then serves from the sources in this same process; stdout holds the proxy's
 * own line only. Arguments go to `serve`: `npm start -- --port 0`.
 *
 * npm hands a signal to its shell, which dies without passing it on: so the script makes the shell `exec` this process
 * in its place. Windows has no `exec`: there it is `node scripts/start.ts`.
 */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The build takes 3 s on a slow machine; one that hangs must not hang the start. */
const BUILD_TIMEOUT_MS = 120_000;
const VITE = fileURLToPath(import.meta.resolve("vite/package.json")).replace("package.json", "bin/vite.js");

// What the build has to say goes to stderr.
execFileSync(process.execPath, [VITE, "build", "-m", "script", "--logLevel", "error"], {
  stdio: ["ignore", 2, 2],
  timeout: BUILD_TIMEOUT_MS,
});
process.argv.splice(2, 0, "serve");
await import("../proxy/cli.ts");
