import { setTimeout as pause } from 'node:timers/promises';
import { readablePassword } from '../../sandbox/passwords';
import type { MailboxState } from '../../sandbox/exchange/control';
import type { Deed } from './deeds';
import { operate } from './operate';
import type { Side } from './sides';
import { mailboxPath, type RunMailbox } from './run-mailbox';
import { useSource } from './use-source';

/** How often a deed has struck: known now, or read from the simulator at the end. */
export type Struck = number | { side: Side; places: number[] };

/** Does a deed, to this mailbox where it is done to one, and where it lasts undoes it. Resolves when it is over. */
export async function strike(mailbox: RunMailbox, deed: Deed): Promise<Struck> {
  const { system, people } = mailbox;
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
      const child = system.secondWorker(deed.clockSeconds);
      await pause(deed.forMs);
      child.kill(deed.isKilled ? 'SIGKILL' : 'SIGTERM');
      return 1;
    }
    case 'shiftClock': {
      if (!system.clocks.canShift) return 0;
      const names = deed.part === 'both' ? (['worker', 'web'] as const) : [deed.part];
      for (const name of names) system.clocks.shift(name, deed.seconds);
      await pause(deed.forMs);
      for (const name of names) system.clocks.shift(name, 0);
      return 1;
    }
    case 'cutLine':
      return Number((await system.lines.cut(deed.part, deed.from, deed.as, pause(deed.forMs))) > 0);
    case 'fillDisk': {
      const limited = await system.limitDatabaseFiles(deed.share);
      await pause(deed.forMs);
      await system.limitDatabaseFiles();
      return Number(limited);
    }
    case 'arm': {
      // Whichever mailbox of the run asks first is met.
      const { side, faults } = deed;
      const first = mailbox.armed[side];
      mailbox.armed[side] += faults.length;
      await system.control(side, 'POST', '/faults', faults);
      return { side, places: faults.map((_, place) => first + place) };
    }
    case 'crowd':
      await system.control(deed.side, 'PUT', '/policy', { maxConcurrency: deed.connections });
      await pause(deed.forMs);
      await system.control(deed.side, 'PUT', '/policy', { maxConcurrency: 27 });
      return 1;
    case 'changePassword': {
      const password = readablePassword();
      await changeMailbox(mailbox, deed.side, { password });
      mailbox.mover[deed.side].password = password;
      mailbox.passwords.push({ ...mailbox.mover[deed.side] });
      return 1;
    }
    case 'lockAccount':
      mailbox.locked.add(deed.side);
      await changeMailbox(mailbox, deed.side, { account: 'locked' });
      await pause(deed.forMs);
      await changeMailbox(mailbox, deed.side, { account: 'ok' });
      mailbox.locked.delete(deed.side);
      return 1;
    case 'fillQuota': {
      const path = mailboxPath(mailbox, 'target');
      const { usedBytes } = (await system.control('target', 'GET', path)) as MailboxState;
      await changeMailbox(mailbox, 'target', { quotaBytes: usedBytes + deed.roomBytes + 1 });
      await pause(deed.forMs);
      await changeMailbox(mailbox, 'target', { quotaBytes: Number.MAX_SAFE_INTEGER });
      return 1;
    }
    case 'useSource':
      return useSource(mailbox, deed.changes, false);
    case 'stopAndStart':
      await people.press('stop');
      return 1;
    case 'press':
      for (const [number, button] of deed.buttons.entries()) {
        if (number > 0) await pause(deed.gapMs);
        await people.press(button);
      }
      return deed.buttons.length;
    case 'pressForAll': {
      let begun = 0;
      for (const [number, button] of deed.buttons.entries()) {
        if (number > 0) await pause(deed.gapMs);
        begun += Number(await people.pressForAll(button));
      }
      return begun;
    }
    case 'rotateKey':
      return Number(system.rotateSealKey());
    case 'operate':
      return Number(await operate(system.layout, people.rowId, deed));
    case 'setBack': {
      const copy = await system.copyFiles(deed.part);
      await pause(deed.byMs);
      await system.restoreFiles(deed.part, copy);
      return 1;
    }
  }
}

async function changeMailbox(mailbox: RunMailbox, side: Side, change: object): Promise<void> {
  await mailbox.system.control(side, 'PUT', mailboxPath(mailbox, side), change);
}
