import type { MemoryWire, WireRequest } from '../src/connectors/memory';
import { Fault } from '../src/domain/faults';
import type { VirtualTime } from '../test/engine/model/virtual-time';
import type { Chance } from '../test/engine/model/chance';

/** What a server allows one mailbox, and how long it takes. Waits are named as the Exchange connector names them. */
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

/** A server that works at each request for as long as its items take, and refuses what is above its policy. */
export class PolicyWire implements MemoryWire {
  /** Items it took in, by when. */
  readonly put: { atMs: number; items: number }[] = [];
  refused = 0;
  private running = 0;
  private window = { startedMs: 0, bytes: 0 };

  constructor(
    private readonly time: VirtualTime,
    private readonly chance: Chance,
    private readonly policy: Policy,
  ) {}

  async send<Answer>({ kind, steps }: WireRequest<Answer>): Promise<Answer[]> {
    await this.time.sleep(requestMs / 2);
    if (this.running >= this.policy.connections) throw this.refuse('ErrorExceededConnectionCount', crowdedMs);
    const hasItems = kind === 'putItems' || kind === 'readItems';
    const bytes = hasItems ? steps.length * itemBytes : 0;
    this.spend(bytes);
    this.running += 1;
    const workMs = hasItems ? steps.length * itemMs + (bytes / bytesPerSecond) * 1000 : itemMs;
    // Servers are never as quick as the time before.
    await this.time.sleep(requestMs / 2 + workMs * (0.7 + this.chance.number(61) / 100));
    this.running -= 1;
    const answers = steps.map((step) => step());
    if (kind === 'putItems') this.put.push({ atMs: this.time.monotonic(), items: steps.length });
    return answers;
  }

  /** The request that overdraws a window still passes, as on Exchange. */
  private spend(bytes: number): void {
    const limit = this.policy.bytesPerFiveMinutes ?? Infinity;
    const now = this.time.monotonic();
    if (now - this.window.startedMs >= windowMs) this.window = { startedMs: now, bytes: 0 };
    if (this.window.bytes >= limit)
      throw this.refuse('ErrorServerBusy', this.window.startedMs + windowMs - now);
    this.window.bytes += bytes;
  }

  private refuse(code: string, retryAfterMs: number): Fault {
    this.refused += 1;
    const text = { code, remedy: 'wait', message: 'refused by policy' } as const;
    return new Fault({ kind: 'throttled', retryAfterMs, scope: 'mailbox' }, text, true);
  }
}
