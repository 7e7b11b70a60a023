/** A Vite plugin for the script-tag build: the hash of each script, and none of an earlier build left beside them. */
import { createHash } from "node:crypto";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

const OURS = /^ai-stream[\w.-]*\.(js|js\.map)$/;

/** Runs last, so that it sees the final bytes. @param fileName where the hashes go, by the scripts' names */
export function integrity(fileName: string): Plugin {
  return {
    name: "integrity",
    apply: "build",
    enforce: "post",
    generateBundle: {
      order: "post",
      handler(_options, bundle) {
        const hashes = Object.values(bundle)
          .filter((file) => file.type === "chunk")
          .map((file) => [file.fileName, `sha384-${createHash("sha384").update(file.code).digest("base64")}`]);
        this.emitFile({
          type: "asset",
          fileName,
          source: `${JSON.stringify(Object.fromEntries(hashes), null, 2)}\n`,
        });
      },
    },
    // The names of lazy parts change with what is in them: the ones of before are never asked for again.
    writeBundle({ dir }, bundle) {
      for (const name of readdirSync(dir!)) if (OURS.test(name) && !(name in bundle)) rmSync(join(dir!, name));
    },
  };
}
