import { z } from 'zod';
import type { BatchPlan } from '../../domain/batch-plan';
import type { FilterSpec } from '../../domain/item-filter';
import type { ItemKind } from '../../domain/mailbox';
import { valuesOf, fieldsOf, type Fields } from '../forms';
import { isDay, localText, momentOfText } from './form-times';
import {
  checkStartWindow,
  fieldsOfStartWindow,
  startWindowOf,
  startWindowShape,
  withWindowDays,
} from './start-window-form';

export const itemKinds = [
  'mail',
  'calendar',
  'contacts',
  'tasks',
  'notes',
  'other',
] as const satisfies readonly ItemKind[];
/** Hours between delta passes that can be chosen; 0: only when asked for. */
export const deltaHours = ['0', '6', '12', '24', '48', '168'] as const;
export const cutOverKinds = ['atOnce', 'at', 'byHand'] as const;

/** What a batch's form is read against. */
export interface BatchFormContext {
  now: Date;
  /** The organisation's zone, in which the moment of the cut-over is written and days begin. */
  timeZone: string;
  /** The plan that holds now: a moment that has passed since may stand as it is. */
  standing: BatchPlan;
}

const hourMs = 3_600_000;
const bytesPerMegabyte = 1_000_000;
const mostFolders = 500;

const day = z
  .string()
  .trim()
  .default('')
  .refine((text) => text === '' || isDay(text), 'admin.batches.faults.day');
const isTicked = z
  .string()
  .default('')
  .transform((text) => text === '1');
const folders = z
  .string()
  .max(100_000, 'admin.faults.tooLong')
  .default('')
  .transform(foldersOf)
  .refine((paths) => paths.length <= mostFolders, 'admin.batches.faults.manyFolders')
  .refine((paths) => paths.every((path) => path.length <= 1000), 'admin.faults.tooLong');

/** The batch's form; messages are keys of the catalogue. */
export function batchForm(context: BatchFormContext) {
  return z
    .object({
      prestageOlderThan: day,
      delta: z.enum(deltaHours, 'admin.faults.choose').default('0'),
      cutOver: z.enum(cutOverKinds, 'admin.faults.choose').default('atOnce'),
      cutOverAt: z.string().trim().default(''),
      folders,
      foldersLeftOut: folders,
      kinds: z
        .string()
        .default('')
        .transform((text) => itemKinds.filter((kind) => text.split(' ').includes(kind)))
        .refine((kinds) => kinds.length > 0, 'admin.batches.faults.kinds'),
      deletedItems: isTicked,
      junkEmail: isTicked,
      fromDate: day,
      toDate: day,
      greatestSize: z
        .string()
        .trim()
        .default('')
        .transform((text) => text.replace(',', '.'))
        .refine(
          (text) => text === '' || (/^\d{1,6}(\.\d{1,3})?$/.test(text) && Number(text) > 0),
          'admin.batches.faults.greatestSize',
        ),
      followDeletions: isTicked,
      ...startWindowShape,
    })
    .superRefine((form, issues) => {
      checkPasses(form, context, issues);
      checkFilter(form, issues);
      checkStartWindow(form, issues);
    })
    .transform((form): BatchPlan => planOf(form, context));
}

type BatchForm = Omit<FilterFields, never> & {
  prestageOlderThan: string;
  delta: (typeof deltaHours)[number];
  cutOver: (typeof cutOverKinds)[number];
  cutOverAt: string;
  followDeletions: boolean;
} & Parameters<typeof startWindowOf>[0];

interface FilterFields {
  folders: string[];
  foldersLeftOut: string[];
  kinds: ItemKind[];
  deletedItems: boolean;
  junkEmail: boolean;
  fromDate: string;
  toDate: string;
  greatestSize: string;
}

function checkPasses(form: BatchForm, context: BatchFormContext, issues: z.RefinementCtx<unknown>): void {
  const refuse = refuser(issues);
  if (form.prestageOlderThan > localText(context.now, context.timeZone).slice(0, 10))
    refuse('prestageOlderThan', 'admin.batches.faults.prestageToCome');
  if (form.cutOver === 'atOnce') {
    if (form.prestageOlderThan !== '') refuse('cutOver', 'admin.batches.faults.prestageAtOnce');
    else if (form.delta !== '0') refuse('cutOver', 'admin.batches.faults.deltaAtOnce');
  }
  if (form.prestageOlderThan !== '' && form.fromDate !== '' && form.fromDate >= form.prestageOlderThan)
    refuse('prestageOlderThan', 'admin.batches.faults.prestageEmpty');
  if (form.cutOver !== 'at') return;
  if (form.cutOverAt === '') {
    refuse('cutOverAt', 'admin.batches.faults.cutOverAt');
    return;
  }
  const at = momentOfText(form.cutOverAt, context.timeZone);
  if (at === undefined) refuse('cutOverAt', 'admin.batches.faults.noSuchTime');
  else if (at <= context.now && !stands(at, context.standing))
    refuse('cutOverAt', 'admin.batches.faults.cutOverPassed');
}

/** The moment that holds already, as far as a form can tell. */
function stands(at: Date, { cutOver }: BatchPlan): boolean {
  return cutOver.kind === 'at' && Math.abs(at.getTime() - Date.parse(cutOver.at)) < 60_000;
}

function checkFilter(form: FilterFields, issues: z.RefinementCtx<unknown>): void {
  const refuse = refuser(issues);
  if (form.fromDate !== '' && form.toDate !== '' && form.fromDate > form.toDate)
    refuse('toDate', 'admin.batches.faults.dates');
  const isLeftOut = (path: string) => form.foldersLeftOut.some((other) => isUnder(path, other));
  if (form.folders.length > 0 && form.folders.every(isLeftOut))
    refuse('foldersLeftOut', 'admin.batches.faults.nothingLeft');
}

function isUnder(path: string, folder: string): boolean {
  return `${path.toLowerCase()}/`.startsWith(`${folder.toLowerCase()}/`);
}

function refuser(issues: z.RefinementCtx<unknown>) {
  return (field: string, message: string): void =>
    issues.addIssue({ code: 'custom', path: [field], message });
}

function planOf(form: BatchForm, { timeZone }: BatchFormContext): BatchPlan {
  const { prestageOlderThan, delta, followDeletions } = form;
  const startWindow = startWindowOf(form);
  return {
    ...(prestageOlderThan === '' ? {} : { prestageOlderThan }),
    ...(delta === '0' ? {} : { deltaEveryMs: Number(delta) * hourMs }),
    cutOver: cutOverOf(form, timeZone),
    filter: filterOf(form, timeZone),
    followDeletions,
    ...(startWindow === undefined ? {} : { startWindow }),
  };
}

function cutOverOf({ cutOver, cutOverAt }: BatchForm, timeZone: string): BatchPlan['cutOver'] {
  const at = cutOver === 'at' ? momentOfText(cutOverAt, timeZone) : undefined;
  if (at !== undefined) return { kind: 'at', at: at.toISOString() };
  return { kind: cutOver === 'byHand' ? 'byHand' : 'atOnce' };
}

function filterOf(form: FilterFields & { prestageOlderThan: string }, timeZone: string): FilterSpec {
  const { fromDate, toDate, kinds, greatestSize, deletedItems, junkEmail } = form;
  return {
    ...(fromDate === '' ? {} : { fromDate }),
    ...(toDate === '' ? {} : { toDate }),
    ...([fromDate, toDate, form.prestageOlderThan].some((day) => day !== '') ? { timeZone } : {}),
    ...(kinds.length === itemKinds.length ? {} : { kinds }),
    ...(greatestSize === ''
      ? {}
      : { greatestSizeBytes: Math.round(Number(greatestSize) * bytesPerMegabyte) }),
    ...(form.folders.length === 0 ? {} : { onlyFolders: form.folders }),
    ...(form.foldersLeftOut.length === 0 ? {} : { leaveOutFolders: form.foldersLeftOut }),
    deletedItems,
    junkEmail,
  };
}

/** One path a line; each once, without slashes around it. */
function foldersOf(text: string): string[] {
  const paths = new Map<string, string>();
  for (const line of text.split(/\r\n|\r|\n/)) {
    const path = line.trim().replaceAll(/^\/+|\/+$/g, '');
    if (path !== '' && !paths.has(path.toLowerCase())) paths.set(path.toLowerCase(), path);
  }
  return [...paths.values()];
}

/** What was sent, with what can be ticked several times in one field each. */
export function batchFieldsOf(body: unknown): Record<string, string> {
  return withWindowDays({ ...fieldsOf(body), kinds: valuesOf(body, 'kinds').join(' ') }, body);
}

/** What the form of a plan starts with. */
export function fieldsOfPlan(plan: BatchPlan, timeZone: string): Fields {
  const { filter, cutOver } = plan;
  return {
    prestageOlderThan: plan.prestageOlderThan ?? '',
    delta: String((plan.deltaEveryMs ?? 0) / hourMs),
    cutOver: cutOver.kind,
    cutOverAt: cutOver.kind === 'at' ? localText(new Date(cutOver.at), timeZone) : '',
    folders: (filter.onlyFolders ?? []).join('\n'),
    foldersLeftOut: (filter.leaveOutFolders ?? []).join('\n'),
    kinds: (filter.kinds ?? itemKinds).join(' '),
    deletedItems: filter.deletedItems ? '1' : '',
    junkEmail: filter.junkEmail ? '1' : '',
    fromDate: filter.fromDate ?? '',
    toDate: filter.toDate ?? '',
    greatestSize:
      filter.greatestSizeBytes === undefined ? '' : String(filter.greatestSizeBytes / bytesPerMegabyte),
    followDeletions: plan.followDeletions ? '1' : '',
    ...fieldsOfStartWindow(plan.startWindow, timeZone),
  };
}
