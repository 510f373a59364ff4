import type { RequestHandler, Response } from 'express';
import { throttleLeftMs } from '../../domain/connector-wait';
import { inTarget } from '../../domain/item-counts';
import { migrationStates, type MigrationState } from '../../domain/migration';
import { listAudit } from '../../models/audit-log';
import { listConnectors } from '../../models/connector-list';
import type { Language } from '../../locales';
import type { WebDeps } from '../deps';
import { textsOf } from './request';
import { nowMinutes, throughputView } from './throughput-view';
import { noteOf } from './user-notes';
import { shownState } from '../../domain/shown-state';

const eventsShown = 12;

/** How many are in which state, what needs a person, and what happened last. */
export const overview =
  ({ figures }: WebDeps): RequestHandler =>
  async (_request, response) => {
    const now = new Date();
    const [states, connectors, attention, audit, sums, minutes] = await Promise.all([
      figures.statesOfAll(),
      listConnectors(),
      figures.needsSomebody(),
      listAudit(eventsShown, { without: 'signedIn' }),
      figures.sums(),
      figures.throughput(),
    ]);
    const total = [...states.values()].reduce((sum, count) => sum + count, 0);
    const has = (side: 'source' | 'target') => connectors.some((each) => each.side === side);
    const unusable = connectors.filter(({ lastCheck }) => lastCheck?.report.usable === false);
    response.render('admin/overview', {
      title: 'admin.overview.title',
      total,
      states: migrationStates
        .map((state) => ({ state, count: states.get(state) ?? 0 }))
        .filter(({ count }) => count > 0),
      done: sumOf(states, ['completed', 'completedWithIssues']),
      running: sumOf(states, ['working', 'scheduled', 'throttled', 'verifying']),
      waiting: sumOf(states, ['emailSent', 'awaitingSignIn', 'signInNeeded']),
      items: inTarget(sums),
      bytes: sums.copiedBytes,
      attention: attention.map((row) => ({
        id: row._id.toHexString(),
        address: row.source.address,
        state: shownState(row),
        note: noteOf(row, new Date()),
      })),
      unusable,
      held: connectors.filter(({ throttled }) => throttleLeftMs(throttled, new Date()) > 0),
      audit,
      ...speedView(minutes, now, response),
      steps: { source: has('source'), target: has('target'), users: total > 0 },
      ready: has('source') && has('target') && total > 0,
    });
  };

function speedView(
  minutes: Parameters<typeof throughputView>[0],
  now: Date,
  response: Response,
): Record<string, unknown> {
  const reader = { t: textsOf(response), language: response.locals['language'] as Language };
  return { nowMinutes, speed: minutes.length === 0 ? undefined : throughputView(minutes, now, reader) };
}

function sumOf(states: ReadonlyMap<MigrationState, number>, wanted: readonly MigrationState[]): number {
  return wanted.reduce((sum, state) => sum + (states.get(state) ?? 0), 0);
}
