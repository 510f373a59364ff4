import { setTimeout as pause } from 'node:timers/promises';
import { readablePassword } from '../../sandbox/passwords';
import type { MailboxState } from '../../sandbox/exchange/control';
import type { Deed, SourceChange } from './catalogue';
import type { SourceItem } from './witness';
import type { People } from './people';
import type { Mover, Side } from './sides';
import type { FaultySystem } from './system';

/** What deeds are done to, and what they change. */
export interface Stage {
  system: FaultySystem;
  people: People;
  mover: Mover;
  /** What the source held before, in an order that depends on the mailbox's seed alone. */
  items: readonly SourceItem[];
  /** Armed faults of each simulator, in order: their strikes are read at the end. */
  armed: Record<Side, number>;
  /** Sides whose account is locked: their user does not try to sign in. */
  locked: Set<Side>;
}

/** How often a deed has struck: known now, or read from the simulator at the end. */
export type Struck = number | { side: Side; places: number[] };

/** Does a deed and, where it lasts, undoes it. Resolves when it is over. */
export async function strike(stage: Stage, deed: Deed): Promise<Struck> {
  const { system, people } = stage;
  switch (deed.do) {
    case 'kill':
      return Number(system.signal(deed.part, 'SIGKILL'));
    case 'freeze': {
      const frozen = system.signal(deed.part, 'SIGSTOP');
      await pause(deed.forMs);
      system.signal(deed.part, 'SIGCONT');
      return Number(frozen);
    }
    case 'secondWorker': {
      const child = system.secondWorker();
      await pause(deed.forMs);
      child.kill(deed.isKilled ? 'SIGKILL' : 'SIGTERM');
      return 1;
    }
    case 'shiftClock':
      if (!system.clocks.canShift) return 0;
      system.clocks.shift(deed.part, deed.seconds);
      await pause(deed.forMs);
      system.clocks.shift(deed.part, 0);
      return 1;
    case 'fillDisk': {
      const limited = await system.limitDatabaseFiles(deed.share);
      await pause(deed.forMs);
      await system.limitDatabaseFiles();
      return Number(limited);
    }
    case 'arm': {
      const { address } = stage.mover[deed.side];
      const faults = deed.faults.map((fault) => ({ ...fault, mailbox: address }));
      const first = stage.armed[deed.side];
      stage.armed[deed.side] += faults.length;
      await system.control(deed.side, 'POST', '/faults', faults);
      return { side: deed.side, places: faults.map((_, place) => first + place) };
    }
    case 'crowd':
      await system.control(deed.side, 'PUT', '/policy', { maxConcurrency: deed.connections });
      await pause(deed.forMs);
      await system.control(deed.side, 'PUT', '/policy', { maxConcurrency: 27 });
      return 1;
    case 'changePassword': {
      const password = readablePassword();
      await changeMailbox(stage, deed.side, { password });
      stage.mover[deed.side].password = password;
      return 1;
    }
    case 'lockAccount':
      stage.locked.add(deed.side);
      await changeMailbox(stage, deed.side, { account: 'locked' });
      await pause(deed.forMs);
      await changeMailbox(stage, deed.side, { account: 'ok' });
      stage.locked.delete(deed.side);
      return 1;
    case 'fillQuota': {
      const path = mailboxPath(stage, 'target');
      const { usedBytes } = (await system.control('target', 'GET', path)) as MailboxState;
      await changeMailbox(stage, 'target', { quotaBytes: usedBytes + deed.roomBytes + 1 });
      await pause(deed.forMs);
      await changeMailbox(stage, 'target', { quotaBytes: Number.MAX_SAFE_INTEGER });
      return 1;
    }
    case 'useSource': {
      const done = await Promise.all(deed.changes.map((change, number) => use(stage, change, number)));
      return done.filter(Boolean).length;
    }
    case 'stopAndStart':
      await people.press('stop');
      return 1;
  }
}

const mailboxPath = ({ mover }: Stage, side: Side) => `/mailboxes/${encodeURIComponent(mover[side].address)}`;

async function changeMailbox(stage: Stage, side: Side, change: object): Promise<void> {
  await stage.system.control(side, 'PUT', mailboxPath(stage, side), change);
}

/** @returns false where what was picked is gone by now */
async function use(stage: Stage, change: SourceChange, number: number): Promise<boolean> {
  const picked = pick(stage.items.filter(isFitFor[change.how]), change.pick);
  const other =
    picked &&
    pick(
      stage.items.filter(
        ({ folderClass, path }) => folderClass === picked.folderClass && path !== picked.path,
      ),
      change.to,
    );
  if (!picked || !other) return false;
  const action = actionOf(change, picked, other, number);
  try {
    await stage.system.control('source', 'POST', `${mailboxPath(stage, 'source')}/actions`, action);
    return true;
  } catch {
    return false;
  }
}

const isMail = ({ folderClass }: SourceItem) => folderClass === 'IPF.Note';
/** Well-known folders keep their names: those that are a user's own are below others here. */
const isOwn = ({ depth }: SourceItem) => depth > 1;
const isFitFor: Record<SourceChange['how'], (item: SourceItem) => boolean> = {
  change: isMail,
  read: isMail,
  move: () => true,
  delete: () => true,
  add: isMail,
  renameFolder: isOwn,
};

function pick<T>(from: readonly T[], place: number): T | undefined {
  return from[Math.floor(place * from.length)];
}

function actionOf({ how }: SourceChange, picked: SourceItem, other: SourceItem, number: number): object {
  const item = { id: picked.key };
  switch (how) {
    case 'change':
      return { do: 'changeItem', item, categories: [`changed meanwhile ${number}`] };
    case 'read':
      return { do: 'changeItem', item, read: number % 2 === 0 };
    case 'move':
      return { do: 'moveItem', item, to: other.path };
    case 'delete':
      return { do: 'deleteItem', item };
    case 'add':
      return { do: 'createItem', folder: other.path, subject: `came meanwhile ${number}`, text: 'text' };
    case 'renameFolder':
      return { do: 'renameFolder', folder: picked.path, name: `renamed ${number}` };
  }
}
