import type { Response } from 'express';
import type { BatchPlan } from '../../domain/batch-plan';
import type { FilterSpec } from '../../domain/item-filter';
import type { StartWindow } from '../../domain/start-window';
import { dateLocale } from '../../dates';
import type { Language, Translate } from '../../locales';
import type { WebDeps } from '../deps';
import { textsOf } from './request';
import { bytesText, numberText } from '../for-people';
import { deltaHours } from './batch-form';
import { weekdays } from './start-window-form';

/** The reader's words. */
export interface PlanReader {
  t: Translate;
  language: Language;
  /** The organisation's zone. */
  timeZone: string;
}

export function planReader({ config }: Pick<WebDeps, 'config'>, response: Response): PlanReader {
  const language = response.locals['language'] as Language;
  return { t: textsOf(response), language, timeZone: config.TIME_ZONE };
}

const hourMs = 3_600_000;

/** Which passes a batch makes, one sentence each, in their order. */
export function passesText(plan: BatchPlan, reader: PlanReader): string[] {
  const { t } = reader;
  const { prestageOlderThan, deltaEveryMs, cutOver } = plan;
  if (cutOver.kind === 'atOnce') return [t('admin.batches.words.atOnce')];
  return [
    ...(prestageOlderThan === undefined
      ? [t('admin.batches.words.full')]
      : [t('admin.batches.words.prestage', { day: dayText(prestageOlderThan, reader) })]),
    deltaEveryMs === undefined ? t('admin.batches.words.deltaByHand') : deltaText(deltaEveryMs, reader),
    cutOver.kind === 'at'
      ? t('admin.batches.words.cutOverAt', { at: momentText(cutOver.at, reader) })
      : t('admin.batches.words.cutOverByHand'),
    ...(plan.followDeletions ? [t('admin.batches.words.followDeletions')] : []),
  ];
}

/** What a filter leaves out, one sentence each; none where everything is copied. */
export function filterText(filter: FilterSpec, reader: PlanReader): string[] {
  const { t, language } = reader;
  const { fromDate, toDate, kinds, greatestSizeBytes, onlyFolders, leaveOutFolders } = filter;
  const list = new Intl.ListFormat(language);
  const kindNames = kinds?.map((kind) => t(`admin.batches.kinds.${kind}`));
  return [
    ...(fromDate === undefined ? [] : [t('admin.batches.words.from', { day: dayText(fromDate, reader) })]),
    ...(toDate === undefined ? [] : [t('admin.batches.words.to', { day: dayText(toDate, reader) })]),
    ...(kindNames === undefined ? [] : [t('admin.batches.words.kinds', { kinds: list.format(kindNames) })]),
    ...(greatestSizeBytes === undefined
      ? []
      : [t('admin.batches.words.greatestSize', { size: bytesText(greatestSizeBytes, language) })]),
    ...(onlyFolders === undefined
      ? []
      : [t('admin.batches.words.onlyFolders', { folders: foldersText(onlyFolders, reader) })]),
    ...(leaveOutFolders === undefined
      ? []
      : [t('admin.batches.words.leaveOutFolders', { folders: foldersText(leaveOutFolders, reader) })]),
    ...(filter.deletedItems ? [] : [t('admin.batches.words.noDeletedItems')]),
    ...(filter.junkEmail ? [] : [t('admin.batches.words.noJunkEmail')]),
  ];
}

/** When copying may go on. */
export function windowText(window: StartWindow, { t, language }: PlanReader): string {
  const { from, to, days, timeZone } = window;
  const isEvery = days.length === weekdays.length;
  const names = days.map((day) => t(`admin.window.shortDays.${day as (typeof weekdays)[number]}`));
  return t(isEvery ? 'admin.window.everyDay' : 'admin.window.onDays', {
    from,
    to,
    days: new Intl.ListFormat(language).format(names),
    zone: timeZone,
  });
}

/** The first few, and how many more. */
function foldersText(folders: readonly string[], { language }: PlanReader): string {
  const shown = folders.slice(0, 3);
  const more = folders.length - shown.length;
  const rest = more > 0 ? [`+${numberText(more, language)}`] : [];
  return new Intl.ListFormat(language).format([...shown, ...rest]);
}

function deltaText(everyMs: number, { t }: PlanReader): string {
  const hours = deltaHours.find((known) => Number(known) * hourMs === everyMs);
  return hours === undefined || hours === '0'
    ? t('admin.batches.words.deltaHours', { count: Math.round(everyMs / hourMs) })
    : t('admin.batches.words.delta', { every: t(`admin.batches.everyHours.${hours}`) });
}

function dayText(day: string, { language }: PlanReader): string {
  return new Intl.DateTimeFormat(dateLocale(language), { dateStyle: 'medium', timeZone: 'UTC' }).format(
    new Date(day),
  );
}

function momentText(at: string, { language, timeZone }: PlanReader): string {
  const text = new Intl.DateTimeFormat(dateLocale(language), {
    dateStyle: 'medium',
    timeStyle: 'short',
    timeZone,
    hour12: false,
  });
  return `${text.format(new Date(at))} (${timeZone})`;
}
