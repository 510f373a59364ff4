/** What a type becomes where it travels as JSON: a date is its ISO 8601 text. */
export type OverTheWire<T> = T extends Date
  ? string
  : T extends readonly (infer Element)[]
    ? OverTheWire<Element>[]
    : T extends object
      ? { [K in keyof T]: OverTheWire<T[K]> }
      : T;

/** What it becomes there. */
export function overTheWire<T>(value: T): OverTheWire<T> {
  return JSON.parse(JSON.stringify(value)) as OverTheWire<T>;
}
