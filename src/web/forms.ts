import type { z } from 'zod';
import type { MessageKey, MessageValues } from '../locales';

/** Why a field was not taken, as a key of the catalogue. */
export interface FieldFault {
  field: string;
  key: MessageKey;
  values?: MessageValues;
}

export type Fields = Readonly<Record<string, string>>;

export type FormResult<T> = { ok: true; value: T } | { ok: false; faults: FieldFault[] };

/** A form's fields as text; a field sent more than once counts as its last, everything else is dropped. */
export function fieldsOf(body: unknown): Record<string, string> {
  if (typeof body !== 'object' || body === null) return {};
  const entries = Object.entries(body as Record<string, unknown>).map(([name, value]): [string, unknown] => [
    name,
    Array.isArray(value) ? value.at(-1) : value,
  ]);
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** All values of a field that may be sent several times, such as ticked rows. */
export function valuesOf(body: unknown, name: string): string[] {
  const value = (body as Record<string, unknown> | undefined)?.[name];
  const values: unknown[] = Array.isArray(value) ? value : [value];
  return values.filter((each): each is string => typeof each === 'string' && each !== '');
}

/** Parses fields with a schema whose messages are keys of the catalogue; one fault per field. */
export function parseForm<T extends z.ZodType>(schema: T, fields: Fields): FormResult<z.infer<T>> {
  const parsed = schema.safeParse(fields);
  if (parsed.success) return { ok: true, value: parsed.data };
  const faults = new Map<string, FieldFault>();
  for (const { path, message } of parsed.error.issues) {
    const field = String(path[0] ?? '');
    // The schema's own messages are keys by construction; `test/web/catalogue.test.ts` looks them up.
    if (!faults.has(field)) faults.set(field, { field, key: message as MessageKey });
  }
  return { ok: false, faults: [...faults.values()] };
}

/** What the form's partials show: what was typed (never a password) and why it was not taken. */
export function formView(fields: Fields, faults: readonly FieldFault[] = []): Record<string, unknown> {
  const values = Object.fromEntries(Object.entries(fields).filter(([name]) => !/password/i.test(name)));
  return { values, faults, fault: Object.fromEntries(faults.map((fault) => [fault.field, fault])) };
}
