import type { FaultText } from './faults';
import { issuesIn, type ItemCounts } from './item-counts';
import { isEndState, type EndState, type MigrationState, type TimelineEntry } from './migration';
import { passwordsOf } from './passwords-kept';
import { shownState, type AskedAndSaid } from './shown-state';

/** Of which ends there are mails; one with issues is told by the same mail as one without. */
export type EndKind = Exclude<EndState, 'completedWithIssues' | 'expired'>;

/** What has become of the passwords of a migration that has ended, and may have been started anew since. */
export type PasswordsAfterEnd =
  | { kind: 'destroyed' }
  /** For **Retry**, until then at the latest. */
  | { kind: 'kept'; until: Date }
  /** It is under way again, with those that it has. */
  | { kind: 'inUse' };

/** What there is to tell of an end at the moment its mail leaves, which may be days later. */
export interface EndToTell {
  /** Whether everything is there, as far as the end and the figures say; of a completed one only. */
  isWhole: boolean;
  /** Why it has failed. */
  fault?: FaultText;
  /** Whether the migration is under way again, or has come to another end since. */
  startedAnew: boolean;
  passwords: PasswordsAfterEnd;
}

/** As much of a row as tells how its migration stands, and how it has ended before. */
interface RowOfEnd extends AskedAndSaid {
  counters?: ItemCounts;
  projection?: NonNullable<AskedAndSaid['projection']> & {
    timeline: readonly TimelineEntry[];
    credentialsDestroyAt?: Date;
    credentialsDestroyedAt?: Date;
  };
}

/** Of several ends of a kind the newest one's; `undefined` where the row knows of none, as in a database that was set back. */
export function endToTell(row: RowOfEnd, kind: EndKind, now: Date): EndToTell | undefined {
  const { asked, projection, counters } = row;
  // What somebody types while it ends starts nothing.
  const state = shownState({ asked: { ...asked, credentialIds: [] }, ...(projection && { projection }) });
  const end = projection?.timeline.findLast((line) => kindOf(line.state) === kind);
  if (end === undefined) return undefined;
  return {
    // The row may tell of a new start by then; its figures tell what is not there all the same.
    isWhole: end.state === 'completed' && (counters === undefined || issuesIn(counters) === 0),
    ...(end.fault === undefined ? {} : { fault: end.fault }),
    startedAnew: kindOf(state) !== kind,
    passwords: isEndState(state) ? passwordsAfterEnd(projection, now) : { kind: 'inUse' },
  };
}

function kindOf(state: MigrationState): MigrationState {
  return state === 'completedWithIssues' ? 'completed' : state;
}

function passwordsAfterEnd(told: RowOfEnd['projection'], now: Date): PasswordsAfterEnd {
  const { keptUntil } = passwordsOf(told, now);
  return keptUntil === undefined ? { kind: 'destroyed' } : { kind: 'kept', until: keptUntil };
}
