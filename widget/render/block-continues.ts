/** Whether an open block goes on in the next line. */
import type { Block } from "./block.ts";
import { skipQuoteMark } from "./block-starts.ts";
import type { Line } from "./line.ts";

export const isCode = ({ kind }: Block): boolean => kind === "code" || kind === "html" || kind === "run";

/** Whether an open block goes on in a line; what belongs to the block alone is skipped. */
export function goesOn(block: Block, line: Line): boolean {
  switch (block.kind) {
    case "quote":
      if (line.indent >= 4 || line.text[line.next] !== ">") return false;
      skipQuoteMark(line);
      return true;
    case "item":
      return goesInto(line, (block.list?.offset ?? 0) + (block.list?.padding ?? 0), block.children.length > 0);
    case "footnote":
      return goesInto(line, 4, true);
    case "code":
      if (block.fence?.closing === null) return goesInto(line, 4, true);
      line.skip(Math.min(block.fence?.indent ?? 0, line.indent));
      return true;
    case "html":
      return block.htmlEnd !== null || !line.isBlank;
    case "paragraph":
    case "table":
      return !line.isBlank;
    default:
      return true;
  }
}

function goesInto(line: Line, columns: number, mayBeBlank: boolean): boolean {
  if (line.isBlank ? !mayBeBlank : line.indent < columns) return false;
  line.skip(Math.min(line.indent, columns));
  return true;
}
