/** Rows of tables: cells between pipes. */
import type { Align } from "./block.ts";

const DELIMITER_CELL = /^:?-+:?$/;

/** The columns' sides when a line is the one between a table's head and its body, else null. */
export function readDelimiters(line: string): Align[] | null {
  if (!line.includes("|") || !/^[|:\-\s]+$/.test(line)) return null;
  const cells = cellsOf(line);
  return cells.every((cell) => DELIMITER_CELL.test(cell)) ? cells.map(alignOf) : null;
}

function alignOf(cell: string): Align {
  if (!cell.endsWith(":")) return cell.startsWith(":") ? "left" : "";
  return cell.startsWith(":") ? "center" : "right";
}

/** The text of each cell; an escaped pipe is one of its characters, even in code. */
export function cellsOf(row: string): string[] {
  const text = row.trim();
  // No text has a zero character: each was replaced.
  const cells = text
    .replace(/\\([^])/g, (written, char) => (char === "|" ? "\0" : written))
    .replace(/^\|/, "")
    .split("|")
    .map((cell) => cell.replaceAll("\0", "|").trim());
  if (cells.at(-1) === "" && text.endsWith("|")) cells.pop();
  return cells;
}
