import {
  MemorySource,
  MemoryStore,
  MemoryTarget,
  textContent,
  type MemoryContent,
} from '../../src/connectors/memory';
import { busy } from '../engine/model/faults';
import { unreadable } from '../../src/connectors/memory/faults';
import type { WellKnownFolder } from '../../src/domain/mailbox';
import { describeConnector } from './contract';
import type { ConnectorHarness, SeededItem } from './harness';

const wellKnown = [
  'inbox',
  'drafts',
  'sentItems',
  'deletedItems',
  'calendar',
  'contacts',
  'tasks',
  'notes',
] as const;

function store(identity: string): MemoryStore {
  const made = new MemoryStore(identity);
  for (const folder of wellKnown) made.addFolder({ name: folder, wellKnown: folder });
  return made;
}

function find(from: MemoryStore, wellKnownFolder: WellKnownFolder): string {
  for (const folder of from.folders.values()) if (folder.wellKnown === wellKnownFolder) return folder.id;
  throw new Error(`no ${wellKnownFolder}`);
}

function content({ text, sizeBytes = 0 }: SeededItem): MemoryContent {
  return textContent(text.padEnd(sizeBytes, '.'));
}

function textOf(of: MemoryContent): string {
  return Buffer.concat([...of.chunks()])
    .toString()
    .replace(/\.*$/, '');
}

function addItem(to: MemoryStore, folderId: string, item: SeededItem): string {
  const { itemClass, read, unreadable: broken, busy: isBusy } = item;
  const id = to.addItem(folderId, {
    itemClass,
    read,
    content: content(item),
    date: '2020-02-02T02:02:02.000Z',
  });
  if (broken) Object.assign(to.item(folderId, id) ?? {}, { unreadable });
  if (isBusy) Object.assign(to.item(folderId, id) ?? {}, { busy: () => busy(1_000) });
  return id;
}

async function harness(options: { severalRequestsAboveBytes?: number }): Promise<ConnectorHarness> {
  const source = store('source');
  const target = store('target');
  return {
    openSource: async () => new MemorySource(source, { pageItems: 7 }),
    openTarget: async () => new MemoryTarget(target, { pageItems: 7, ...options }),
    openOtherTarget: async () => new MemoryTarget(store('other'), options),
    source: {
      addFolder: async ({ name, parentKey }) => source.addFolder({ name, parentId: parentKey }),
      wellKnown: async (folder) => find(source, folder),
      renameFolder: async (key, name) => void (source.folder(key).name = name),
      addItem: async (key, item) => addItem(source, key, item),
      changeItem: async (key, item, text) =>
        void source.changeItem(key, item, { content: textContent(text) }),
      setRead: async (key, item, read) => void source.setRead(key, item, read),
      removeItem: async (key, item) => void source.removeItem(key, item),
      moveItem: async (key, item, to) => source.moveItem(key, item, to),
      expireStates: async () => source.expireStates(),
    },
    target: {
      addFolder: async (folder) => target.addFolder(folder),
      wellKnown: async (folder) => find(target, folder),
      folderName: async (id) => target.folder(id).name,
      parentOf: async (id) => target.folder(id).parentId,
      addItem: async (id, item) => addItem(target, id, item),
      changeItem: async (id, item, text) => void target.changeItem(id, item, { content: textContent(text) }),
      removeItem: async (id, item) => void target.removeItem(id, item),
      items: async (id) =>
        target
          .items(id)
          .map((item) => ({ text: textOf(item.content), itemClass: item.itemClass, read: item.read })),
      expireStates: async () => target.expireStates(),
      limitRequests: async (bytes) => void (target.requestLimitBytes = bytes),
    },
    end: async () => {},
  };
}

describeConnector('memory', () => harness({}));
describeConnector('memory, large items in two requests', () => harness({ severalRequestsAboveBytes: 5 }));
