import type { Router } from 'express';
import { disagreementOf } from '../../domain/item-counts';
import { listBatches } from '../../models/batch-list';
import { disagreementsOfBatch } from '../../models/batch-report';
import {
  countStatesOfBatches,
  sumCountersOfBatches,
  sumOfSums,
  type CountersSum,
} from '../../models/mail-user-counts';
import type { WebDeps } from '../deps';
import { csvLine, sendCsv, sendJson } from '../downloads';
import { batchPath } from './batch-path';
import { figureColumns, figures, statesInOrder } from './batch-report';
import { sumOf } from './figures';

/** The report of all batches together: a page to print, CSV, and JSON (`docs/reports.md`). */
export function allBatchesReportRoutes(
  router: Router,
  { config, log }: Pick<WebDeps, 'config' | 'log'>,
): void {
  const linkOf = ({ batch }: BatchSum) => new URL(`${batchPath(batch)}/report`, config.PUBLIC_URL).href;
  router.get('/report', async (_request, response) => {
    const { states, batches, ...report } = await readReport(log);
    response.render('admin/batches/report-of-all', {
      layout: 'report',
      title: 'admin.report.ofAll',
      ...report,
      states: statesInOrder(states),
      batches: batches.map((each) => ({ ...each, path: batchPath(each.batch) })),
      counts: figures.slice(0, 7),
    });
  });
  router.get('/report.csv', async (_request, response) => {
    await sendCsv(response, fileName(), csvOf(await readReport(log), linkOf));
  });
  router.get('/report.json', async (_request, response) => {
    const { batches, ...report } = await readReport(log);
    const linked = batches.map((each) => ({ ...each, link: linkOf(each) }));
    await sendJson(response, fileName(), { version: 1, ...report }, { batches: linked });
  });
}

interface BatchSum {
  batch: string;
  users: number;
  states: Record<string, number>;
  /** Absent before a copy has begun in it. */
  sums?: CountersSum;
}

/** A batch is a row, whoever is in it; the database is read once for all of them. */
async function readReport(log: WebDeps['log']) {
  const [states, sums, mailboxes] = await Promise.all([
    countStatesOfBatches(),
    sumCountersOfBatches(),
    disagreementsOfBatch(),
  ]);
  const all = sumOfSums(sums.values());
  const disagreements = [disagreementOf(all) ?? [], mailboxes].flat();
  if (disagreements.length > 0)
    log.error({ mailboxes: mailboxes.length }, 'the figures of a report do not add up');
  const batches = (await listBatches(states)).map(({ name, users, counts }): BatchSum => ({
    batch: name,
    users,
    states: Object.fromEntries(counts),
    sums: sums.get(name),
  }));
  return {
    generatedAt: new Date(),
    users: batches.reduce((sum, { users }) => sum + users, 0),
    states: Object.fromEntries(sumOf(states)),
    sums: all,
    disagreements,
    batches,
  };
}

function fileName(): string {
  return `mailporter ${new Date().toISOString().slice(0, 10)}`;
}

/** A row for each batch, and one for their sum. */
async function* csvOf(
  { batches, users, sums }: Awaited<ReturnType<typeof readReport>>,
  linkOf: (batch: BatchSum) => string,
): AsyncGenerator<string> {
  yield csvLine(['Row', 'Batch', 'Users', ...figureColumns, 'Link']);
  const numbers = (of: CountersSum | undefined) => figures.map((name) => of?.[name]);
  for (const each of batches)
    yield csvLine(['batch', each.batch, each.users, ...numbers(each.sums), linkOf(each)]);
  yield csvLine(['sum', undefined, users, ...numbers(sums), undefined]);
}
