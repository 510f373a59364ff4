import { isMeant, wantsLookFirst, type RowAction, type RowFacts } from '../../domain/administrator-actions';
import { invitationAddresses, isAskedForRest } from '../../domain/invitation';
import type { Side } from '../../domain/mailbox';
import { isEndState, type MigrationState } from '../../domain/migration';
import { listConnectors } from '../../models/connector-list';
import { groupsOf } from '../../models/mail-user-counts';
import type { MailUserSelection } from '../../models/mail-user-filter';

/** Names, by id, of the connectors whose last test found no sign-in that Mailporter can use: nothing is started on them. */
export async function unusableConnectors(): Promise<Map<string, string>> {
  const connectors = (await listConnectors()).filter(({ lastCheck }) => lastCheck?.report.usable === false);
  return new Map(connectors.map(({ _id, name }) => [_id.toHexString(), name]));
}

/** What a button would do to a selection. */
export interface Forecast {
  selected: number;
  /** Rows that something is done to. */
  acted: number;
  /** Rows for which there is nothing to do. */
  passed: number;
  /** Rows that are refused, by the connector that is not usable. */
  refused: { name: string; count: number }[];
  /** Of those acted on, how many users get a mail now. */
  mailed: number;
  /** Of those acted on, how many begin with passwords that are kept, so that nobody is asked for any. */
  kept: number;
  /** Rows that are passed over because somebody has to look at each: their source is empty, or another one than before. */
  doubtful: number;
  /** Of those acted on, how many have been moved before. */
  again: number;
  /** Of those acted on, how many have a link that has expired and signs in again. */
  reopened: number;
  /** Of those acted on, how many get a full pass where a delta pass is asked for: only a pre-stage was made before. */
  full: number;
  /** Of those acted on, how many users get a mail that asks for the other password, by the one side that is given. */
  askedForRest: Record<Side, number>;
}

/** Whether the action begins a migration anew, so that both connectors have to be usable. */
export function begins(action: RowAction, state: MigrationState): boolean {
  return (
    action === 'start' ||
    action === 'retry' ||
    action === 'giveCredentials' ||
    (action === 'resend' && isEndState(state))
  );
}

/** Whether it has users asked for their passwords, where none are kept. */
export function invites(action: RowAction): boolean {
  return action === 'start' || action === 'retry' || action === 'resend';
}

/** Whether a full pass follows where a delta pass was asked for. */
export function isFullPass(action: RowAction, { isAtMostPrestaged = false }: RowFacts): boolean {
  return action === 'delta' && isAtMostPrestaged;
}

/** What a button would do, before it is pressed. */
export async function forecast(action: RowAction, selection: MailUserSelection): Promise<Forecast> {
  const groups = await groupsOf(selection);
  const connectors = new Map((await listConnectors()).map((each) => [each._id.toHexString(), each]));
  const unusable = await unusableConnectors();
  const selected = groups.reduce((sum, { count }) => sum + count, 0);
  const among = selection.kind === 'filter' ? Infinity : selected;
  const result: Forecast = {
    selected,
    acted: 0,
    passed: 0,
    refused: [],
    mailed: 0,
    kept: 0,
    doubtful: 0,
    again: 0,
    reopened: 0,
    full: 0,
    askedForRest: { source: 0, target: 0 },
  };
  const refused = new Map<string, number>();
  for (const { state, sourceConnectorId, targetConnectorId, facts, keptSides, count } of groups) {
    const blocking = unusable.get(sourceConnectorId) ?? unusable.get(targetConnectorId);
    if (wantsLookFirst(action, state, among, facts)) result.doubtful += count;
    else if (!isMeant(action, state, among, facts)) result.passed += count;
    else if (begins(action, state) && blocking !== undefined)
      refused.set(blocking, (refused.get(blocking) ?? 0) + count);
    else {
      result.acted += count;
      if (state === 'expired') result.reopened += count;
      else if (isEndState(state)) result.again += count;
      if (isFullPass(action, facts)) result.full += count;
      const { choice } = invitationAddresses({
        sourceAddress: '',
        targetAddress: '',
        sourceChoice: connectors.get(sourceConnectorId)?.signIn.invitation ?? 'none',
        targetChoice: connectors.get(targetConnectorId)?.signIn.invitation ?? 'none',
      });
      if (keptSides.length > 1 && (action === 'start' || action === 'retry')) result.kept += count;
      else if (invites(action) && choice !== 'none') result.mailed += count;
      for (const side of ['source', 'target'] as const)
        if (action === 'giveCredentials' && isAskedForRest({ state, choice, keptSides }, [side]))
          result.askedForRest[side] += count;
    }
  }
  return { ...result, refused: [...refused].map(([name, count]) => ({ name, count })) };
}
