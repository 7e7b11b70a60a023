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
  const cells: string[] = [];
  let cell = "";
  const text = row.trim();
  for (let at = text[0] === "|" ? 1 : 0; at < text.length; at++) {
    const char = text[at] as string;
    if (char === "|") {
      cells.push(cell.trim());
      cell = "";
    } else if (char === "\\" && at + 1 < text.length) {
      const next = text[++at] as string;
      cell += next === "|" ? next : char + next;
    } else cell += char;
  }
  if (cell.trim() !== "" || !text.endsWith("|")) cells.push(cell.trim());
  return cells;
}
