/** Browser tests in real engines, served by Vite so that what is tested resolves and compiles as the build does. */
import { defaultReporter } from "@web/test-runner";
import { createServer } from "vite";

import { findEngines } from "./test/browser/launch/engines.ts";
import { ensureScriptBuild } from "./test/e2e/script-build.ts";

const FILES = "test/browser/**/*.test.ts";

// One suite loads the script as pages do.
ensureScriptBuild();

const vite = await createServer({
  configFile: false,
  logLevel: "error",
  appType: "custom",
  cacheDir: "node_modules/.vite-wtr",
  // Not every engine knows `using` yet.
  oxc: { target: "es2022" },
  server: { middlewareMode: true, hmr: false, ws: false, watch: null },
  // Named here so that nothing is found late, which would reload a page in mid-test.
  optimizeDeps: { entries: [FILES], include: ["axe-core", "fast-check", "@esm-bundle/chai"] },
});

// `BROWSERS=all`, or some of chromium, firefox, webkit; one after another.
const { launchers, missing } = await findEngines(process.env.BROWSERS);

export default {
  files: FILES,
  testRunnerHtml: (framework) =>
    `<!doctype html><html><body><script>(${String(prepare)})()</script><script type="module" src="${framework}"></script></body></html>`,
  testFramework: { config: { ui: "bdd", timeout: 30_000 } },
  // More pages at once than this machine has cores make timeouts, not speed.
  concurrency: 1,
  concurrentBrowsers: 1,
  middleware: [serveByVite],
  plugins: [{ name: "vite-stop", serverStop: () => vite.close() }],
  reporters: [defaultReporter(), counts()],
  browsers: launchers,
};

/** Runs before everything else in a page: WebKit has no symbol for `using` yet. */
function prepare() {
  Symbol.dispose ??= Symbol.for("Symbol.dispose");
}

/** Everything but the runner's own pages comes from Vite. */
function serveByVite(context, next) {
  if (context.path === "/" || context.path.startsWith("/__web-")) return next();
  return new Promise((resolve, reject) => {
    context.respond = false;
    context.res.statusCode = 200;
    context.res.on("close", resolve);
    vite.middlewares(context.req, context.res, (error) => {
      if (error) return reject(error);
      context.respond = true;
      context.res.statusCode = 404;
      resolve(next());
    });
  });
}

/**
 * The closing line `browser: N passed, N failed, N skipped`; a file that did not load counts as a failure,
 * and an engine that is not installed as one skipped test, by its name.
 */
function counts() {
  return {
    onTestRunFinished({ sessions }) {
      const results = sessions.flatMap(({ testResults }) => (testResults ? flatten(testResults) : []));
      const failed = results.filter(({ passed, skipped }) => !passed && !skipped).length;
      const broken = sessions.filter(
        ({ passed, testResults }) => !passed && !(testResults && flatten(testResults).some((test) => !test.passed)),
      ).length;
      // oxlint-disable-next-line no-console -- the names of what was not tested
      for (const name of missing) console.log(`skipped: ${name} is not installed`);
      const skipped = results.filter((result) => result.skipped).length + missing.length;
      const passed = results.filter((result) => result.passed && !result.skipped).length;
      // oxlint-disable-next-line no-console -- the line `npm test` reads
      console.log(`browser: ${passed} passed, ${failed + broken} failed, ${skipped} skipped`);
    },
  };
}

function flatten({ tests, suites }) {
  return [...tests, ...suites.flatMap(flatten)];
}
