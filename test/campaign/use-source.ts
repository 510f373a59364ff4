import type { SourceChange } from './changes';
import type { SeenItem } from './witness';
import { mailboxPath, type RunMailbox } from './run-mailbox';

/**
 * The user does something in his old mailbox, and it is noted in the diary.
 * @param wasCopied whether all that is there was copied by a pass that has ended
 * @returns how many of the changes could be made
 */
export async function useSource(
  mailbox: RunMailbox,
  changes: readonly SourceChange[],
  wasCopied: boolean,
): Promise<number> {
  let done = 0;
  for (const [number, change] of changes.entries())
    if (await use(mailbox, change, number, wasCopied)) done += 1;
  return done;
}

/** @returns false where what was picked is gone by now */
async function use(
  mailbox: RunMailbox,
  change: SourceChange,
  number: number,
  wasCopied: boolean,
): Promise<boolean> {
  const items = mailbox.before?.items ?? [];
  const picked = pick(items.filter(isFitFor[change.how]), change.pick);
  if (!picked) return false;
  const fits = (item: SeenItem) => item.folderClass === picked.folderClass && item.path !== picked.path;
  const other = pick(items.filter(fits), change.to);
  if (!other) return false;
  if (change.how === 'moveFolder' && `${other.path}/`.startsWith(`${picked.path}/`)) return false;
  const key = mailbox.diary.now(picked.key ?? '');
  try {
    const made = await perform(mailbox, actionOf(change, { ...picked, key }, other, number));
    if (change.how === 'delete') mailbox.diary.noteDeleted(key, wasCopied);
    if ((change.how === 'move' || change.how === 'trash') && made !== undefined && made !== key)
      mailbox.diary.moved(key, made);
    if (change.how === 'moveFolder' || change.how === 'renameFolder') mailbox.diary.foldersMoved = true;
    return true;
  } catch {
    return false;
  }
}

/** @returns the id of what was made or changed */
async function perform(mailbox: RunMailbox, action: object): Promise<string | undefined> {
  const path = `${mailboxPath(mailbox, 'source')}/actions`;
  const [made] = (await mailbox.system.control('source', 'POST', path, action)) as { id?: string }[];
  return made?.id;
}

const isMail = ({ folderClass }: SeenItem) => folderClass === 'IPF.Note';
/** Well-known folders keep their names: those that are a user's own are below others here. */
const isOwn = ({ depth }: SeenItem) => depth > 1;
const isFitFor: Record<SourceChange['how'], (item: SeenItem) => boolean> = {
  change: isMail,
  read: isMail,
  move: () => true,
  trash: () => true,
  delete: () => true,
  add: isMail,
  renameFolder: isOwn,
  moveFolder: (item) => isOwn(item) && isMail(item),
};

function pick<T>(from: readonly T[], place: number): T | undefined {
  return from[Math.floor(place * from.length)];
}

function actionOf({ how }: SourceChange, picked: SeenItem, other: SeenItem, number: number): object {
  const item = { id: picked.key };
  switch (how) {
    case 'change':
      return { do: 'changeItem', item, categories: [`changed meanwhile ${number}`] };
    case 'read':
      return { do: 'changeItem', item, read: number % 2 === 0 };
    case 'move':
      return { do: 'moveItem', item, to: other.path };
    case 'trash':
      return { do: 'moveItem', item, to: 'deleteditems' };
    case 'delete':
      return { do: 'deleteItem', item };
    case 'add':
      return { do: 'createItem', folder: other.path, subject: `came meanwhile ${number}`, text: 'text' };
    case 'renameFolder':
      return { do: 'renameFolder', folder: picked.path, name: `renamed ${number}` };
    case 'moveFolder':
      return { do: 'moveFolder', folder: picked.path, to: other.path };
  }
}
