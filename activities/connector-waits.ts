import type { Logger } from '../src/log';
import { spreadMs, throttleLeftMs, type ConnectorThrottle } from '../src/domain/connector-wait';
import { Fault } from '../src/domain/faults';
import { longestWaitInPlaceMs, type ConnectorWait } from '../src/engine/back-off';
import type { ConnectorDocument } from '../src/models/connectors';
import { noteThrottle, readThrottles } from '../src/models/connector-throttles';

/** What another worker was told is known here this much later, and the time of one query. */
export const staleMs = 2_000;

export interface ConnectorWaitsOptions {
  log: Logger;
  /** How many times faster than real time the servers' waits pass, for rehearsals. */
  timeScale?: number;
}

/**
 * The waits that servers asked of whole connectors, as this process knows them. They stand on the connectors' documents, so that they
 * hold for all workers and survive them; one query in two seconds serves every mailbox of the process. What was told here counts here
 * at once, also while the database is away, and is written as soon as it is back.
 */
export class ConnectorWaits {
  private readonly log: Logger;
  private readonly timeScale: number;
  private stored = new Map<string, ConnectorThrottle>();
  /** When each wait became known here, ms of this process's own clock; by connector. */
  private readonly learned = new Map<string, { until: number; atMs: number }>();
  private readonly unwritten = new Map<string, { throttle: ConnectorThrottle; replaces?: Date }>();
  private readAt = -Infinity;
  private refreshing?: Promise<void>;

  constructor({ log, timeScale = 1 }: ConnectorWaitsOptions) {
    this.log = log;
    this.timeScale = timeScale;
  }

  /** What a connector's mailboxes have to wait for, `undefined` for nothing. @param key of the mailbox that asks */
  async of(connectorId: string, key: string): Promise<{ leftMs: number; code: string } | undefined> {
    await this.refresh();
    return this.knownFor(connectorId, key);
  }

  /** How long a connector still waits, ms; 0 where it does not. @param stored what stands on its document */
  leftMs(connectorId: string, stored: ConnectorThrottle | undefined): number {
    const throttle = this.unwritten.get(connectorId)?.throttle ?? stored;
    return throttle === undefined ? 0 : this.leftOf(connectorId, throttle);
  }

  /**
   * Takes note of a wait where a server meant it for its whole connector; anything else is passed over. Never throws.
   * @returns what the server asked for; absent where the fault is none such
   */
  note(connectorId: string, fault: unknown): ConnectorThrottle | undefined {
    if (!(fault instanceof Fault) || fault.details.kind !== 'throttled') return undefined;
    if (fault.details.scope !== 'connector') return undefined;
    const waitMs = fault.details.retryAfterMs / this.timeScale;
    const throttle = { until: new Date(Date.now() + waitMs), waitMs, code: fault.text.code };
    const known = this.known(connectorId);
    if (known !== undefined && this.leftOf(connectorId, known) >= waitMs) return throttle;
    const replaces = known?.until;
    this.unwritten.set(connectorId, { throttle, ...(replaces && { replaces }) });
    this.learn(connectorId, throttle);
    this.log.warn({ connectorId, waitMs, code: throttle.code }, 'a server asks its whole connector to wait');
    void this.write();
    return throttle;
  }

  /** For the requests of one mailbox. */
  for(connectorId: string, key: string): ConnectorWait {
    const knownLeftMs = () => (this.knownFor(connectorId, key)?.leftMs ?? 0) * this.timeScale;
    return {
      leftMs: async () => {
        await this.refresh();
        return knownLeftMs();
      },
      get knownLeftMs() {
        return knownLeftMs();
      },
      note: (fault) => void this.note(connectorId, fault),
    };
  }

  /**
   * Does one thing at a connector's server, outside of an open mailbox: not while its wait lasts, and takes note where one begins.
   * @param connector as it was read just now: an administrator may have ended a wait that is still known here
   * @throws Fault `throttled` where the wait is longer than `patienceMs`; what `work` throws
   */
  async heeded<T>(
    { _id, throttled }: Pick<ConnectorDocument, '_id' | 'throttled'>,
    key: string,
    work: () => Promise<T>,
    wait: (ms: number) => Promise<void>,
    patienceMs = longestWaitInPlaceMs,
  ): Promise<T> {
    const connectorId = _id.toHexString();
    if (throttled === undefined) this.stored.delete(connectorId);
    else this.stored.set(connectorId, throttled);
    for (let asked = await this.of(connectorId, key); asked; asked = await this.of(connectorId, key)) {
      if (asked.leftMs > patienceMs) throw stillWaiting(asked.leftMs, asked.code);
      await wait(asked.leftMs);
    }
    try {
      return await work();
    } catch (fault) {
      this.note(connectorId, fault);
      throw fault;
    }
  }

  private knownFor(connectorId: string, key: string): { leftMs: number; code: string } | undefined {
    const throttle = this.known(connectorId);
    if (throttle === undefined) return undefined;
    const leftMs = this.leftOf(connectorId, throttle, spreadMs(key, throttle));
    return leftMs > 0 ? { leftMs, code: throttle.code } : undefined;
  }

  private known(connectorId: string): ConnectorThrottle | undefined {
    return this.unwritten.get(connectorId)?.throttle ?? this.stored.get(connectorId);
  }

  /** Never longer than the server named from when it became known here, however far the clock of whoever was told is ahead. */
  private leftOf(connectorId: string, throttle: ConnectorThrottle, laterMs = 0): number {
    const { atMs } = this.learn(connectorId, throttle);
    const until = new Date(throttle.until.getTime() + laterMs);
    const leftMs = throttleLeftMs({ ...throttle, until, waitMs: throttle.waitMs + laterMs }, new Date());
    return Math.max(0, Math.min(leftMs, throttle.waitMs + laterMs - (performance.now() - atMs)));
  }

  private learn(connectorId: string, { until }: ConnectorThrottle): { until: number; atMs: number } {
    const learned = this.learned.get(connectorId);
    if (learned?.until === until.getTime()) return learned;
    const now = { until: until.getTime(), atMs: performance.now() };
    this.learned.set(connectorId, now);
    return now;
  }

  private async refresh(): Promise<void> {
    if (performance.now() - this.readAt < staleMs) return;
    this.refreshing ??= this.read().finally(() => (this.refreshing = undefined));
    await this.refreshing;
  }

  private async read(): Promise<void> {
    await this.write();
    try {
      this.stored = await readThrottles();
      for (const [connectorId, throttle] of this.stored) this.learn(connectorId, throttle);
    } catch (error) {
      // Whoever copies meets the same trouble at the ledger.
      this.log.warn({ err: error }, 'the waits of connectors cannot be read just now');
    }
    this.readAt = performance.now();
  }

  private async write(): Promise<void> {
    for (const [connectorId, noted] of this.unwritten) {
      try {
        await noteThrottle(connectorId, noted.throttle, noted.replaces);
        this.stored.set(connectorId, noted.throttle);
        if (this.unwritten.get(connectorId) === noted) this.unwritten.delete(connectorId);
      } catch (error) {
        this.log.warn({ connectorId, err: error }, 'the wait of a connector cannot be written just now');
      }
    }
  }
}

function stillWaiting(leftMs: number, code: string): Fault {
  const message = 'The server asked everybody who comes through this connector for a pause.';
  const details = { kind: 'throttled', retryAfterMs: Math.ceil(leftMs), scope: 'connector' } as const;
  return new Fault(details, { code, remedy: 'wait', message }, true);
}
