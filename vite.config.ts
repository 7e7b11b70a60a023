/**
 * The script-tag build: `vite build -m script` writes dist/ai-stream.js (module, minified, everything inside), lazily
 * loaded parts beside it as ai-stream.NAME.HASH.js, and their integrity hashes in dist/ai-stream.integrity.json.
 * The npm form needs no bundler: tsc emits it.
 */
import { defineConfig, type UserConfig } from "vite";

import { integrity } from "./scripts/integrity.ts";
import { leaveNoGlobals } from "./scripts/leave-no-globals.ts";
import { minifyTemplates } from "./scripts/minify-templates.ts";
import { noHtmlSinks } from "./scripts/no-html-sinks.ts";
import { slimLit } from "./scripts/slim-lit.ts";

const INTEGRITY_FILE = "ai-stream.integrity.json";

/**
 * The conversation at work and what it shares with the parts that come after it, so that they have it from there: a
 * chunk of what is shared would be one more request before the first answer.
 */
const TALK = /\/(widget\/talk|widget\/connection\/transport|protocol\/log-entry)\.ts$|rolldown\/runtime/;

export default defineConfig(({ mode }) => {
  if (mode !== "script") throw new Error(`Cannot build mode "${mode}": expected \`vite build -m script\``);
  return script;
});

const script: UserConfig = {
  // The page's own files are served by the proxy, never copied into the build.
  publicDir: false,
  // The package's own source in place of what it was compiled to for ES5: the same, without the helpers that takes.
  resolve: { alias: { "reconnecting-websocket": "reconnecting-websocket/reconnecting-websocket.ts" } },
  plugins: [minifyTemplates(), leaveNoGlobals(), noHtmlSinks(), slimLit(), integrity(INTEGRITY_FILE)],
  build: {
    target: "es2022",
    outDir: "dist",
    // tsc writes there too.
    emptyOutDir: false,
    sourcemap: true,
    // `npm run size` reports the size, against its budget.
    reportCompressedSize: false,
    lib: { entry: { "ai-stream": "widget/index.ts" }, formats: ["es"] },
    rolldownOptions: {
      // A library build keeps white space unless the output says otherwise.
      output: {
        minify: true,
        entryFileNames: "[name].js",
        chunkFileNames: "ai-stream.[name].[hash].js",
        codeSplitting: { groups: [{ name: "talk", test: TALK }] },
      },
    },
  },
};
