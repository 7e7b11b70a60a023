/** Reading what a provider sent: every field may be missing, null or of another type. */

export type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The object in a field; an empty one when there is none. */
export function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : NOTHING;
}
const NOTHING: Fields = {};

/** The objects in an array field. */
export const listOf = (value: unknown): readonly Fields[] => (Array.isArray(value) ? value.filter(isFields) : []);

/** The text in a field; empty when there is none. */
export const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** The first of these that is a count. */
export function countOf(...values: readonly unknown[]): number | undefined {
  for (const value of values) if (typeof value === "number" && value >= 0) return value;
  return undefined;
}
