import type { MemoryWire, WireRequest } from '../src/connectors/memory';
import { Fault } from '../src/domain/faults';
import type { VirtualTime } from '../test/engine/model/virtual-time';
import type { Chance } from '../test/engine/model/chance';

/** What a server allows one account, and how long it takes. Waits are named as the Exchange connector names them. */
export interface Policy {
  /** Requests at once. @see EWSMaxConcurrency */
  connections: number;
  bytesPerFiveMinutes?: number;
}

export const itemBytes = 30_000;
const requestMs = 80;
const itemMs = 150;
const bytesPerSecond = 1_000_000;
const windowMs = 5 * 60_000;
/** `ErrorExceededConnectionCount` names no wait; `connectors/exchange/faults.ts` waits this long. */
const crowdedMs = 1_000;

/** Whom a server's policy is for: one mailbox, or all that come with the same rights. */
export class Account {
  running = 0;
  refused = 0;
  private window = { startedMs: 0, bytes: 0 };

  constructor(readonly policy: Policy) {}

  /** @returns how long to wait for the next window; the request that overdraws one still passes, as on Exchange */
  spend(bytes: number, nowMs: number): number {
    const limit = this.policy.bytesPerFiveMinutes ?? Infinity;
    if (nowMs - this.window.startedMs >= windowMs) this.window = { startedMs: nowMs, bytes: 0 };
    if (this.window.bytes >= limit) return this.window.startedMs + windowMs - nowMs;
    this.window.bytes += bytes;
    return 0;
  }
}

/** One mailbox's way to a server that works at each request for as long as its items take, and refuses what is above the account's policy. */
export class PolicyWire implements MemoryWire {
  /** Items it took in, by when. */
  readonly put: { atMs: number; items: number }[] = [];

  constructor(
    private readonly time: VirtualTime,
    private readonly chance: Chance,
    private readonly account: Account,
  ) {}

  async send<Answer>({ kind, steps }: WireRequest<Answer>): Promise<Answer[]> {
    await this.time.sleep(requestMs / 2);
    const { account } = this;
    if (account.running >= account.policy.connections)
      throw this.refuse('ErrorExceededConnectionCount', crowdedMs, true);
    const hasItems = kind === 'putItems' || kind === 'readItems';
    const bytes = hasItems ? steps.length * itemBytes : 0;
    const waitMs = account.spend(bytes, this.time.monotonic());
    if (waitMs > 0) throw this.refuse('ErrorServerBusy', waitMs);
    account.running += 1;
    const workMs = hasItems ? steps.length * itemMs + (bytes / bytesPerSecond) * 1000 : itemMs;
    // Servers are never as quick as the time before.
    await this.time.sleep(requestMs / 2 + workMs * (0.7 + this.chance.number(61) / 100));
    account.running -= 1;
    const answers = steps.map((step) => step());
    if (kind === 'putItems') this.put.push({ atMs: this.time.monotonic(), items: steps.length });
    return answers;
  }

  private refuse(code: string, retryAfterMs: number, crowded = false): Fault {
    this.account.refused += 1;
    const text = { code, remedy: 'wait', message: 'refused by policy' } as const;
    const details = { kind: 'throttled', retryAfterMs, scope: 'mailbox' } as const;
    return new Fault(crowded ? { ...details, crowded } : details, text, true);
  }
}
