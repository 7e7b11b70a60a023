/** The fault matrix as a table for people: a row for each fault, a column for each kind of provider. */
import type { ErrorCode } from "../../protocol/index.ts";
import type { Cell, Next } from "./faults.ts";

export interface Row {
  readonly name: string;
  readonly cells: readonly Cell[];
}

const NEXT_MARKS: Readonly<Record<Next, string>> = { again: "↻", "goes on": "↦", elsewhere: "→", stands: "✗" };
const COUNTED = "●";
const NOT_COUNTED = "○";
/** Never in a table that is right. */
const NOT_ONCE = "‼";

/** Markdown, each column as wide as its widest cell. */
export function faultTable(kinds: readonly string[], rows: readonly Row[]): string {
  const lines = [["fault", ...kinds], ...rows.map(({ name, cells }) => [name, ...cells.map(cellText)])];
  const widths = [...lines[0]!.keys()].map((column) => Math.max(...lines.map((line) => line[column]!.length)));
  const written = lines.map((line) => `| ${line.map((text, column) => text.padEnd(widths[column]!)).join(" | ")} |`);
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [written[0]!, rule, ...written.slice(1)].join("\n");
}

/** `overloaded ↻→●`: the code without its family, what follows without a fallback and with one, the breaker. */
const cellText = ({ code, alone, fallback, counted, once }: Cell): string =>
  `${shortCode(code)} ${NEXT_MARKS[alone]}${NEXT_MARKS[fallback]}${counted ? COUNTED : NOT_COUNTED}${once ? "" : NOT_ONCE}`;

const shortCode = (code: ErrorCode): string => code.replace(/^(?:provider|upstream)_|_timeout$/g, "");
