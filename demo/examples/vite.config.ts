/** Builds one example, `vite build demo/examples/react --config demo/examples/vite.config.ts`, with the package in this clone. */
import { svelte } from "@sveltejs/vite-plugin-svelte";
import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vite";

const source = (name: string): string => new URL(`../../widget/${name}.ts`, import.meta.url).pathname;

export default defineConfig({
  plugins: [
    vue({ template: { compilerOptions: { isCustomElement: (tag) => tag === "ai-stream" } } }),
    svelte({ configFile: false }),
  ],
  resolve: {
    alias: [
      { find: /^ai-stream-element$/, replacement: source("index") },
      { find: /^ai-stream-element\/(\w+)$/, replacement: source("$1") },
    ],
  },
  // Angular's decorators.
  oxc: { decorator: { legacy: true } },
  build: { target: "es2022", emptyOutDir: true, reportCompressedSize: false },
});
