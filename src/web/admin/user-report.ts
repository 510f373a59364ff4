import type { Request, Response, Router } from 'express';
import { disagreementOf, sumOf, type Disagreement, type ItemCounts } from '../../domain/item-counts';
import { reportPurgedAt } from '../../domain/report-life';
import { passwordsOf } from '../../domain/passwords-kept';
import { isGoneThroughIn } from '../../domain/migration';
import { shownState } from '../../domain/shown-state';
import { Connectors, type ConnectorDocument } from '../../models/connectors';
import { issuesOfCopy, type IssueReport } from '../../models/copy-issues';
import { foldersOfCopy, type FolderReport } from '../../models/copy-report';
import type { MailboxOfRow, MailUser } from '../../models/mail-users';
import type { WebDeps } from '../deps';
import { csvLine, sendCsv, sendJson } from '../downloads';
import { PageFault } from '../faults';
import { words } from './copy-view';
import { findUser } from './user-form';

const issuesPrinted = 1000;
type UserRequest = Request<{ id: string }>;

/** The report of one mail user: a page to print, CSV, and JSON (`docs/reports.md`). */
export function userReportRoutes(router: Router, { log }: Pick<WebDeps, 'log'>): void {
  const reportOf = (id: string) => readReport(id, log);
  router.get('/:id/report', async (request: UserRequest, response) => {
    await print(response, await reportOf(request.params.id));
  });
  router.get('/:id/report.csv', async (request: UserRequest, response) => {
    const report = await reportOf(request.params.id);
    await sendCsv(response, fileName(report), csvOf(report));
  });
  router.get('/:id/report.json', async (request: UserRequest, response) => {
    const report = await reportOf(request.params.id);
    const { folders, issues, user: _user, ...head } = report;
    await sendJson(
      response,
      fileName(report),
      { version: 1, ...head },
      { folders: folders.map(withoutKey), issues },
    );
  });
}

/** Everything the report states, before it is written down in one way or another. */
interface UserReport {
  user: MailUser;
  generatedAt: Date;
  migration: Record<string, unknown>;
  sums: ItemCounts & { remaining: number };
  /** Empty, as long as the rule of `docs/reports.md` holds; whoever reads the report is told where it does not. */
  disagreements: Disagreement[];
  folders: FolderReport[];
  /** To be gone through once. */
  issues: AsyncIterable<IssueReport>;
}

async function readReport(id: string, log: WebDeps['log']): Promise<UserReport> {
  const user = await findUser(id);
  const { pairId } = user;
  if (reportPurgedAt(user) !== undefined) throw new PageFault('reportPurged');
  const folders = pairId === undefined ? [] : await foldersOfCopy(pairId, isGoneThroughIn(shownState(user)));
  const sums = { ...sumOf(folders), remaining: folders.reduce((sum, { remaining }) => sum + remaining, 0) };
  const disagreements = [
    disagreementOf(sums),
    ...folders.map((folder) => disagreementOf(folder, folder.path)),
  ].filter((each) => each !== undefined);
  if (disagreements.length > 0)
    log.error(
      { mailUserId: id, pairId, folders: disagreements.filter(({ of }) => of !== undefined).length },
      'the figures of a report do not add up',
    );
  return {
    user,
    disagreements,
    generatedAt: new Date(),
    migration: await factsOf(user),
    sums,
    folders,
    issues: issuesOfCopy(pairId ?? '', folders),
  };
}

/** When, between which mailboxes, by whom. */
async function factsOf(user: MailUser): Promise<Record<string, unknown>> {
  const { projection } = user;
  const passwords = passwordsOf(projection, new Date());
  const started = projection?.timeline.findLast(({ state }) => state === 'starting');
  return {
    source: await mailboxFacts(user.source),
    target: await mailboxFacts(user.target),
    batch: user.batch,
    state: shownState(user),
    startedAt: started?.at,
    startedBy: started?.by,
    endedAt: projection?.endedAt,
    fault: projection?.fault?.text,
    passes: projection?.passes ?? [],
    verified: projection?.verified,
    mended: projection?.mended,
    credentialsDestroyedAt: passwords.destroyedAt,
    credentialsDestroyAt: passwords.keptUntil,
  };
}

async function mailboxFacts({ address, connectorId }: MailboxOfRow): Promise<Record<string, unknown>> {
  const connector = await Connectors.findById(connectorId).lean<ConnectorDocument>();
  return { address, connector: connector?.name, server: connector?.exchange.serverName };
}

function fileName({ user, generatedAt }: UserReport): string {
  const address = user.source.address.replaceAll(/[^\w.@-]/g, '_');
  return `mailporter ${address} ${generatedAt.toISOString().slice(0, 10)}`;
}

function withoutKey({
  folderKey: _key,
  position: _position,
  ...folder
}: FolderReport): Omit<FolderReport, 'folderKey' | 'position'> {
  return folder;
}

const counts = [...words, 'remaining'] as const;

/** One table: a row for the mailbox, one for each folder, one for each word of what comparing found and had mended, one for each issue. */
async function* csvOf({
  user,
  sums,
  folders,
  issues,
  migration,
  disagreements,
}: UserReport): AsyncGenerator<string> {
  const columns = ['Found', 'Copied', 'AlreadyThere', 'LeftOut', 'Skipped', 'Failed', 'Remaining'];
  const ofIssues = ['ItemClass', 'Date', 'SizeBytes', 'Code', 'Reason', 'Remedy', 'Count'];
  yield csvLine(['Row', 'Folder', 'State', ...columns, 'TargetCount', 'CountedAt', ...ofIssues]);
  const none = ofIssues.map(() => undefined);
  const figures = (of: UserReport['sums']) => counts.map((name) => of[name]);
  yield csvLine([
    'mailbox',
    undefined,
    String(migration['state']),
    ...figures(sums),
    undefined,
    undefined,
    ...none,
  ]);
  for (const folder of folders) {
    const { path, state, verified, refused } = folder;
    const reason = [...none.slice(0, 3), refused?.code, refused?.message, refused?.remedy, undefined];
    yield csvLine([
      'folder',
      path,
      state,
      ...figures(folder),
      verified?.targetCount,
      verified?.at,
      ...reason,
    ]);
  }
  const empty = [undefined, ...counts.map(() => undefined), undefined, undefined];
  for (const [row, found] of Object.entries({ finding: findingsOf(user), mended: mendedOf(user) }))
    for (const { word, count } of found ?? [])
      yield csvLine([row, undefined, ...empty, ...none.slice(0, 3), word, undefined, undefined, count]);
  for await (const { kind, folder, itemClass, date, sizeBytes, code, message, remedy, count } of issues)
    if (kind !== 'folder')
      yield csvLine([kind, folder, ...empty, itemClass, date, sizeBytes, code, message, remedy, count]);
  for (const { of, found, accounted } of disagreements) {
    const message = `${found} were found and ${accounted} are accounted for`;
    yield csvLine(['disagreement', of, ...empty, ...none.slice(0, 4), message, undefined, undefined]);
  }
}

/** What the last comparison found, most telling first; absent before one was made. */
function findingsOf({ projection }: MailUser): { word: string; count: number }[] | undefined {
  const { verified } = projection ?? {};
  if (verified === undefined) return undefined;
  const words = Object.keys(verified) as (keyof typeof verified)[];
  return words.map((word) => ({ word, count: verified[word] }));
}

/** What comparisons before the last found and had mended; absent where none says so. */
function mendedOf({ projection }: MailUser): { word: string; count: number }[] | undefined {
  const { mended } = projection ?? {};
  return mended && Object.entries(mended).map(([word, count]) => ({ word, count }));
}

async function print(response: Response, { user, issues, folders, ...report }: UserReport): Promise<void> {
  const printed: IssueReport[] = [];
  let more = false;
  for await (const issue of issues) {
    more = printed.length === issuesPrinted;
    if (more) break;
    printed.push(issue);
  }
  response.render('admin/users/report', {
    layout: 'report',
    titleText: user.source.address,
    id: user._id.toHexString(),
    ...report,
    words,
    folders: folders.map((folder) => ({ ...folder, figures: words.map((word) => folder[word]) })),
    findings: findingsOf(user),
    mended: mendedOf(user),
    issues: printed,
    more,
    counts,
  });
}
