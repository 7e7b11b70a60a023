/** Files a person picked, as they travel in a start request. */
import type { Attachment } from "../protocol/index.ts";

/** Arguments a function call takes everywhere. */
const SLICE_BYTES = 8_192;

/** @throws {DOMException} when the file cannot be read any more */
export async function encodeAttachment(file: File): Promise<Attachment> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let binary = "";
  for (let from = 0; from < bytes.length; from += SLICE_BYTES) {
    binary += String.fromCharCode(...bytes.subarray(from, from + SLICE_BYTES));
  }
  return { name: file.name, mediaType: file.type || "application/octet-stream", data: btoa(binary) };
}
