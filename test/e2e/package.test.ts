/** The package as npm publishes it, in a project of its own: every entry point works, typed, where there is no browser. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { ensureScriptBuild } from "./script-build.ts";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const BIN = join(ROOT, "node_modules/.bin");

/** Some names of each entry point. */
const ENTRIES = {
  "ai-stream-element": ["AiStream", "AiStreamMessageEvent"],
  "ai-stream-element/client": ["createClient", "visibleText", "StreamError"],
  "ai-stream-element/react": ["AiStream"],
  "ai-stream-element/protocol": ["fold", "decodeServerFrame", "emptyMessage"],
  "ai-stream-element/proxy": ["createProxy", "defineConfig", "defineTool"],
};

const WRONG = { element: 'mode="nothing"', react: "endpoint={7}" };

/** A program of each framework; the marked lines are wrong, and have to be found so. */
const PROGRAMS = {
  "dom.ts": `import { AiStream } from "ai-stream-element";
    const element: AiStream = document.createElement("ai-stream");
    element.addEventListener("ai-stream-message", (event) => console.log(event.message.end?.reason));
    // @ts-expect-error no such field
    element.addEventListener("ai-stream-start", (event) => console.log(event.nothing));`,
  "client.ts": `import { createClient } from "ai-stream-element/client";
    import type { Message } from "ai-stream-element/protocol";
    import { defineConfig } from "ai-stream-element/proxy";
    export const ask = async (): Promise<Message> => createClient({ endpoint: "http://x" }).stream({ input: "?" }).done;
    // @ts-expect-error a port is a number
    export default defineConfig({ port: "high" });`,
  "react.tsx": `/** @jsxImportSource react */
    import { AiStream } from "ai-stream-element/react";
    export const good = <AiStream endpoint="/" onMessage={(event) => console.log(event.message.end)} />;
    // @ts-expect-error no number
    export const bad = <AiStream ${WRONG.react} />;`,
  "react-19.tsx": `/** @jsxImportSource react */
    import type {} from "ai-stream-element/types/react";
    export const good = <ai-stream endpoint="/" onai-stream-message={(event) => console.log(event.message.end)} />;
    // @ts-expect-error no number
    export const bad = <ai-stream endpoint={7} />;`,
  "preact.tsx": `/** @jsxImportSource preact */
    import type {} from "ai-stream-element/types/preact";
    export const good = <ai-stream endpoint="/" onai-stream-message={(event) => console.log(event.message.end)} />;
    // @ts-expect-error no number
    export const bad = <ai-stream endpoint={7} />;`,
  "solid.tsx": `/** @jsxImportSource solid-js */
    import type {} from "ai-stream-element/types/solid";
    export const good = <ai-stream endpoint="/" prop:tools={{}} on:ai-stream-message={(event) => console.log(event.message)} />;
    // @ts-expect-error no number
    export const bad = <ai-stream endpoint={7} />;`,
  "vue.ts": `import type {} from "ai-stream-element/types/vue";
    import type { GlobalComponents } from "vue";
    type Props = InstanceType<GlobalComponents["ai-stream"]>["$props"];
    export const good: Props = { endpoint: "/", onAiStreamMessage: (event) => console.log(event.message.end) };
    // @ts-expect-error no number
    export const bad: Props = { endpoint: 7 };`,
  "svelte.ts": `import type {} from "ai-stream-element/types/svelte";
    import type { SvelteHTMLElements } from "svelte/elements";
    type Props = SvelteHTMLElements["ai-stream"];
    export const good: Props = { endpoint: "/", "onai-stream-message": (event) => console.log(event.message.end) };
    // @ts-expect-error no number
    export const bad: Props = { endpoint: 7 };`,
};

describe("the package", () => {
  const project = mkdtempSync(join(tmpdir(), "ai-stream-package-"));
  const installed = join(project, "node_modules/ai-stream-element");

  before(async () => {
    ensureScriptBuild();
    await run(process.execPath, [join(BIN, "tsc"), "-p", "tsconfig.build.json"], { cwd: ROOT });
    await run(process.execPath, [join(ROOT, "scripts/manifest.ts")], { cwd: ROOT });
    const { stdout } = await run("npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", project], {
      cwd: ROOT,
    });
    mkdirSync(installed, { recursive: true });
    await run("tar", ["-xzf", join(project, stdout.trim()), "--strip-components=1", "-C", installed]);
    linkPackages(join(project, "node_modules"));
    writeFileSync(join(project, "package.json"), '{ "type": "module" }');
  });
  after(() => rmSync(project, { recursive: true, force: true }));

  for (const [entry, names] of Object.entries(ENTRIES)) {
    test(`${entry} can be imported in Node, and says nothing`, async () => {
      const program = `import * as all from "${entry}"; console.log(JSON.stringify(Object.keys(all)));`;
      const { stdout, stderr } = await run(process.execPath, ["--input-type=module", "-e", program], { cwd: project });
      const exported = JSON.parse(stdout) as string[];
      assert.deepEqual(
        names.filter((name) => !exported.includes(name)),
        [],
      );
      assert.equal(stderr, "");
    });
  }

  test("React renders the component on a server", async () => {
    const program = `
      import { createElement } from "react";
      import { renderToString } from "react-dom/server";
      import { AiStream } from "ai-stream-element/react";
      console.log(renderToString(createElement(AiStream, { endpoint: "/chat", lang: "fr" })));`;
    const { stdout } = await run(process.execPath, ["--input-type=module", "-e", program], { cwd: project });
    assert.match(stdout, /^<ai-stream[^>]*lang="fr"/);
  });

  test("the command runs", async () => {
    const { stdout } = await run(process.execPath, [join(installed, "bin/ai-stream.js"), "--help"], { cwd: project });
    assert.match(stdout, /ai-stream/);
  });

  test("its types serve the DOM, React, Preact, Solid, Vue and Svelte", async () => {
    for (const [name, text] of Object.entries(PROGRAMS)) writeFileSync(join(project, name), text);
    const options = { strict: true, noEmit: true, skipLibCheck: true, jsx: "react-jsx", types: [] };
    const compilerOptions = { ...options, target: "es2022", module: "esnext", moduleResolution: "bundler" };
    writeFileSync(
      join(project, "tsconfig.json"),
      JSON.stringify({ compilerOptions: { ...compilerOptions, lib: ["es2024", "dom", "dom.iterable"] } }),
    );
    const told = await run(process.execPath, [join(BIN, "tsc"), "-p", project]).catch((error: unknown) => error);
    assert.equal((told as { stdout: string }).stdout, "");
  });

  test("the manifest tells the element, its attributes, events, slots and parts; the editor the same attributes", () => {
    const read = (name: string): unknown => JSON.parse(readFileSync(join(installed, "dist", name), "utf8"));
    const { modules } = read("custom-elements.json") as {
      modules: { path: string; declarations?: { tagName?: string; [list: string]: unknown }[] }[];
    };
    for (const { path } of modules) assert.ok(readFileSync(join(installed, path)).length > 0, path);
    const element = modules
      .flatMap(({ declarations = [] }) => declarations)
      .find((one) => one.tagName === "ai-stream")!;
    const namesOf = (list: string): string[] =>
      (element[list] as { name: string; privacy?: string }[]).map(({ name }) => name);
    assert.ok(namesOf("attributes").includes("access-token"));
    assert.ok(namesOf("events").includes("ai-stream-message"));
    assert.ok(namesOf("slots").includes("welcome"));
    assert.ok(namesOf("cssParts").includes("composer"));
    assert.ok(namesOf("cssProperties").includes("--ai-stream-accent"));
    assert.ok(namesOf("members").includes("send") && !namesOf("members").includes("draft"));
    const { tags } = read("vscode.html-custom-data.json") as { tags: { attributes: { name: string }[] }[] };
    assert.deepEqual(
      tags[0]!.attributes.map(({ name }) => name),
      namesOf("attributes"),
    );
  });
});

/** What `npm install` would bring, from what this clone has. */
function linkPackages(folder: string): void {
  const from = join(ROOT, "node_modules");
  for (const name of readdirSync(from)) if (!name.startsWith(".")) symlinkSync(join(from, name), join(folder, name));
}
