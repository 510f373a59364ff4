import type { Fault } from '../src/domain/faults';
import type { MailboxPair } from '../src/engine/mailbox-pair';

/** Which opening of which mail user's mailboxes. */
export interface OpeningKey {
  mailUserId: string;
  epoch: number;
  opening: number;
}

/** A pair of mailboxes that this process has open, with what its folders and its `openMailbox` tell each other. */
export class OpenMailbox {
  private readonly ending = new AbortController();
  private readonly running = new Map<symbol, string>();
  private fault: Fault | undefined;

  constructor(readonly pair: MailboxPair) {}

  /** Aborted when the mailbox is being closed, for whatever reason. */
  get closing(): AbortSignal {
    return this.ending.signal;
  }

  /** The fault that closes it, if one does. */
  get closedBy(): Fault | undefined {
    return this.fault;
  }

  /** The folders that are being copied, as operators may read them. */
  get activeFolders(): string[] {
    return [...new Set(this.running.values())].filter((label) => label !== '');
  }

  /** Closes the mailbox with a fault of the whole mailbox; the first one counts. */
  fail(fault: Fault): void {
    this.fault ??= fault;
    this.close();
  }

  close(): void {
    this.ending.abort();
  }

  /** Does something with the mailbox. `label` is shown as an active folder; empty where it is none. */
  async use<T>(label: string, work: () => Promise<T>): Promise<T> {
    const key = Symbol(label);
    this.running.set(key, label);
    try {
      return await work();
    } finally {
      this.running.delete(key);
    }
  }

  /** Whether anything is still at work. */
  get idle(): boolean {
    return this.running.size === 0;
  }
}

/** All mailboxes this process has open; folders find theirs by the number of its opening. */
export class OpenMailboxes {
  private readonly open = new Map<string, OpenMailbox>();
  private isEnding = false;

  add(key: OpeningKey, mailbox: OpenMailbox): void {
    this.open.set(textOf(key), mailbox);
    if (this.isEnding) mailbox.close();
  }

  /** The process is ending: closes every mailbox, and each that is still being opened; others go on with them elsewhere. */
  closeAll(): void {
    this.isEnding = true;
    for (const mailbox of this.open.values()) mailbox.close();
  }

  /** `undefined` where it is closed, closing, or open elsewhere. */
  find(key: OpeningKey): OpenMailbox | undefined {
    const mailbox = this.open.get(textOf(key));
    return mailbox?.closing.aborted ? undefined : mailbox;
  }

  remove(key: OpeningKey): void {
    this.open.delete(textOf(key));
  }
}

function textOf({ mailUserId, epoch, opening }: OpeningKey): string {
  return `${mailUserId} ${epoch} ${opening}`;
}
