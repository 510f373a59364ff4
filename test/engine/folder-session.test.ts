import { FencedOut, FolderSession, seqOf } from '../../src/engine/folder-session';
import { noCounters } from '../../src/domain/item-counts';
import { MemoryLedger } from '../support/memory-ledger';
import { VirtualTime } from './model/virtual-time';

const id = { pairId: 'p', folderKey: 'f' };
const plan = { position: 0, name: 'F', folderClass: '', itemCount: 0, gone: false };

async function setting() {
  const ledger = new MemoryLedger();
  const taken = await ledger.takeFolder(id, 1, plan);
  if (taken?.kind !== 'taken') throw new Error('not taken');
  const time = new VirtualTime();
  const pair = { ledger, clock: time, sendWindowMs: 5_000, saw: () => 0 };
  return { ledger, time, session: new FolderSession(pair, taken.document) };
}

describe('FolderSession', () => {
  it('writes what has changed before a save resolves, and pushes and pulls parcels in one write', async () => {
    const { ledger, session } = await setting();
    const first = session.begin([]);
    await session.save();
    session.finish(first.parcelId, []);
    const second = session.begin([]);
    await session.save();
    expect(await ledger.folder(id)).toMatchObject({ seq: 2, pending: [second] });
  });

  it('never writes an older state over a newer one, however many save at once', async () => {
    const { ledger, time, session } = await setting();
    const write = ledger.writeFolder.bind(ledger);
    let delay = 100;
    ledger.writeFolder = async (...given) => {
      await time.sleep((delay -= 30));
      return write(...given);
    };
    const saves = Array.from({ length: 3 }, () => {
      session.begin([]);
      return session.save();
    });
    await time.until(Promise.all(saves));
    expect((await ledger.folder(id))?.pending).toHaveLength(3);
  });

  it('counts a parcel once, with what its key was before', async () => {
    const { session } = await setting();
    const entry = { sourceKey: 'a', changeKey: 'v', itemClass: '', sizeBytes: 10 };
    const reason = { code: 'X', remedy: 'none' as const, message: '' };
    const failed = { ...entry, outcome: { kind: 'failed' as const, reason } };
    const copied = { ...entry, outcome: { kind: 'copied' as const, targetId: 't', targetChangeKey: 'c' } };
    session.finish('1.x', [{ after: failed }]);
    session.finish('2.x', [{ before: failed, after: copied }]);
    const once = { ...noCounters, found: 1, foundBytes: 10, copied: 1, copiedBytes: 10 };
    expect(session.document.counters).toEqual(once);
  });

  it('writes nothing more once another has taken the folder', async () => {
    const { ledger, session } = await setting();
    await ledger.takeFolder(id, 7);
    session.begin([]);
    await expect(session.save()).rejects.toMatchObject(new FencedOut(7));
    await expect(session.window.hold()).rejects.toBeInstanceOf(FencedOut);
    expect(await ledger.folder(id)).toMatchObject({ seq: 0, pending: [] });
  });

  it('writes nothing more after a write of which it does not know whether it was done', async () => {
    const { ledger, session } = await setting();
    const write = ledger.writeFolder.bind(ledger);
    ledger.writeFolder = () => Promise.reject(new Error('no answer'));
    await expect(session.save()).rejects.toThrow('no answer');
    ledger.writeFolder = write;
    await expect(session.save()).rejects.toThrow('no answer');
  });

  it('gives parcels ids that tell their seq', async () => {
    const { session } = await setting();
    session.begin([]);
    expect(seqOf(session.begin([]).parcelId)).toBe(2);
    expect(seqOf('not ours')).toBe(0);
  });
});
