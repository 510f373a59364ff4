import { setTimeout as pause } from 'node:timers/promises';
import { kindOf, type FaultKind } from './catalogue';
import { befallsOne } from './deeds';
import type { PlannedFault } from './plan';
import { hasEnded } from './product';
import { moments } from './progress';
import type { RunMailbox } from './run-mailbox';
import { strike, type Struck } from './strike';
import type { FaultySystem } from './system';

/** Faults with how often each struck. */
export type StrikeCounts = Partial<Record<FaultKind, number>>;

/** The faults of a run, each when its mailbox has come to its moment. */
export class Strikes {
  areOver = false;
  private readonly doneWith = new Set<RunMailbox>();
  private readonly struck: Promise<{ kind: FaultKind; struck: Struck }[]>;
  private counted?: Promise<StrikeCounts>;
  private healed?: Promise<void>;

  constructor(
    private readonly system: FaultySystem,
    private readonly mailboxes: readonly RunMailbox[],
  ) {
    this.struck = this.strikeAll();
  }

  /** Whether all have struck that are due by this mailbox. */
  areOverFor(mailbox: RunMailbox): boolean {
    return this.doneWith.has(mailbox);
  }

  /** Whether a server may have broken its promise. */
  get brokePromise(): boolean {
    return this.has(({ kind }) => kindOf(kind).breaksPromise === true);
  }

  has(fits: (fault: PlannedFault) => boolean): boolean {
    return this.mailboxes.some(({ faults }) => faults.some(fits));
  }

  /** When all have struck, or are not due any more, whatever they left is mended. */
  calm(): Promise<void> {
    return (this.healed ??= this.counts().then(() => this.system.heal()));
  }

  /** How often each fault struck until it is asked first: before they are taken away. */
  counts(): Promise<StrikeCounts> {
    return (this.counted ??= this.struck.then((all) => this.count(all)));
  }

  private async strikeAll(): Promise<{ kind: FaultKind; struck: Struck }[]> {
    const struck = await Promise.all(this.mailboxes.map((mailbox) => this.strikeAllOf(mailbox)));
    this.areOver = true;
    return struck.flat();
  }

  private async strikeAllOf(mailbox: RunMailbox): Promise<{ kind: FaultKind; struck: Struck }[]> {
    const struck = await Promise.all(
      mailbox.faults.map(async (fault) => {
        const { kind, at, plusMs } = fault;
        if (!(await mailbox.progress.reached(at))) return { kind, struck: 0 };
        await pause(plusMs);
        return { kind, struck: await this.strikeOne(mailbox, fault) };
      }),
    );
    // What was armed last gets the time of a short copy to strike.
    await pause(1500);
    this.doneWith.add(mailbox);
    return struck;
  }

  /** What befell migrations that had ended before it was due is not counted. Requests that a fault met were made by one that runs. */
  private async strikeOne(mailbox: RunMailbox, { at, deed }: PlannedFault): Promise<Struck> {
    const befallen = befallsOne(deed) ? [mailbox] : this.mailboxes;
    const isOver = () => befallen.every(({ seen }) => seen !== undefined && hasEnded(seen));
    const wasOver = isOver();
    const struck = await strike(mailbox, deed).catch(() => 0);
    return typeof struck === 'number' && wasOver && isOver() && at < moments.end ? 0 : struck;
  }

  private async count(all: { kind: FaultKind; struck: Struck }[]): Promise<StrikeCounts> {
    const { system } = this;
    const bySide = { source: await system.strikes('source'), target: await system.strikes('target') };
    const counts: StrikeCounts = {};
    for (const { kind, struck } of all) {
      const times =
        typeof struck === 'number'
          ? struck
          : struck.places.reduce((sum, place) => sum + (bySide[struck.side][place] ?? 0), 0);
      counts[kind] = (counts[kind] ?? 0) + times;
    }
    return counts;
  }
}
