import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Mailbox } from './mailbox';
import type { MailboxSettings } from './settings';

export type NewMailbox = Pick<MailboxSettings, 'address' | 'password'> &
  Partial<Omit<MailboxSettings, 'mailboxGuid' | 'replicaGuid'>>;

/** All mailboxes of one Exchange organisation, each in a directory named by its GUID. */
export class Mailboxes {
  private readonly byAddress = new Map<string, Mailbox>();
  private readonly byGuid = new Map<string, Mailbox>();

  private constructor(private readonly directory: string) {}

  static async open(directory: string): Promise<Mailboxes> {
    mkdirSync(directory, { recursive: true });
    const all = new Mailboxes(directory);
    for (const name of readdirSync(directory)) {
      const path = join(directory, name, 'mailbox.json');
      if (!existsSync(path)) continue;
      all.remember(
        await Mailbox.open(join(directory, name), JSON.parse(readFileSync(path, 'utf8')) as MailboxSettings),
      );
    }
    return all;
  }

  list(): Mailbox[] {
    return [...this.byAddress.values()];
  }

  byMailAddress(address: string): Mailbox | undefined {
    return this.byAddress.get(address.toLowerCase());
  }

  byMailboxGuid(guid: string): Mailbox | undefined {
    return this.byGuid.get(guid);
  }

  /** @throws Error where the address is taken */
  async add(mailbox: NewMailbox): Promise<Mailbox> {
    if (this.byMailAddress(mailbox.address)) throw new Error(`mailbox ${mailbox.address} exists already`);
    const settings: MailboxSettings = {
      displayName: mailbox.address.split('@')[0] ?? mailbox.address,
      account: 'ok',
      ewsEnabled: true,
      fullAccess: [],
      mayImpersonate: false,
      oof: { state: 'Disabled', externalAudience: 'None', internalReply: '', externalReply: '' },
      ...mailbox,
      mailboxGuid: randomUUID(),
      replicaGuid: randomBytes(16).toString('hex'),
    };
    const directory = join(this.directory, settings.mailboxGuid);
    mkdirSync(directory, { recursive: true });
    writeSettings(directory, settings);
    const made = await Mailbox.open(directory, settings);
    this.remember(made);
    return made;
  }

  change(mailbox: Mailbox, change: Partial<MailboxSettings>): void {
    mailbox.settings = { ...mailbox.settings, ...change };
    writeSettings(mailbox.directory, mailbox.settings);
  }

  remove(mailbox: Mailbox): void {
    this.byAddress.delete(mailbox.settings.address.toLowerCase());
    this.byGuid.delete(mailbox.settings.mailboxGuid);
    mailbox.close();
    rmSync(mailbox.directory, { recursive: true, force: true });
  }

  close(): void {
    for (const mailbox of this.byAddress.values()) mailbox.close();
  }

  private remember(mailbox: Mailbox): void {
    this.byAddress.set(mailbox.settings.address.toLowerCase(), mailbox);
    this.byGuid.set(mailbox.settings.mailboxGuid, mailbox);
  }
}

function writeSettings(directory: string, settings: MailboxSettings): void {
  const path = join(directory, 'mailbox.json');
  writeFileSync(`${path}.new`, JSON.stringify(settings), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
