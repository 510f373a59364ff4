import { z } from 'zod';
import type { StartWindow } from '../../domain/start-window';
import { valuesOf, type Fields } from '../forms';
import { isTimeZone, timeZones } from './form-times';

export const weekdays = [1, 2, 3, 4, 5, 6, 7] as const;

const clock = z
  .string()
  .trim()
  .default('')
  .transform((text) => (/^\d:/.test(text) ? `0${text}` : text))
  .refine((text) => text === '' || /^([01]\d|2[0-3]):[0-5]\d$/.test(text), 'admin.window.faults.clock');

/** The fields of a start window, to be spread into the schema of a form that has one. */
export const startWindowShape = {
  windowFrom: clock,
  windowTo: clock,
  /** The ticked days, each 1 to 7, with a space between. */
  windowDays: z
    .string()
    .default('')
    .transform((text) =>
      weekdays.filter((day) => text.split(' ').includes(String(day))).map((day): number => day),
    ),
  windowZone: z
    .string()
    .trim()
    .max(100, 'admin.faults.tooLong')
    .default('')
    .refine((name) => name === '' || isTimeZone(name), 'admin.window.faults.zone'),
};
type StartWindowFields = {
  [Field in keyof typeof startWindowShape]: z.infer<(typeof startWindowShape)[Field]>;
};

/** What is wrong between the fields of a start window. */
export function checkStartWindow(form: StartWindowFields, context: z.RefinementCtx<unknown>): void {
  const { windowFrom, windowTo, windowDays, windowZone } = form;
  if (windowFrom === '' && windowTo === '') return;
  const refuse = (field: string, message: string): void =>
    context.addIssue({ code: 'custom', path: [field], message });
  if (windowFrom === '') refuse('windowFrom', 'admin.window.faults.from');
  if (windowTo === '') refuse('windowTo', 'admin.window.faults.to');
  if (windowDays.length === 0) refuse('windowDays', 'admin.window.faults.never');
  if (windowZone === '') refuse('windowZone', 'admin.window.faults.zone');
}

/** The window that a form asks for, which `checkStartWindow` found nothing wrong with; `undefined`: any time. */
export function startWindowOf(form: StartWindowFields): StartWindow | undefined {
  const { windowFrom: from, windowTo: to, windowDays: days, windowZone: timeZone } = form;
  return from === '' ? undefined : { from, to, days, timeZone };
}

/** What was sent, with the ticked days in one field. */
export function withWindowDays(fields: Fields, body: unknown): Record<string, string> {
  return { ...fields, windowDays: valuesOf(body, 'windowDays').join(' ') };
}

/** What the fields of a form start with. */
export function fieldsOfStartWindow(
  window: StartWindow | undefined,
  organisationsZone: string,
): Record<string, string> {
  const { from = '', to = '', days = weekdays, timeZone = organisationsZone } = window ?? {};
  return { windowFrom: from, windowTo: to, windowDays: days.join(' '), windowZone: timeZone };
}

/** What the partial `start-window` shows beside the fields. */
export function startWindowChoices(fields: Fields): Record<string, unknown> {
  const ticked = new Set((fields['windowDays'] ?? '').split(' '));
  return {
    windowDays: weekdays.map((day) => ({
      value: String(day),
      key: `admin.window.days.${day}`,
      isTicked: ticked.has(String(day)),
    })),
    timeZones,
  };
}
