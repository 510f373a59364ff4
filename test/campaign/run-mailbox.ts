import type { Diary } from './diary';
import type { Journey } from './journey';
import type { People } from './people';
import type { PlannedFault, PlannedMailbox } from './plan';
import type { Row } from './product';
import type { Progress } from './progress';
import type { Mover, Side } from './sides';
import type { FaultySystem } from './system';
import type { SeenMailbox } from './witness';

/** A mailbox of a run: what deeds are done to, and what they change. */
export interface RunMailbox {
  system: FaultySystem;
  size: PlannedMailbox;
  journey: Journey;
  /** Those of the plan that are due by its progress; who is the only one to be befallen is this one. */
  faults: readonly PlannedFault[];
  people: People;
  mover: Mover;
  /** The source before it was changed, in an order that depends on the mailbox's seed alone; absent where nobody changes it. */
  before?: SeenMailbox;
  /** Paths that the target had before anything was copied. */
  fresh: ReadonlySet<string>;
  /** How far its migration is. */
  progress: Progress;
  /** Its row when it was read last. */
  seen?: Row;
  diary: Diary;
  /** All that were ever typed. */
  passwords: { address: string; password: string }[];
  /** Faults that were armed in each simulator so far, by whichever mailbox of the run: their strikes are read at the end, in order. */
  armed: Record<Side, number>;
  /** Sides whose account is locked: their user does not try to sign in. */
  locked: Set<Side>;
}

/** Where the control API of a simulator has a mailbox. */
export const mailboxPath = ({ mover }: Pick<RunMailbox, 'mover'>, side: Side) =>
  `/mailboxes/${encodeURIComponent(mover[side].address)}`;
