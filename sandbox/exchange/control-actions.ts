import { z } from 'zod';
import { readMessage } from './mime/read-message';
import { sizeOf } from './properties/apply';
import { elementOfClass } from './properties/schema';
import { removeAs } from './operations/delete-item';
import { removeFolderAs } from './operations/remove-folder';
import type { Folder, Mailbox } from './store/mailbox';
import { now } from './store/mailbox';
import type { Item } from './store/records';

const folder = z
  .string()
  .describe('path such as /Inbox/Projects, a slash within a name as \\/, or a distinguished name');
const deletion = z.enum(['HardDelete', 'SoftDelete', 'MoveToDeletedItems']).default('HardDelete');
/** An item by its EWS id, or by its exact subject within a folder. */
const item = z.union([z.object({ id: z.string() }), z.object({ folder, subject: z.string() })]);

/** Something that the mailbox's user does meanwhile. */
export const actionSchema = z.discriminatedUnion('do', [
  z.object({
    do: z.literal('createFolder'),
    parent: folder,
    name: z.string(),
    folderClass: z.string().default('IPF.Note'),
  }),
  z.object({ do: z.literal('renameFolder'), folder, name: z.string() }),
  z.object({ do: z.literal('moveFolder'), folder, to: folder }),
  z.object({ do: z.literal('deleteFolder'), folder, how: deletion }),
  /** A message of MIME, or of subject and text. */
  z.object({
    do: z.literal('createItem'),
    folder,
    mime: z.string().optional(),
    subject: z.string().default('A new item'),
    text: z.string().default(''),
    itemClass: z.string().default('IPM.Note'),
    read: z.boolean().default(false),
  }),
  z.object({
    do: z.literal('changeItem'),
    item,
    subject: z.string().optional(),
    text: z.string().optional(),
    read: z.boolean().optional(),
    categories: z.array(z.string()).optional(),
  }),
  z.object({ do: z.literal('moveItem'), item, to: folder }),
  z.object({ do: z.literal('copyItem'), item, to: folder }),
  z.object({ do: z.literal('deleteItem'), item, how: deletion }),
]);
export type Action = z.infer<typeof actionSchema>;

/** The id of what an action made or changed; absent where nothing is left. */
export interface ActionResult {
  readonly id?: string;
}

/** @throws Error where a folder or an item is not there */
export async function perform(mailbox: Mailbox, action: Action): Promise<ActionResult> {
  switch (action.do) {
    case 'createFolder': {
      const made = mailbox.addFolder({
        parent: folderAt(mailbox, action.parent).record.counter,
        displayName: action.name,
        folderClass: action.folderClass,
      });
      return { id: mailbox.folderIdOf(made).id };
    }
    case 'renameFolder':
      return {
        id: mailbox.folderIdOf(
          mailbox.changeFolder(folderAt(mailbox, action.folder).record, { displayName: action.name }),
        ).id,
      };
    case 'moveFolder':
      return {
        id: mailbox.folderIdOf(
          mailbox.changeFolder(folderAt(mailbox, action.folder).record, {
            parent: folderAt(mailbox, action.to).record.counter,
          }),
        ).id,
      };
    case 'deleteFolder':
      removeFolderAs(mailbox, folderAt(mailbox, action.folder), action.how);
      return {};
    case 'createItem':
      return made(mailbox, await createItem(mailbox, action));
    case 'changeItem':
      return made(mailbox, changeItem(mailbox, action));
    case 'moveItem':
      return made(
        mailbox,
        mailbox.moveItem(itemAt(mailbox, action.item), folderAt(mailbox, action.to).record.counter),
      );
    case 'copyItem':
      return made(
        mailbox,
        mailbox.addItem({
          ...itemAt(mailbox, action.item),
          folder: folderAt(mailbox, action.to).record.counter,
        }),
      );
    case 'deleteItem':
      removeAs(mailbox, itemAt(mailbox, action.item), action.how);
      return {};
  }
}

function made(mailbox: Mailbox, one: Item): ActionResult {
  return { id: mailbox.itemIdOf(one).id };
}

type Creation = Extract<Action, { do: 'createItem' }>;
type Change = Extract<Action, { do: 'changeItem' }>;

async function createItem(mailbox: Mailbox, action: Creation): Promise<Item> {
  const at = now();
  const mime =
    action.mime ??
    `Subject: ${action.subject}\r\nDate: ${new Date(at).toUTCString()}\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${action.text}\r\n`;
  const read = await readMessage(mailbox.contents, mailbox.contents.append(Buffer.from(mime)), at);
  const element = elementOfClass(action.itemClass);
  const draft = {
    ...read,
    itemClass: action.itemClass,
    element,
    associated: false,
    read: action.read,
    draft: false,
    created: at,
    modified: at,
    received: at,
    ext: {},
  };
  return mailbox.addItem({
    ...draft,
    folder: folderAt(mailbox, action.folder).record.counter,
    sizeBytes: sizeOf(draft),
  });
}

function changeItem(mailbox: Mailbox, action: Change): Item {
  const before = itemAt(mailbox, action.item);
  if (action.subject === undefined && action.text === undefined && action.categories === undefined)
    return mailbox.changeItem(before, { read: action.read ?? before.read });
  const fields = {
    ...before.fields,
    ...(action.subject === undefined ? {} : { Subject: { n: 'Subject', v: action.subject } }),
    ...(action.categories === undefined
      ? {}
      : { Categories: { n: 'Categories', v: action.categories.map((v) => ({ n: 'String', v })) } }),
  };
  const content =
    action.text === undefined
      ? undefined
      : {
          html: false,
          content: mailbox.contents.append(Buffer.from(action.text)),
          encoding: 'none' as const,
          charset: 'utf-8',
        };
  const remade =
    action.subject !== undefined || content !== undefined
      ? { mime: undefined, mimeHeaderBytes: undefined }
      : {};
  const change = {
    fields,
    ...(action.read === undefined ? {} : { read: action.read }),
    ...(content ? { body: content, plainBody: undefined } : {}),
    ...remade,
  };
  return mailbox.changeItem(before, change);
}

/** @throws Error */
export function folderAt(mailbox: Mailbox, path: string): Folder {
  const known = mailbox.folderByName(path);
  if (known) return known;
  const names = path
    .split(/(?<!\\)\//)
    .filter(Boolean)
    .map((name) => name.replace(/\\(.)/g, '$1'));
  let folder = mailbox.folderByName('msgfolderroot');
  for (const name of names)
    folder =
      folder && mailbox.childrenOf(folder.record.counter).find((each) => each.record.displayName === name);
  if (!folder) throw new Error(`there is no folder ${path}`);
  return folder;
}

function itemAt(mailbox: Mailbox, which: z.infer<typeof item>): Item {
  const candidates =
    'id' in which
      ? [...mailbox.folders.values()].flatMap((each) => [...each.items.values()])
      : [...folderAt(mailbox, which.folder).items.values()];
  const found = candidates.find((each) =>
    'id' in which ? mailbox.itemIdOf(each).id === which.id : each.fields['Subject']?.v === which.subject,
  );
  if (!found) throw new Error('there is no such item');
  return found;
}
