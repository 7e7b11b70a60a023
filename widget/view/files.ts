/** The files a message will carry: checked when they are picked, shown with what is still free, taken when it is sent. */
import type { CSSResult } from "lit";
import type { InputLimits } from "../chat.ts";
import type { WordKit } from "./desk-host.ts";
import type { Kit } from "./kit.ts";

/** What every provider that reads images reads. */
const IMAGE = /^image\/(?:png|jpe?g|gif|webp)$/;
/** Types that are sent as they are; other texts as plain ones, for systems guess oddly. */
const TEXT = /^(?:text\/|application\/(?:json|xml|yaml|javascript|x-sh)\b)/;
/** Pixels of a preview's longer side, for a screen of twice the density. */
const PREVIEW_PX = 96;

interface Staged {
  readonly file: File;
  /** Null for a text, and for an image that the browser cannot read. */
  readonly preview: HTMLCanvasElement | null;
}

export class Files {
  readonly #kit: WordKit;
  readonly #limits: () => InputLimits;
  readonly #onChange: () => void;
  #staged: readonly Staged[] = [];
  #refused: readonly string[] = [];

  /** @param onChange told when it is to be drawn anew */
  constructor(kit: WordKit, limits: () => InputLimits, onChange: () => void) {
    this.#kit = kit;
    this.#limits = limits;
    this.#onChange = onChange;
  }

  /** Takes what may be sent, in order; says of the rest why not. */
  async add(files: Iterable<File>): Promise<void> {
    this.#refused = [];
    for (const file of files) {
      const readable = await readableOf(file);
      const refusal =
        readable === null ? this.#kit.say(this.#kit.words.wrongFile, { name: file.name }) : this.#refusalOf(file);
      if (refusal !== "") this.#refused = [...this.#refused, refusal];
      else if (readable !== null) {
        this.#staged = [...this.#staged, { file: readable, preview: await previewOf(readable) }];
      }
    }
    this.#onChange();
  }

  /** What is to be sent; here it is gone. */
  take(): readonly File[] {
    const files = this.#staged.map(({ file }) => file);
    this.#staged = [];
    this.#refused = [];
    return files;
  }

  view(): unknown {
    const { html, nothing, words } = this.#kit;
    if (this.#staged.length === 0 && this.#refused.length === 0) return nothing;
    const { attachments, attachmentsBytes } = this.#limits();
    const number = new Intl.NumberFormat(words.locale);
    const { length } = this.#staged;
    const values = {
      count: number.format(length),
      most: number.format(attachments),
      size: this.#size(this.#bytes),
      mostSize: this.#size(attachmentsBytes),
    };
    const told = this.#kit.say(words.filesOf, values, length, words.locale);
    return html`<div part="attachments" class="files">
      <ul aria-label=${words.attach}>
        ${this.#staged.map((staged) => this.#item(staged))}
      </ul>
      ${this.#staged.length === 0 ? nothing : html`<span class="quiet">${told}</span>`}
      <div role="alert">${this.#refused.map((refusal) => html`<p class="error">${refusal}</p>`)}</div>
    </div>`;
  }

  #item(staged: Staged): unknown {
    const { html, nothing, words } = this.#kit;
    const { file, preview } = staged;
    const label = this.#kit.say(words.removeFile, { name: file.name });
    const remove = (): void => {
      this.#staged = this.#staged.filter((other) => other !== staged);
      this.#refused = [];
      this.#onChange();
    };
    return html`<li part="attachment" class="file">
      ${preview ?? nothing}
      <span class="name" dir="auto" title=${file.name}>${file.name}</span>
      <span class="quiet">${this.#size(file.size)}</span>
      <button type="button" aria-label=${label} title=${label} @click=${remove}>${this.#kit.strokes("cross")}</button>
    </li>`;
  }

  #refusalOf({ name, size }: File): string {
    const { words } = this.#kit;
    const { attachments, attachmentsBytes } = this.#limits();
    if (this.#staged.length >= attachments) {
      return this.#kit.say(words.tooManyFiles, { name, most: attachments }, attachments, words.locale);
    }
    if (this.#bytes + size <= attachmentsBytes) return "";
    return this.#kit.say(words.filesTooBig, { name, size: this.#size(size), mostSize: this.#size(attachmentsBytes) });
  }

  get #bytes(): number {
    return this.#staged.reduce((sum, { file }) => sum + file.size, 0);
  }

  #size(bytes: number): string {
    const [value, unit] =
      bytes < 1_000 ? [bytes, "byte"] : bytes < 1e6 ? [bytes / 1e3, "kilobyte"] : [bytes / 1e6, "megabyte"];
    return new Intl.NumberFormat(this.#kit.words.locale, {
      style: "unit",
      unit: unit as string,
      unitDisplay: "narrow",
      maximumFractionDigits: 1,
    }).format(value as number);
  }
}

/** The file as it can be sent; null for what is neither an image nor a text, or cannot be read. */
async function readableOf(file: File): Promise<File | null> {
  if (IMAGE.test(file.type)) return file;
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
  } catch {
    return null;
  }
  return TEXT.test(file.type) ? file : new File([file], file.name, { type: "text/plain" });
}

/** Drawn, not addressed: a locked page allows no images from `blob:`. */
async function previewOf(file: File): Promise<HTMLCanvasElement | null> {
  if (!IMAGE.test(file.type)) return null;
  try {
    const image = await createImageBitmap(file);
    const scale = Math.min(1, PREVIEW_PX / Math.max(image.width, image.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(image.width * scale));
    canvas.height = Math.max(1, Math.round(image.height * scale));
    canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
    image.close();
    canvas.setAttribute("aria-hidden", "true");
    return canvas;
  } catch {
    return null;
  }
}

export const styles = ({ css }: Kit): CSSResult => css`
  .files {
    flex: 0 0 100%;
    padding: 4px 0 6px;
  }
  .files ul {
    display: flex;
    flex-wrap: wrap;
    gap: 6px;
    margin: 0 0 2px;
    padding: 0;
    list-style: none;
  }
  .file {
    display: flex;
    align-items: center;
    gap: 6px;
    min-inline-size: 0;
    padding-inline: 8px 2px;
    background: var(--_soft);
    /* Seen in forced colours. */
    border: 1px solid transparent;
    border-radius: var(--_corner);
    font-size: var(--_small);
  }
  .file canvas {
    max-inline-size: 32px;
    max-block-size: 32px;
    margin-inline-start: -4px;
    border-radius: calc(var(--_radius) * 0.5);
  }
  .file .name {
    max-inline-size: 192px;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .files .error {
    padding: 0;
    border: 0;
    background: none;
  }
`;
