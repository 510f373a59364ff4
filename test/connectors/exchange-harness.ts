import { readMessage } from '../../sandbox/exchange/mime/read-message';
import { now, type Folder, type Mailbox } from '../../sandbox/exchange/store/mailbox';
import type { Item, ItemElement, Stored } from '../../sandbox/exchange/store/records';
import { elementOfClass } from '../../sandbox/exchange/properties/schema';
import type { WellKnownFolder } from '../../src/domain/mailbox';
import { connector, credentialOf, never, openExchange, samplePassword } from './exchange-servers';
import type { ConnectorHarness, SeededItem } from './harness';

const distinguished: Partial<Record<WellKnownFolder, string>> = {
  sentItems: 'sentitems',
  deletedItems: 'deleteditems',
};

/** The folders and items of a simulated mailbox by the ids that EWS gives out. */
class Desk {
  constructor(readonly mailbox: Mailbox) {}

  folder(id: string): Folder {
    for (const folder of this.mailbox.folders.values()) {
      if (this.mailbox.folderIdOf(folder.record).id === id) return folder;
    }
    throw new Error('no such folder');
  }

  item(folderId: string, id: string): Item {
    for (const item of this.folder(folderId).items.values())
      if (this.mailbox.itemIdOf(item).id === id) return item;
    throw new Error('no such item');
  }

  wellKnown(folder: WellKnownFolder): string {
    const found = this.mailbox.folderByName(distinguished[folder] ?? folder);
    if (!found) throw new Error(`no ${folder}`);
    return this.mailbox.folderIdOf(found.record).id;
  }

  get rootId(): string {
    return this.wellKnownParent();
  }

  addFolder(name: string, parentId = this.rootId): string {
    const parent = this.folder(parentId).record.counter;
    const made = this.mailbox.addFolder({ parent, displayName: name, folderClass: 'IPF.Note' });
    return this.mailbox.folderIdOf(made).id;
  }

  async addItem(folderId: string, seeded: SeededItem): Promise<string> {
    const folder = this.folder(folderId).record.counter;
    const content = await this.content(seeded.itemClass ?? 'IPM.Note', seeded.text, seeded.sizeBytes ?? 0);
    const item = this.mailbox.addItem({ ...content, folder, read: seeded.read ?? false });
    return this.mailbox.itemIdOf(item).id;
  }

  async changeItem(folderId: string, id: string, text: string): Promise<void> {
    const item = this.item(folderId, id);
    const { fields, ...content } = await this.content(item.itemClass, text, 0);
    this.mailbox.changeItem(item, { ...content, fields, ext: item.ext });
  }

  private wellKnownParent(): string {
    const parent = this.folder(this.wellKnown('inbox')).record.parent;
    const root = this.mailbox.folders.get(parent);
    if (!root) throw new Error('no root');
    return this.mailbox.folderIdOf(root.record).id;
  }

  private async content(itemClass: string, text: string, sizeBytes: number) {
    const element = elementOfClass(itemClass);
    const at = now();
    const made = {
      element,
      itemClass,
      associated: false,
      draft: false,
      created: at,
      modified: at,
      received: at,
    };
    const rest = { ...made, sent: at, ext: {}, attachments: [], sizeBytes: 1000 + sizeBytes };
    if (element !== 'Message' || itemClass !== 'IPM.Note')
      return { ...rest, fields: fieldsOf(element, text) };
    const filler = 'filler text\r\n'.repeat(Math.ceil(sizeBytes / 13));
    const encoded = `=?utf-8?B?${Buffer.from(text).toString('base64')}?=`;
    const mime = `From: a@contoso.example\r\nSubject: ${encoded}\r\n\r\n${filler}`;
    const read = await readMessage(
      this.mailbox.contents,
      this.mailbox.contents.append(Buffer.from(mime)),
      at,
    );
    return { ...rest, ...read, itemClass };
  }
}

function fieldsOf(element: ItemElement, text: string): Record<string, Stored> {
  const fields: Record<string, Stored> = { Subject: { n: 'Subject', v: text } };
  if (element === 'Contact') fields['DisplayName'] = { n: 'DisplayName', v: text };
  if (element === 'CalendarItem') {
    fields['Start'] = { n: 'Start', v: '2026-03-02T10:00:00Z' };
    fields['End'] = { n: 'End', v: '2026-03-02T11:00:00Z' };
  }
  return fields;
}

function subjectOf({ fields }: Item): string {
  const value = fields['Subject']?.v;
  return typeof value === 'string' ? value : '';
}

const alice = 'alice@contoso.example';
const bob = 'bob@fabrikam.example';
const carol = 'carol@fabrikam.example';

/** A pair of empty mailboxes on two simulated servers. */
export async function exchangeHarness(): Promise<ConnectorHarness> {
  const contoso = await openExchange();
  const fabrikam = await openExchange();
  const source = new Desk(await contoso.exchange.addMailbox({ address: alice, password: samplePassword }));
  const target = new Desk(await fabrikam.exchange.addMailbox({ address: bob, password: samplePassword }));
  await fabrikam.exchange.addMailbox({ address: carol, password: samplePassword });
  const openTarget = (address: string) =>
    connector.openTarget(fabrikam.settings, address, credentialOf(address), never);
  const expire = (server: typeof contoso) =>
    server.exchange.addFault({
      kind: 'itemError',
      operation: 'SyncFolderItems',
      code: 'ErrorInvalidSyncStateData',
      count: 1,
    });
  return {
    openSource: () => connector.openSource(contoso.settings, alice, credentialOf(alice), never),
    openTarget: () => openTarget(bob),
    openOtherTarget: () => openTarget(carol),
    source: {
      addFolder: async ({ name, parentKey }) => source.addFolder(name, parentKey),
      wellKnown: async (folder) => source.wellKnown(folder),
      renameFolder: async (key, displayName) =>
        void source.mailbox.changeFolder(source.folder(key).record, { displayName }),
      addItem: async (key, item) => {
        const position = source.folder(key).items.size;
        if (item.unreadable || item.busy) {
          contoso.exchange.addFault({
            kind: 'itemError',
            operation: 'GetItem',
            code: item.busy ? 'ErrorServerBusy' : 'ErrorItemCorrupt',
            indexes: [position],
          });
        }
        return source.addItem(key, item);
      },
      changeItem: (key, id, text) => source.changeItem(key, id, text),
      setRead: async (key, id, read) => void source.mailbox.changeItem(source.item(key, id), { read }),
      removeItem: async (key, id) => source.mailbox.removeItem(source.item(key, id)),
      moveItem: async (key, id, to) => {
        const moved = source.mailbox.moveItem(source.item(key, id), source.folder(to).record.counter);
        return source.mailbox.itemIdOf(moved).id;
      },
      expireStates: async () => expire(contoso),
    },
    target: {
      addFolder: async ({ name, parentId }) => target.addFolder(name, parentId),
      wellKnown: async (folder) => target.wellKnown(folder),
      folderName: async (id) => target.folder(id).record.displayName,
      parentOf: async (id) => {
        const parent = target.mailbox.folders.get(target.folder(id).record.parent);
        const parentId = parent && target.mailbox.folderIdOf(parent.record).id;
        return parentId === target.rootId ? undefined : parentId;
      },
      addItem: (id, item) => target.addItem(id, item),
      changeItem: (id, item, text) => target.changeItem(id, item, text),
      removeItem: async (id, item) => target.mailbox.removeItem(target.item(id, item)),
      items: async (id) =>
        [...target.folder(id).items.values()].map((item) => ({
          text: subjectOf(item),
          itemClass: item.itemClass,
          read: item.read,
        })),
      expireStates: async () => expire(fabrikam),
      limitRequests: async (bytes) => fabrikam.exchange.setPolicy({ requestLimitBytes: bytes }),
    },
    end: async () => {
      await contoso.close();
      await fabrikam.close();
    },
  };
}
