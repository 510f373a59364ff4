import { setTimeout as pause } from 'node:timers/promises';
import type { Plan } from './plan';
import type { Product } from './product';
import { Pulse, type Standstill } from './pulse';
import type { RunMailbox } from './run-mailbox';
import type { FaultySystem } from './system';

const lookEveryMs = 300;
/** The time of a run: the least, and with each of its mailboxes more. */
const endsWithinMs = { least: 300_000, more: 60_000 };

/** Why a run is given up: {@link Standstill}, or it ended not in time, or something of the run itself could not go on. */
export type GivenUp = Standstill | 'doesNotEnd' | 'brokeOff';

/** Looks at a run as a whole: whether it goes on, and whether no connector has more mailboxes at once than it may. */
export class Watch {
  /** Absent as long as everybody is to go on. */
  givenUp?: GivenUp;
  private readonly found = new Set<string>();
  private isOver = false;

  constructor(
    private readonly system: FaultySystem,
    private readonly product: Product,
    private readonly plan: Plan,
    private readonly mailboxes: readonly RunMailbox[],
  ) {}

  /** What was seen that must not be, a sentence each. */
  get claims(): string[] {
    return [...this.found];
  }

  giveUp(why: GivenUp): void {
    this.givenUp ??= why;
  }

  end(): void {
    this.isOver = true;
  }

  /** Looks until the end, or until the run is given up. */
  async keep(): Promise<void> {
    const giveUpAt = performance.now() + endsWithinMs.least + this.mailboxes.length * endsWithinMs.more;
    const pulse = new Pulse(() => this.system.requests());
    try {
      while (this.givenUp === undefined && !this.isOver) {
        await pause(lookEveryMs);
        if (performance.now() > giveUpAt) this.giveUp('doesNotEnd');
        const rows = this.mailboxes.map(({ seen }) => seen);
        const standstill = await pulse.standstill(rows, performance.now());
        if (standstill !== undefined) this.giveUp(standstill);
        await this.countSlots().catch(() => undefined);
      }
    } catch (fault) {
      this.giveUp('brokeOff');
      throw fault;
    }
  }

  private async countSlots(): Promise<void> {
    const { mailboxesAtOnce } = this.plan;
    for (const held of (await this.product.slotsHeld()).values())
      if (held > mailboxesAtOnce)
        this.found.add(`${held} mailboxes had slots of a connector that takes ${mailboxesAtOnce} at once`);
  }
}
