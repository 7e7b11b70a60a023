/** Copies code and answers. */

/** The code of the listing a button belongs to: its runs of lines are joined by newlines. */
export const codeBeside = (button: HTMLElement): string =>
  Array.from(button.closest("figure")?.querySelectorAll("code > span") ?? [], (run) => run.textContent).join("\n");

/**
 * Puts text on the clipboard, also on pages served without TLS, where browsers hide the clipboard interface.
 * @throws {Error} when the browser allows neither way
 */
export async function copyText(text: string, near: HTMLElement): Promise<void> {
  if (navigator.clipboard !== undefined) return navigator.clipboard.writeText(text);
  const field = document.createElement("textarea");
  field.value = text;
  near.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  if (!done) throw new Error("The browser did not allow copying");
}
