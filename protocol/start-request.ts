/** What a client sends to start an answer: the body of `POST /v1/streams` and of a `start` frame (protocol.md §5.1). */
import { invalid, StreamError } from "./stream-error.ts";
import { compact, isFields, optionalNumber, optionalString, requireString } from "./validate.ts";
import type { Fields } from "./validate.ts";

export interface Attachment {
  readonly name: string;
  /** `image/…` or `text/…`, `application/json` and the like. */
  readonly mediaType: string;
  /** Base64 of the bytes. */
  readonly data: string;
}

/** One turn of a history that the page brings along (`pageMay: ['history']`). */
export interface HistoryTurn {
  readonly role: "user" | "assistant";
  readonly text: string;
}

/** A tool the page offers to run; `parameters` is a JSON Schema. */
export interface PageTool {
  readonly name: string;
  readonly description: string;
  readonly parameters: Fields;
}

export interface StartRequest {
  readonly input: string;
  readonly agent?: string;
  readonly conversation?: string;
  /** The message this one follows; null begins the conversation anew beside its first turn, absent follows its latest. */
  readonly parent?: string | null;
  readonly attachments?: readonly Attachment[];
  /** The client's own id of this send: the same one never starts a second answer. */
  readonly sendId?: string;
  // What a page may set only where the agent's `pageMay` says so:
  readonly model?: string;
  readonly temperature?: number;
  readonly instructions?: string;
  readonly history?: readonly HistoryTurn[];
  readonly tools?: readonly PageTool[];
  readonly constraints?: { readonly maxFirstTokenMs?: number; readonly maxCostUsd?: number };
}

/** Bounds the server's configuration sets; characters of text and decoded bytes of all attachments together. */
export interface StartLimits {
  readonly inputChars: number;
  readonly attachmentsBytes: number;
}

/** An id or a name: nothing of ours is longer. */
const ID_CHARS = 128;
/** More tools than any provider accepts. */
const MAX_TOOLS = 128;
/** Turns a page may bring along; with `inputChars` this bounds the request. */
const MAX_HISTORY_TURNS = 200;
/** Files of one message. */
export const MAX_ATTACHMENTS = 16;

const MEDIA_TYPE = /^[a-z]+\/[a-z0-9.+-]{1,80}$/i;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/**
 * @throws {StreamError} `invalid_request` naming the field, or `payload_too_large` for what is over a limit.
 */
export function decodeStartRequest(fields: Fields, limits: StartLimits): StartRequest {
  const constraints = fields["constraints"];
  if (constraints !== undefined && !isFields(constraints)) throw invalid("constraints", constraints, "an object");
  return compact({
    input: decodeInput(fields, limits),
    agent: optionalString(fields, "agent", ID_CHARS),
    conversation: optionalString(fields, "conversation", ID_CHARS),
    parent: fields["parent"] === null ? null : optionalString(fields, "parent", ID_CHARS),
    sendId: optionalString(fields, "sendId", ID_CHARS),
    model: optionalString(fields, "model", ID_CHARS),
    temperature: optionalNumber(fields, "temperature", [0, 2]),
    instructions: optionalString(fields, "instructions", limits.inputChars),
    attachments: optionalList(fields, "attachments", MAX_ATTACHMENTS, decodeAttachment(limits)),
    history: optionalList(fields, "history", MAX_HISTORY_TURNS, decodeTurn(limits)),
    tools: optionalList(fields, "tools", MAX_TOOLS, decodeTool),
    constraints:
      constraints &&
      compact({
        maxFirstTokenMs: optionalNumber(constraints, "maxFirstTokenMs", [1, 3_600_000], "constraints.maxFirstTokenMs"),
        maxCostUsd: optionalNumber(constraints, "maxCostUsd", [0, 1_000_000], "constraints.maxCostUsd"),
      }),
  });
}

function decodeInput(fields: Fields, { inputChars }: StartLimits): string {
  const input = fields["input"];
  if (typeof input === "string" && input.length > inputChars) {
    throw new StreamError(
      "payload_too_large",
      `input: found ${input.length} characters, expected at most ${inputChars}`,
      {
        field: "input",
      },
    );
  }
  if (typeof input !== "string" || input.trim() === "") {
    throw invalid("input", input, `a text of 1 to ${inputChars} characters`);
  }
  return input;
}

function decodeAttachment({ attachmentsBytes }: StartLimits) {
  let total = 0;
  return (item: Fields, path: string): Attachment => {
    const name = requireString(item, "name", 255, `${path}.name`);
    const mediaType = requireString(item, "mediaType", 100, `${path}.mediaType`);
    if (!MEDIA_TYPE.test(mediaType)) throw invalid(`${path}.mediaType`, mediaType, "a media type such as image/png");
    const data = item["data"];
    if (typeof data !== "string" || data.length % 4 !== 0 || !BASE64.test(data)) {
      throw invalid(`${path}.data`, data, "base64");
    }
    total += (data.length / 4) * 3;
    if (total > attachmentsBytes) {
      throw new StreamError(
        "payload_too_large",
        `attachments: found over ${attachmentsBytes} bytes in all, expected at most that`,
        {
          field: "attachments",
        },
      );
    }
    return { name, mediaType, data };
  };
}

const decodeTurn =
  ({ inputChars }: StartLimits) =>
  (item: Fields, path: string): HistoryTurn => {
    const role = item["role"];
    if (role !== "user" && role !== "assistant") throw invalid(`${path}.role`, role, '"user" or "assistant"');
    return { role, text: requireString(item, "text", inputChars, `${path}.text`) };
  };

function decodeTool(item: Fields, path: string): PageTool {
  const parameters = item["parameters"] ?? {};
  if (!isFields(parameters)) throw invalid(`${path}.parameters`, parameters, "a JSON Schema object");
  const name = requireString(item, "name", 64, `${path}.name`);
  if (!/^[A-Za-z0-9_-]+$/.test(name)) throw invalid(`${path}.name`, name, "letters, digits, _ and -");
  return { name, description: optionalString(item, "description", 4_096, `${path}.description`) ?? "", parameters };
}

function optionalList<Item>(
  fields: Fields,
  name: string,
  max: number,
  decode: (item: Fields, path: string) => Item,
): readonly Item[] | undefined {
  const list = fields[name];
  if (list === undefined || list === null) return undefined;
  if (!Array.isArray(list) || list.length > max) throw invalid(name, list, `an array of at most ${max}`);
  return list.map((item: unknown, index) => {
    const path = `${name}[${index}]`;
    if (!isFields(item)) throw invalid(path, item, "an object");
    return decode(item, path);
  });
}
