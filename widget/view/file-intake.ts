/** How files come in: picked, dropped or pasted, anywhere on the element. */

export function pickFiles(take: (files: readonly File[]) => void): void {
  const input = document.createElement("input");
  input.type = "file";
  input.multiple = true;
  input.addEventListener("change", () => take([...(input.files ?? [])]));
  input.click();
}

/** Listens as long as the element lives: the listeners go with its shadow root. */
export function takeInFiles(root: ShadowRoot, take: (files: readonly File[]) => void): void {
  const onFiles = (event: Event): void => {
    const { dataTransfer, clipboardData } = event as Partial<DragEvent & ClipboardEvent>;
    const files = [...((dataTransfer ?? clipboardData)?.files ?? [])];
    if (files.length === 0) return;
    event.preventDefault();
    take(files);
  };
  root.addEventListener("paste", onFiles);
  root.addEventListener("drop", onFiles);
  root.addEventListener("dragover", (event) => {
    // Otherwise the browser opens what is dropped in place of the page.
    if ((event as DragEvent).dataTransfer?.types.includes("Files") === true) event.preventDefault();
  });
}
