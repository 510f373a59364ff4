import { z } from 'zod';
import { EwsError, SoapFault } from '../errors';
import type { Page } from '../operations/paging';
import { Random } from '../random';

/** When a fault strikes: always, `count` times, with a probability drawn from a seed, after `skip` matching requests, for some time. */
const when = {
  /** Name of the request element, such as CreateItem; absent: every operation. */
  operation: z.string().optional(),
  /** Address of the mailbox that the request speaks for; absent: every mailbox. */
  mailbox: z.string().optional(),
  count: z.number().int().positive().optional(),
  skip: z.number().int().nonnegative().default(0),
  /** From when it was armed; absent: until it is taken away. */
  forMs: z.number().int().positive().optional(),
  probability: z.number().min(0).max(1).default(1),
  seed: z.number().int().default(1),
};

const ms = z.number().int().nonnegative();
const code = z.string().regex(/^Error[A-Za-z]+$/);

export const faultSchema = z.discriminatedUnion('kind', [
  /** The work is done at once, its answer leaves `ms` later. */
  z.object({ kind: z.literal('latency'), ms, ...when }),
  /** The connection is reset, nothing was done. */
  z.object({ kind: z.literal('resetBefore'), ...when }),
  /** The work is done and kept, then the connection is reset: a lost answer. */
  z.object({ kind: z.literal('resetAfter'), ...when }),
  /** The work is done; the answer breaks off after so many bytes. */
  z.object({ kind: z.literal('truncate'), bytes: z.number().int().nonnegative().default(200), ...when }),
  /** The work is done `ms` later; meanwhile the connection is reset, or kept until the answer. */
  z.object({ kind: z.literal('late'), ms, connection: z.enum(['reset', 'keep']).default('reset'), ...when }),
  /** ErrorServerBusy as a SOAP fault; without `backOffMs` it names no wait. */
  z.object({ kind: z.literal('serverBusy'), backOffMs: ms.optional(), ...when }),
  z.object({ kind: z.literal('soapFault'), code, message: z.string().default('Injected fault.'), ...when }),
  /** A bare HTTP status such as 503, 429, or 302 to the generic error page. */
  z.object({
    kind: z.literal('http'),
    status: z.number().int().min(300).max(599),
    retryAfterSeconds: z.number().int().nonnegative().optional(),
    ...when,
  }),
  z.object({ kind: z.literal('unauthorized'), ...when }),
  /** HTTP 200 with one error response for the whole batch. */
  z.object({ kind: z.literal('batchError'), code, backOffMs: ms.optional(), ...when }),
  /** The items at these positions of each matching request fail; absent: all of them. */
  z.object({
    kind: z.literal('itemError'),
    code,
    indexes: z.array(z.number().int().nonnegative()).optional(),
    ...when,
  }),
  /** Only so many of a batch are done; the others answer ErrorBatchProcessingStopped. */
  z.object({ kind: z.literal('batchStops'), after: z.number().int().nonnegative(), ...when }),
  /** Pages of FindItem and SyncFolderItems hold at most so many entries, whatever was asked for. */
  z.object({ kind: z.literal('shortPage'), max: z.number().int().positive(), ...when }),
  /** The folder that a CreateItem puts into is deleted just before. */
  z.object({ kind: z.literal('deleteTargetFolder'), ...when }),
]);

export type Fault = z.infer<typeof faultSchema>;
export type FaultInput = z.input<typeof faultSchema>;
type Kind = Fault['kind'];
type Of<K extends Kind> = Extract<Fault, { kind: K }>;

interface Armed {
  readonly fault: Fault;
  readonly random: Random;
  /** Monotonic. */
  readonly since: number;
  skipped: number;
  struck: number;
}

/** The faults that are armed; each request draws what befalls it once. */
export class Faults {
  private armed: Armed[] = [];

  add(fault: Fault): void {
    this.armed.push({
      fault,
      random: new Random(fault.seed),
      since: performance.now(),
      skipped: 0,
      struck: 0,
    });
  }

  clear(): void {
    this.armed = [];
  }

  list(): { fault: Fault; struck: number }[] {
    return this.armed.map(({ fault, struck }) => ({ fault, struck }));
  }

  draw(operation: string, mailbox: string): RequestFaults {
    return new RequestFaults(
      this.armed.filter((each) => strikes(each, operation, mailbox)).map((each) => each.fault),
    );
  }
}

function strikes(armed: Armed, operation: string, mailbox: string): boolean {
  const { fault } = armed;
  if (fault.operation !== undefined && fault.operation !== operation) return false;
  if (fault.mailbox !== undefined && fault.mailbox.toLowerCase() !== mailbox.toLowerCase()) return false;
  if (fault.count !== undefined && armed.struck >= fault.count) return false;
  if (fault.forMs !== undefined && performance.now() - armed.since > fault.forMs) return false;
  if (armed.skipped < fault.skip) {
    armed.skipped++;
    return false;
  }
  if (fault.probability < 1 && !armed.random.chance(fault.probability)) return false;
  armed.struck++;
  return true;
}

/** What befalls one request. */
export class RequestFaults {
  constructor(private readonly faults: readonly Fault[]) {}

  get<K extends Kind>(kind: K): Of<K> | undefined {
    return this.faults.find((fault): fault is Of<K> => fault.kind === kind);
  }

  wholeBatchError(): EwsError | undefined {
    const fault = this.get('batchError');
    return fault && new EwsError(fault.code, 'Injected fault.', backOff(fault.backOffMs));
  }

  itemError(index: number): EwsError | undefined {
    const fault = this.get('itemError');
    if (!fault || (fault.indexes && !fault.indexes.includes(index))) return undefined;
    return new EwsError(fault.code, 'Injected fault.');
  }

  stopsBatchAt(index: number): boolean {
    const fault = this.get('batchStops');
    return fault !== undefined && index >= fault.after;
  }

  soapFault(): SoapFault | undefined {
    const busy = this.get('serverBusy');
    if (busy) return serverBusy(busy.backOffMs);
    const fault = this.get('soapFault');
    return fault && new SoapFault(fault.code, fault.message);
  }

  /** A page that is shorter than asked for, and says so. */
  shortened<T>(page: Page<T>): Page<T> {
    const fault = this.get('shortPage');
    if (!fault || page.entries.length <= fault.max) return page;
    const cut = page.entries.length - fault.max;
    return { entries: page.entries.slice(0, fault.max), nextOffset: page.nextOffset - cut, last: false };
  }
}

const backOff = (backOffMs: number | undefined): Record<string, string> =>
  backOffMs === undefined ? {} : { BackOffMilliseconds: String(backOffMs) };

export function serverBusy(backOffMs: number | undefined): SoapFault {
  return new SoapFault(
    'ErrorServerBusy',
    'The server cannot service this request right now. Try again later.',
    backOff(backOffMs),
  );
}
