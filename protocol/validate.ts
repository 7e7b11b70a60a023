/** Small checks from which every decoder of the protocol is built; each names the field it refuses. */
import { invalid } from "./stream-error.ts";

export type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Parses JSON text that must be an object. @throws {StreamError} `invalid_request` */
export function parseFields(text: string, field: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid(field, text, "JSON");
  }
  if (!isFields(value)) throw invalid(field, value, "a JSON object");
  return value;
}

export function requireString(fields: Fields, name: string, maxChars: number, path = name): string {
  const value = fields[name];
  if (typeof value !== "string" || value === "" || value.length > maxChars) {
    throw invalid(path, value, `a string of 1 to ${maxChars} characters`);
  }
  return value;
}

export const optionalString = (fields: Fields, name: string, maxChars: number, path = name): string | undefined =>
  fields[name] === undefined || fields[name] === null ? undefined : requireString(fields, name, maxChars, path);

export function requireCount(fields: Fields, name: string, path = name): number {
  const value = fields[name];
  if (!isCount(value)) throw invalid(path, value, "a whole number from 0");
  return value;
}

export const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

export function optionalNumber(
  fields: Fields,
  name: string,
  [min, max]: readonly [number, number],
  path = name,
): number | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "number" || !(value >= min && value <= max)) {
    throw invalid(path, value, `a number from ${min} to ${max}`);
  }
  return value;
}

/** The same fields, where those that may be undefined are optional instead. */
export type Compact<F> = { [K in keyof F as undefined extends F[K] ? never : K]: F[K] } & {
  [K in keyof F as undefined extends F[K] ? K : never]?: Exclude<F[K], undefined>;
};

/** The object without its undefined fields, so that an absent field stays absent. */
export const compact = <F extends object>(fields: F): Compact<F> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Compact<F>;
