import type { Server } from '../../activities/deps';
import type { Credential } from '../../src/connectors/connector';
import {
  MemorySource,
  MemoryStore,
  MemoryTarget,
  directWire,
  type MemoryWire,
} from '../../src/connectors/memory';
import { Fault } from '../../src/domain/faults';
import type { Side } from '../../src/domain/mailbox';
import type { ConnectorDocument } from '../../src/models/connectors';

const settings = { settleMs: 50 };

/**
 * The mail servers of a test: mailboxes in memory behind a sign-in. Every connector leads to them; a mailbox is known by its side and
 * address, and signs in with `password`.
 */
export class MailServers {
  /** What each mailbox's user must type. */
  password = 'right horse';
  /** Sign-ins that were tried, as `<side> <address> <password>`. */
  readonly tried: string[] = [];
  /** Mailboxes opened and not closed yet. */
  readonly open = new Set<object>();
  /** Throws where an opening is to fail. */
  beforeOpen: (side: Side, address: string, signal: AbortSignal) => void | Promise<void> = () => undefined;
  /** How often a server was asked by **Test connection**. */
  checks = 0;
  /** Throws where a test is to fail. */
  beforeCheck: () => void | Promise<void> = () => undefined;
  /** Awaited before a mailbox closes. */
  beforeClose: () => void | Promise<void> = () => undefined;
  /** How requests reach the mailboxes. */
  wire: MemoryWire = directWire;
  private readonly stores = new Map<string, MemoryStore>();

  /** A mailbox; made empty when it is asked for first. */
  mailbox(side: Side, address: string): MemoryStore {
    const key = `${side}:${address.toLowerCase()}`;
    const store = this.stores.get(key) ?? new MemoryStore(key);
    this.stores.set(key, store);
    return store;
  }

  /** As after a restore: another mailbox under the same address, in which everything has a new key. */
  replace(side: Side, address: string): void {
    const old = this.mailbox(side, address);
    const store = new MemoryStore(`${old.identity} again`);
    // Ids are never given out twice, by whichever server.
    for (let used = 0; used < 1000; used += 1) store.addFolder({ name: 'used' });
    for (const id of [...store.folders.keys()]) store.folders.delete(id);
    for (const { id, name, wellKnown } of old.folders.values()) {
      const folder = store.addFolder({ name, ...(wellKnown && { wellKnown }) });
      for (const item of old.items(id)) {
        const itemId = store.addItem(folder, item);
        Object.assign(store.item(folder, itemId) ?? {}, { moveKey: item.moveKey });
      }
    }
    this.stores.set(`${side}:${address.toLowerCase()}`, store);
  }

  /** A source mailbox with so many folders of so many items. */
  fill(address: string, folders: number, itemsPerFolder: number): MemoryStore {
    const store = this.mailbox('source', address);
    for (let folder = 0; folder < folders; folder += 1) {
      const id = store.addFolder(
        folder === 0 ? { name: 'Inbox', wellKnown: 'inbox' } : { name: `Folder ${folder}` },
      );
      for (let item = 0; item < itemsPerFolder; item += 1) store.addItem(id);
    }
    return store;
  }

  /** Items of every folder of a mailbox. */
  countItems(side: Side, address: string): number {
    const store = this.mailbox(side, address);
    return [...store.folders.keys()].reduce((sum, id) => sum + store.items(id).length, 0);
  }

  /** What the worker is given. */
  readonly serverOf = (_connector: ConnectorDocument): Server => ({
    openSource: async (address, credential, signal) => {
      await this.signIn('source', address, credential, signal);
      const mailbox = new MemorySource(this.mailbox('source', address), {
        capabilities: settings,
        wire: this.wire,
      });
      return this.watch(mailbox);
    },
    openTarget: async (address, credential, signal) => {
      await this.signIn('target', address, credential, signal);
      const mailbox = new MemoryTarget(this.mailbox('target', address), {
        capabilities: settings,
        wire: this.wire,
      });
      return this.watch(mailbox);
    },
    check: async () => {
      this.checks += 1;
      await this.beforeCheck();
      return { usable: true, steps: [{ step: 'service', result: 'green', detail: 'It answers.' }] };
    },
  });

  private async signIn(
    side: Side,
    address: string,
    { password }: Credential,
    signal: AbortSignal,
  ): Promise<void> {
    await this.beforeOpen(side, address, signal);
    this.tried.push(`${side} ${address} ${password}`);
    if (password === this.password) return;
    const text = {
      code: 'HTTP 401',
      remedy: 'checkNameAndPassword' as const,
      message: 'The server refused the sign-in.',
    };
    throw new Fault({ kind: 'credential', side }, text, true);
  }

  private watch<M extends { close(): Promise<void> }>(mailbox: M): M {
    this.open.add(mailbox);
    const close = mailbox.close.bind(mailbox);
    mailbox.close = async () => {
      this.open.delete(mailbox);
      await this.beforeClose();
      await close();
    };
    return mailbox;
  }
}

export function unreachable(): Fault {
  const text = { code: 'ECONNREFUSED', remedy: 'wait' as const, message: 'The server does not answer.' };
  return new Fault({ kind: 'retryable' }, text, true);
}
