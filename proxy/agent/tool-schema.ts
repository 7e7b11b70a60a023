/** The arguments of a tool: the JSON Schema a model is told, and the check of what it sent. */
import { Ajv } from "ajv";
import type { ErrorObject, Options, ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe } from "../../protocol/index.ts";

export type JsonSchema = Readonly<Record<string, unknown>>;

/** https://standardschema.dev: zod, valibot, arktype and others; `jsonSchema` is its JSON Schema extension. */
export interface StandardSchema<Args = unknown> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Args> | Promise<StandardResult<Args>>;
    readonly types?: { readonly input: unknown; readonly output: Args } | undefined;
    readonly jsonSchema?: { readonly input: (options: { readonly target: string }) => Record<string, unknown> };
  };
}

type StandardResult<Args> =
  | { readonly value: Args; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** `problem` is written for the model, which may correct itself. */
export type CheckedArgs =
  | { readonly ok: true; readonly args: unknown }
  | { readonly ok: false; readonly problem: string };

export interface ToolSchema {
  /** As providers want it: of an object, without `$schema`. */
  readonly parameters: JsonSchema;
  readonly check: (args: unknown) => CheckedArgs | Promise<CheckedArgs>;
}

/** Enough to correct a call; a list of a thousand helps nobody. */
const TOLD_PROBLEMS = 5;

/** Formats are notes, as the standard has it; a keyword nobody knows is no mistake. */
const OPTIONS: Options = { allErrors: true, verbose: true, strict: false, validateFormats: false, logger: false };

/**
 * @param toJson gives the JSON Schema of a Standard Schema that cannot say it itself
 * @throws {TypeError} for what is neither, for a schema that cannot be compiled, and for one that is not of an object.
 */
export function toolSchema(schema: JsonSchema | StandardSchema, toJson?: () => JsonSchema): ToolSchema {
  if (isStandard(schema)) {
    const { validate } = schema["~standard"];
    return {
      parameters: declared(jsonOf(schema, toJson)),
      check: async (args) => checkedBy(await validate(args)),
    };
  }
  const validate = compile(schema);
  return {
    parameters: declared(schema),
    check: (args) =>
      validate(args) ? { ok: true, args } : { ok: false, problem: told(validate.errors!.map(ajvText)) },
  };
}

const isStandard = (schema: object): schema is StandardSchema => "~standard" in schema;

function jsonOf(schema: StandardSchema, toJson: (() => JsonSchema) | undefined): JsonSchema {
  if (toJson !== undefined) return toJson();
  const { jsonSchema, vendor } = schema["~standard"];
  if (jsonSchema !== undefined) return jsonSchema.input({ target: "draft-2020-12" });
  throw new TypeError(`parameters: found a schema of ${vendor} without a JSON form, expected toJSONSchema beside it`);
}

function declared(schema: JsonSchema): JsonSchema {
  const { $schema: _dialect, ...rest } = schema;
  const type = rest["type"] ?? "object";
  if (type !== "object") throw new TypeError(`parameters.type: found ${describe(type)}, expected "object"`);
  return { ...rest, type };
}

/** The dialect is the newest, unless the schema names an older one. */
function compile(schema: JsonSchema): ValidateFunction {
  const isOld = /draft-0[67]/.test(String(schema["$schema"] ?? ""));
  try {
    return new (isOld ? Ajv : Ajv2020)(OPTIONS).compile(schema);
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw new TypeError(`parameters: found a schema that cannot be used (${why}), expected a JSON Schema`, {
      cause: thrown,
    });
  }
}

const checkedBy = (result: StandardResult<unknown>): CheckedArgs =>
  result.issues === undefined
    ? { ok: true, args: result.value }
    : { ok: false, problem: told(result.issues.map(issueText)) };

const told = (problems: readonly string[]): string => [...new Set(problems)].slice(0, TOLD_PROBLEMS).join("; ");

function ajvText({ instancePath, message, params, data }: ErrorObject): string {
  const at = instancePath === "" ? "the arguments" : instancePath.slice(1).replaceAll("/", ".");
  const extra = params["additionalProperty"] === undefined ? "" : ` (${String(params["additionalProperty"])})`;
  const allowed = Array.isArray(params["allowedValues"]) ? `: ${params["allowedValues"].join(", ")}` : "";
  return `${at} ${message ?? "is not valid"}${extra}${allowed}, found ${describe(data)}`;
}

function issueText({ message, path = [] }: StandardIssue): string {
  const at = path.map((part) => String(typeof part === "object" ? part.key : part)).join(".");
  return at === "" ? message : `${at}: ${message}`;
}
