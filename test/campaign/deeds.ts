import type { FaultInput } from '../../sandbox/exchange/server/faults';
import type { Random } from '../../sandbox/exchange/random';
import type { SourceChange } from './changes';
import type { Cut } from './line';
import type { FarEnd, NearEnd } from './lines';
import type { AdministratorAction } from './people';
import type { Side } from './sides';

/** A part of the product, or what it stands on, that a fault befalls. */
export type PartName = 'worker' | 'web' | 'temporal' | 'mongodb';

/** What is done to the system or to the mailboxes; all durations are of this machine's clock, in ms. */
export type Deed =
  | { do: 'kill'; part: PartName }
  | { do: 'freeze'; part: PartName; forMs: number }
  | { do: 'secondWorker'; forMs: number; isKilled: boolean; clockSeconds: number }
  /** `both`: as if the clocks of database and Temporal were apart from the product's. */
  | { do: 'shiftClock'; part: NearEnd | 'both'; seconds: number; forMs: number }
  | { do: 'cutLine'; part: NearEnd; from: FarEnd; as: Cut; forMs: number }
  | { do: 'fillDisk'; share: number; forMs: number }
  | { do: 'arm'; side: Side; faults: FaultInput[] }
  | { do: 'crowd'; side: Side; connections: number; forMs: number }
  | { do: 'changePassword'; side: Side }
  | { do: 'lockAccount'; side: Side; forMs: number }
  | { do: 'fillQuota'; roomBytes: number; forMs: number }
  | { do: 'useSource'; changes: SourceChange[] }
  | { do: 'stopAndStart' }
  /** Buttons on the row's page, one after the other. */
  | { do: 'press'; buttons: AdministratorAction[]; gapMs: number }
  /** The same on the list, for everything that its filter matches. */
  | { do: 'pressForAll'; buttons: AdministratorAction[]; gapMs: number }
  | { do: 'rotateKey' }
  /** In the Temporal UI; a reset goes to a place in the history from 0 to 1. */
  | { do: 'operate'; how: 'terminate' | 'cancel' | 'reset'; to: number }
  | { do: 'setBack'; part: 'mongodb' | 'temporal'; byMs: number };

const ofOne: readonly Deed['do'][] = [
  'changePassword',
  'lockAccount',
  'fillQuota',
  'useSource',
  'stopAndStart',
  'press',
  'operate',
];

/** Whether a deed is done to one mailbox, and not to what all of a run have in common. */
export const befallsOne = (deed: Deed): boolean => ofOne.includes(deed.do);

/** A kind of fault. */
export interface Kind {
  /** For the report. */
  what: string;
  /** How often it is drawn, against the others. */
  weight: number;
  /** A server may break its promise here: what comes twice is to be mended by the next comparison. */
  breaksPromise?: true;
  /** The ledger may be lost or set back. */
  losesLedger?: true;
  draw(random: Random): Deed;
}
