/** Browser tests: a real Chromium, served by Vite so that what is tested resolves and compiles as the build does. */
import { existsSync } from "node:fs";

import { chromeLauncher } from "@web/test-runner-chrome";
import { defaultReporter } from "@web/test-runner";
import { createServer } from "vite";

const FILES = "test/browser/**/*.test.ts";

const vite = await createServer({
  configFile: false,
  logLevel: "error",
  appType: "custom",
  cacheDir: "node_modules/.vite-wtr",
  server: { middlewareMode: true, hmr: false, ws: false, watch: null },
  // Named here so that nothing is found late, which would reload a page in mid-test.
  optimizeDeps: { entries: [FILES], include: ["axe-core", "fast-check", "@esm-bundle/chai"] },
});

export default {
  files: FILES,
  testFramework: { config: { ui: "bdd", timeout: 10_000 } },
  // More pages at once than this machine has cores make timeouts, not speed.
  concurrency: 1,
  concurrentBrowsers: 1,
  middleware: [serveByVite],
  plugins: [{ name: "vite-stop", serverStop: () => vite.close() }],
  reporters: [defaultReporter(), counts()],
  browsers: [chromeLauncher({ launchOptions: await findChromium() })],
};

/** $CHROME_PATH, then the system's, then the one that comes with the packages. */
async function findChromium() {
  const paths = [process.env.CHROME_PATH, "/usr/bin/chromium", "/usr/bin/google-chrome"];
  const executablePath = paths.find((path) => path && existsSync(path));
  if (executablePath !== undefined) return { executablePath, args: ["--no-sandbox"] };
  // Read at import: makes the package unpack the libraries a bare machine lacks.
  process.env.AWS_LAMBDA_JS_RUNTIME ??= "nodejs24.x";
  const { default: bundled } = await import("@sparticuz/chromium");
  return {
    executablePath: await bundled.executablePath(),
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
  };
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

/** The closing line `browser: N passed, N failed`; a file that did not load counts as a failure. */
function counts() {
  return {
    onTestRunFinished({ sessions }) {
      const results = sessions.flatMap(({ testResults }) => (testResults ? flatten(testResults) : []));
      const failed = results.filter(({ passed, skipped }) => !passed && !skipped).length;
      const broken = sessions.filter(
        ({ passed, testResults }) => !passed && !(testResults && flatten(testResults).some((test) => !test.passed)),
      ).length;
      // oxlint-disable-next-line no-console -- the line `npm test` reads
      console.log(`browser: ${results.filter(({ passed }) => passed).length} passed, ${failed + broken} failed`);
    },
  };
}

function flatten({ tests, suites }) {
  return [...tests, ...suites.flatMap(flatten)];
}
