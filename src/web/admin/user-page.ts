import type { Request, Response, Router } from 'express';
import { isActionable, rowFacts } from '../../domain/administrator-actions';
import { sumLines } from '../../domain/item-counts';
import { isEndState, progressOf, type MigrationState } from '../../domain/migration';
import { reportPurgedAt } from '../../domain/report-life';
import { passwordsOf } from '../../domain/passwords-kept';
import { shownState } from '../../domain/shown-state';
import { listAudit, type AuditEntry } from '../../models/audit-log';
import { Connectors, type ConnectorDocument } from '../../models/connectors';
import { isUndelivered } from '../../models/mail-user-list';
import type { MailUser } from '../../models/mail-users';
import { throttleLeftMs } from '../../domain/connector-wait';
import { steadyRate, timeLeftMs } from '../../domain/time-left';
import { migrationId } from '../../../workflows/names';
import type { WebDeps } from '../deps';
import type { Language } from '../../locales';
import { durationText } from '../for-people';
import { ProgressSamples } from '../progress-samples';
import { actionButtons } from './action-buttons';
import { copyView } from './copy-view';
import { awaitsAcceptance } from './source-acceptance';
import { findUser } from './user-form';
import { noteOf } from './user-notes';

const auditLines = 20;
const passesShown = 40;
const minuteMs = 60_000;
/** What brings a migration on, the likeliest next step first; nothing else is put first to the eye. */
const onward = ['resume', 'retry', 'start'] as const;

/** **A mail user**: time line, progress, folders, issues, and what can be done. */
export function userPageRoute(router: Router, deps: WebDeps): void {
  const samples = new ProgressSamples();
  router.get('/:id', async (request: Request<{ id: string }>, response) => {
    await show(deps, samples, response, await findUser(request.params.id));
  });
}

async function show(
  deps: WebDeps,
  samples: ProgressSamples,
  response: Response,
  user: MailUser,
): Promise<void> {
  const id = user._id.toHexString();
  const state = shownState(user);
  const facts = rowFacts(user.projection);
  const [source, target, audit, asks, places, copied, canAccept] = await Promise.all([
    connectorOf(user.source),
    connectorOf(user.target),
    listAudit(auditLines, { mailUserId: id }),
    listAudit(passesShown, { mailUserId: id, only: ['deltaAsked', 'cutOverAsked'] }),
    state === 'scheduled' ? deps.figures.placesInQueue() : undefined,
    copyView(user),
    awaitsAcceptance(user),
  ]);
  // Before a replaced source was accepted a repetition would only stop again.
  const main = canAccept ? undefined : onward.find((action) => isActionable(action, state, facts));
  response.render('admin/users/page', {
    titleText: user.source.address,
    user,
    id,
    name: `${user.firstName} ${user.lastName}`.trim(),
    state,
    note: noteOf(user, new Date(), places?.get(id)),
    source,
    target,
    audit,
    ...progressView(user),
    ...(state === 'working' && paceView(samples, user, response)),
    ...(state === 'throttled' && { throttledBy: throttledBy(user, [source, target]) }),
    passwords: passwordsOf(user.projection, new Date()),
    ...keptView(deps, user, state),
    timeline: timelineView(user, state, asks),
    ...copied,
    activeFolders: user.counters?.activeFolders.map((label) => copied.pathsByLabel.get(label) ?? label),
    buttons: actionButtons
      .filter(({ value }) => isActionable(value, state, facts))
      .map((button) => ({ ...button, isMain: button.value === main })),
    canAccept,
    canReplaceLink: isActionable('resend', state, facts),
    isUndelivered: isUndelivered(user),
    undeliveredBy: user.undelivered?.by.kind === 'administrator' ? user.undelivered.by.email : '',
    workflowUrl: workflowUrl(deps, id, user),
    self: `/admin/users/${id}`,
    live: !['notStarted', 'completed', 'stopped', 'expired'].includes(state),
  });
}

async function connectorOf({ connectorId }: MailUser['source']): Promise<ConnectorDocument | undefined> {
  return (await Connectors.findById(connectorId).lean<ConnectorDocument>()) ?? undefined;
}

const issueWords: readonly string[] = ['skipped', 'failed'];

function progressView({ counters, projection }: MailUser): Record<string, unknown> {
  if (counters === undefined) return {};
  const pass = projection?.pass;
  const step = pass && (pass.sweep > 0 && pass.step !== 'verifying' ? 'sweeping' : pass.step);
  const sums = sumLines(counters).map((line) => ({ ...line, isIssue: issueWords.includes(line.word) }));
  const progress = progressOf(counters);
  const isReading = counters.folders === 0 || (step === 'planning' && progress.ofItems === 0);
  return { counters, progress, sums, step, isReading };
}

/** How fast it goes and how long it will take; nothing where nobody can tell, or where another thing is in the way. */
function paceView(samples: ProgressSamples, user: MailUser, response: Response): Record<string, unknown> {
  const { counters, projection } = user;
  if (counters === undefined || counters.epoch !== projection?.epoch) return {};
  const seen = samples.add(user._id.toHexString(), counters);
  const perMs = steadyRate(seen);
  const leftMs = timeLeftMs(seen);
  if (projection.pass?.step !== 'copying' || projection.fault !== undefined) return {};
  if (perMs === undefined || leftMs === undefined) return {};
  const isInBytes = counters.foundBytes + counters.remainingBytes > 0;
  return {
    perMinute: { isInBytes, amount: Math.round(perMs * minuteMs) },
    timeLeft: durationText(rounded(leftMs), response.locals['language'] as Language),
  };
}

/** To minutes, from an hour and a half on to hours. */
function rounded(ms: number): number {
  const minutes = Math.max(1, Math.round(ms / minuteMs));
  return (minutes < 90 ? minutes : Math.round(minutes / 60) * 60) * minuteMs;
}

/** The connector whose server has everybody wait, else what the server of this mailbox said. */
function throttledBy(
  { projection }: MailUser,
  connectors: readonly (ConnectorDocument | undefined)[],
): { name?: string; message?: string; code?: string } {
  const connector = connectors.find((each) => throttleLeftMs(each?.throttled, new Date()) > 0);
  if (connector !== undefined)
    return { name: connector.name, ...(connector.throttled && { code: connector.throttled.code }) };
  const last = (projection?.timeline ?? []).findLast(({ state }) => state === 'throttled');
  return last?.fault === undefined ? {} : { message: last.fault.message, code: last.fault.code };
}

/** Until when the report of an ended migration is kept, or when it was deleted. */
function keptView({ config }: WebDeps, user: MailUser, state: MigrationState): Record<string, unknown> {
  const purgedAt = reportPurgedAt(user);
  if (purgedAt !== undefined) return { reportPurgedAt: purgedAt };
  const endedAt = user.projection?.endedAt;
  if (!isEndState(state) || endedAt === undefined || user.pairId === undefined) return {};
  return { reportKeptUntil: new Date(endedAt.getTime() + config.REPORT_LIFE) };
}

/**
 * The states with their times and who brought them about, the passes, and who asked for one, newest last; what was asked for and is not
 * handled yet stands at the end.
 */
function timelineView(
  { projection, asked, createdAt }: MailUser,
  state: string,
  asks: readonly AuditEntry[],
): unknown[] {
  const said = [
    ...(projection?.timeline ?? []),
    ...(projection?.passes ?? []).map(({ kind, beganAt }) => ({ pass: kind, at: beganAt })),
    ...asks.map(({ action, at, by }) => ({ askedFor: action, at, by })),
  ].sort((a, b) => new Date(a.at).getTime() - new Date(b.at).getTime());
  const listed = { listed: true, at: createdAt };
  const pending =
    state === projection?.state || state === 'notStarted'
      ? []
      : [{ state, at: state === 'verifying' ? asked.credentialAt : asked.startedAt, pending: true }];
  return [listed, ...said, ...pending];
}

/** Where operators see the workflow; only where it was ever started. */
function workflowUrl({ config }: WebDeps, id: string, user: MailUser): string | undefined {
  if (config.TEMPORAL_UI_URL === undefined || user.asked.startId === undefined) return undefined;
  const path = `namespaces/${encodeURIComponent(config.TEMPORAL_NAMESPACE)}/workflows/${encodeURIComponent(migrationId(id))}`;
  return new URL(path, config.TEMPORAL_UI_URL.replace(/\/?$/, '/')).href;
}
