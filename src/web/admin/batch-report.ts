import type { Request, Response, Router } from 'express';
import { disagreementOf, issuesIn } from '../../domain/item-counts';
import { migrationStates, type MigrationState } from '../../domain/migration';
import { disagreementsOfBatch, rowsOfBatch, type BatchRow } from '../../models/batch-report';
import { countStates, sumCounters } from '../../models/mail-user-counts';
import type { WebDeps } from '../deps';
import { csvLine, sendCsv, sendJson } from '../downloads';
import { batchOfPart, batchPath } from './batch-path';

const rowsPrinted = 1000;
type BatchRequest = Request<{ name: string }>;

/** The report of a batch, which may be a whole organisation: a page to print, CSV, and JSON (`docs/reports.md`). */
export function batchReportRoutes(router: Router, { config, log }: Pick<WebDeps, 'config' | 'log'>): void {
  const headOf = (name: string) => readHead(name, log);
  const linkOf = ({ id }: BatchRow) => new URL(`/admin/users/${id}`, config.PUBLIC_URL).href;
  router.get('/:name/report', async (request: BatchRequest, response) => {
    const name = batchOfPart(request.params.name);
    await print(response, name, await headOf(name));
  });
  router.get('/:name/report.csv', async (request: BatchRequest, response) => {
    const name = batchOfPart(request.params.name);
    await sendCsv(response, fileName(name), csvOf(rowsOfBatch(name), linkOf));
  });
  router.get('/:name/report.json', async (request: BatchRequest, response) => {
    const name = batchOfPart(request.params.name);
    const head = { version: 1, batch: name, generatedAt: new Date(), ...(await headOf(name)) };
    await sendJson(response, fileName(name), head, { users: withLinks(rowsOfBatch(name), linkOf) });
  });
}

function fileName(batch: string): string {
  return `mailporter ${batch.replaceAll(/[^\w .-]/g, '_')} ${new Date().toISOString().slice(0, 10)}`;
}

/** How many are in each state, the sums of their figures, and where these do not add up. */
async function readHead(batch: string, log: WebDeps['log']) {
  const [states, sums, mailboxes] = await Promise.all([
    countStates({ batch }),
    sumCounters({ batch }),
    disagreementsOfBatch(batch),
  ]);
  const disagreements = [disagreementOf(sums) ?? [], mailboxes].flat();
  if (disagreements.length > 0)
    log.error({ batch, mailboxes: mailboxes.length }, 'the figures of a report do not add up');
  return { states: Object.fromEntries(states), sums, disagreements };
}

async function* withLinks(rows: AsyncIterable<BatchRow>, linkOf: (row: BatchRow) => string) {
  for await (const row of rows) {
    const { counts } = row;
    yield { ...row, counts: counts && figuresOf(counts), link: linkOf(row) };
  }
}

export const figures = [
  'found',
  'copied',
  'alreadyThere',
  'filtered',
  'skipped',
  'failed',
  'remaining',
  'copiedBytes',
] as const;

/** What the columns of `figures` are called in a CSV. */
export const figureColumns = [
  'Found',
  'Copied',
  'AlreadyThere',
  'LeftOut',
  'Skipped',
  'Failed',
  'Remaining',
  'Bytes',
] as const;

function figuresOf(counts: NonNullable<BatchRow['counts']>): Record<string, number> {
  return Object.fromEntries(figures.map((name) => [name, counts[name]]));
}

async function* csvOf(
  rows: AsyncIterable<BatchRow>,
  linkOf: (row: BatchRow) => string,
): AsyncGenerator<string> {
  yield csvLine([
    'Source',
    'Target',
    'State',
    ...figureColumns,
    'EndedAt',
    'Code',
    'Reason',
    'Remedy',
    'Link',
  ]);
  for await (const row of rows) {
    const { source, target, state, counts, endedAt, fault } = row;
    const numbers = figures.map((name) => counts?.[name]);
    const reason = [fault?.code, fault?.message, fault?.remedy];
    yield csvLine([source, target, state, ...numbers, endedAt, ...reason, linkOf(row)]);
  }
}

async function print(
  response: Response,
  batch: string,
  { states, sums, disagreements }: Awaited<ReturnType<typeof readHead>>,
): Promise<void> {
  const rows: Record<string, unknown>[] = [];
  let more = false;
  for await (const row of rowsOfBatch(batch, { onlyIssues: true })) {
    more = rows.length === rowsPrinted;
    if (more) break;
    rows.push({ ...row, issues: row.counts && issuesIn(row.counts) });
  }
  response.render('admin/batches/report', {
    layout: 'report',
    titleText: batch,
    batch,
    path: batchPath(batch),
    generatedAt: new Date(),
    states: statesInOrder(states),
    sums,
    disagreements,
    counts: figures.slice(0, 7),
    rows,
    more,
  });
}

/** The states that somebody is in. */
export function statesInOrder(states: Partial<Record<MigrationState, number>>) {
  return migrationStates.flatMap((state) => {
    const count = states[state] ?? 0;
    return count === 0 ? [] : [{ state, count }];
  });
}
