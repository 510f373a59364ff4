import type { Diary } from './diary';
import type { People } from './people';
import type { Mover, Side } from './sides';
import type { FaultySystem } from './system';
import type { SeenItem } from './witness';

/** What deeds are done to, and what they change. */
export interface Stage {
  system: FaultySystem;
  people: People;
  mover: Mover;
  /** What the source held before, in an order that depends on the mailbox's seed alone. */
  items: readonly SeenItem[];
  diary: Diary;
  /** All that were ever typed. */
  passwords: { address: string; password: string }[];
  /** Armed faults of each simulator, in order: their strikes are read at the end. */
  armed: Record<Side, number>;
  /** Sides whose account is locked: their user does not try to sign in. */
  locked: Set<Side>;
}

/** Where the control API of a simulator has a mailbox. */
export const mailboxPath = ({ mover }: Stage, side: Side) =>
  `/mailboxes/${encodeURIComponent(mover[side].address)}`;
