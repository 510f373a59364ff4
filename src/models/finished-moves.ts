import type { Types } from 'mongoose';
import type { TimelineEntry } from '../domain/migration';
import { MailUsers, type MailUser } from './mail-users';

/** How long the newest finished moves of a pair of connectors took, from the first **Working** of their last start to the end; ms. */
export async function finishedMoves(
  pair: { source: Types.ObjectId; target: Types.ObjectId },
  most = 200,
): Promise<number[]> {
  const rows = await MailUsers.find(
    {
      'projection.state': { $in: ['completed', 'completedWithIssues'] },
      'source.connectorId': pair.source,
      'target.connectorId': pair.target,
    },
    { 'projection.timeline': 1, 'projection.endedAt': 1 },
  )
    .sort({ _id: -1 })
    .limit(most)
    .lean<Pick<MailUser, 'projection'>[]>();
  return rows.flatMap(({ projection }) => {
    const began = projection && beganAt(projection.timeline);
    return began && projection.endedAt ? [projection.endedAt.getTime() - began.getTime()] : [];
  });
}

function beganAt(timeline: readonly TimelineEntry[]): Date | undefined {
  const start = timeline.findLastIndex(({ state }) => state === 'starting');
  return timeline.slice(start + 1).find(({ state }) => state === 'working')?.at;
}
