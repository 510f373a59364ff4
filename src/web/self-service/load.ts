import type { Side } from '../../domain/mailbox';
import type { MigrationState } from '../../domain/migration';
import { shownState } from '../../domain/shown-state';
import { Connectors, type ConnectorDocument } from '../../models/connectors';
import { MailUsers, type MailUser } from '../../models/mail-users';
import { signInWaitOf } from '../../models/sign-in-refusals';
import { matchLinkToken, type Link } from '../../secrets/link-token';
import type { Figures } from '../admin/figures';
import type { ProgressSamples } from '../progress-samples';
import type { UsualDurations } from './usual-durations';
import type { ViewInput } from './view-of';

/** What a link leads to. Whatever else is wrong with a token, the answer is the same: `unknown`. */
export type Opened =
  | { kind: 'unknown' }
  /** A newer link took this one's place. */
  | { kind: 'replaced'; link: Link }
  | { kind: 'open'; link: Link; row: MailUser; connectors: Record<Side, ConnectorDocument> };

/** Opens a link for reading; changes nothing. */
export async function openLink(linkKey: string, token: string): Promise<Opened> {
  const link = matchLinkToken(linkKey, token);
  if (link === undefined) return { kind: 'unknown' };
  const row = await MailUsers.findById(link.mailUserId).lean<MailUser>();
  if (row === null || link.generation > row.linkGeneration) return { kind: 'unknown' };
  if (link.generation < row.linkGeneration) return { kind: 'replaced', link };
  const [source, target] = await Promise.all([connectorOf(row, 'source'), connectorOf(row, 'target')]);
  if (source === null || target === null) return { kind: 'unknown' };
  return { kind: 'open', link, row, connectors: { source, target } };
}

function connectorOf(row: MailUser, side: Side): Promise<ConnectorDocument | null> {
  return Connectors.findById(row[side].connectorId).lean<ConnectorDocument>();
}

/** States whose page may ask for a password. */
const formStates: ReadonlySet<MigrationState> = new Set([
  'notStarted',
  'starting',
  'emailSent',
  'awaitingSignIn',
  'verifying',
  'signInNeeded',
]);

/** What this process remembers between requests. */
export interface SeenBefore {
  samples: ProgressSamples;
  durations: UsualDurations;
  placesInQueue: Figures['placesInQueue'];
}

/** Asks the database for the rest of what this row's view is made of. */
export async function viewInput(
  { row, connectors }: Extract<Opened, { kind: 'open' }>,
  credentialLifeMs: number,
  { samples, durations, placesInQueue }: SeenBefore,
): Promise<ViewInput> {
  const now = new Date();
  const state = shownState(row);
  // A page that only follows a move asks every two seconds: it costs no more than it shows.
  const asks = formStates.has(state);
  const [source, target, usual, places] = await Promise.all([
    asks ? waitOf(row, 'source', now) : undefined,
    asks ? waitOf(row, 'target', now) : undefined,
    asks ? durations.of(row, now) : undefined,
    state === 'scheduled' ? placesInQueue() : undefined,
  ]);
  const place = places?.get(row._id.toHexString());
  const seen =
    state === 'working' && row.counters ? samples.add(row._id.toHexString(), row.counters) : undefined;
  return {
    row,
    connectors,
    now,
    credentialLifeMs,
    waits: { ...(source && { source }), ...(target && { target }) },
    ...(usual && { usual }),
    ...(place && { place }),
    ...(seen && { samples: seen }),
  };
}

function waitOf(row: MailUser, side: Side, now: Date): Promise<Date | undefined> {
  const { connectorId, addressKey } = row[side];
  return signInWaitOf({ connectorId: connectorId.toHexString(), addressKey }, now);
}
