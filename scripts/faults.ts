/** Writes docs/faults.md: `node scripts/faults.ts`. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { faultDocument } from "../test/matrix/fault-document.ts";

writeFileSync(join(import.meta.dirname, "../docs/faults.md"), faultDocument());
