import { noCounters } from '../../src/domain/item-counts';
import { randomUUID } from 'node:crypto';
import type {
  FolderDocument,
  FolderId,
  FolderPlan,
  Held,
  LedgerEntry,
  LedgerParcel,
  LedgerStore,
  Taken,
  VerifiedFolder,
} from '../../src/engine/ledger';
import { noFindings } from '../../src/engine/verify-findings';

/** What every store of the ledger does. */
export function describeLedger(name: string, store: () => LedgerStore): void {
  describe(name, () => {
    let id: FolderId;
    beforeEach(() => void (id = { pairId: randomUUID(), folderKey: 'inbox/é.$' }));

    describe('a pair', () => {
      it('is made by taking it, and taken only from a lower fence', async () => {
        const { pairId } = id;
        expect(await store().pair(pairId)).toBeUndefined();
        const made = { pairId, fence: 3, writes: 1, ensuring: false, adopted: false, positions: 0 };
        expect(await store().takePair(pairId, 3)).toEqual({ kind: 'taken', document: made });
        expect(await store().takePair(pairId, 3)).toEqual({ kind: 'refused', by: 3 });
        expect(await store().takePair(pairId, 2)).toEqual({ kind: 'refused', by: 3 });
        expect(await store().takePair(pairId, 5)).toMatchObject({ kind: 'taken' });
        expect(await store().pair(pairId)).toEqual({ ...made, fence: 5, writes: 2 });
      });

      it('is written only under its fence, as its holder left it', async () => {
        const { pairId } = id;
        await store().takePair(pairId, 1);
        const change = { positions: 4, adopted: true, feared: true };
        expect(await store().writePair(pairId, held(1, 1), change)).toBe(true);
        expect(await store().writePair(pairId, held(1, 2), {})).toBe(true);
        await store().takePair(pairId, 2);
        expect(await store().writePair(pairId, held(1, 3), { positions: 9 })).toBe(false);
        expect(await store().writePair(pairId, held(1, 4), {})).toBe(false);
        expect(await store().pair(pairId)).toMatchObject({
          fence: 2,
          writes: 4,
          positions: 4,
          adopted: true,
          feared: true,
          ensuring: false,
        });
      });
    });

    describe('a folder', () => {
      it('is made by taking it with a plan, and keeps what was copied when it is planned again', async () => {
        expect(await store().folder(id)).toBeUndefined();
        expect(await store().takeFolder(id, 1)).toBeUndefined();
        const counters = { ...noCounters };
        const fresh: FolderDocument = {
          ...id,
          plan,
          fence: 1,
          writes: 1,
          pending: [],
          seq: 0,
          completeSince: 0,
          counters,
        };
        expect(await store().takeFolder(id, 1, plan)).toEqual({ kind: 'taken', document: fresh });
        expect(await store().folder(id)).toEqual(fresh);
        await store().writeFolder(id, held(1, 1), { seq: 7 });
        const renamed = { ...fresh, plan: { ...plan, name: 'renamed' }, fence: 2, writes: 3, seq: 7 };
        expect(await store().takeFolder(id, 2, renamed.plan)).toEqual({ kind: 'taken', document: renamed });
        expect(await store().folder(id)).toEqual(renamed);
      });

      it('is planned only from a lower fence, and made by one of many who plan it at once', async () => {
        const tries = await Promise.all(Array.from({ length: 8 }, () => store().takeFolder(id, 4, plan)));
        expect(tries.filter((taken) => taken?.kind === 'taken')).toHaveLength(1);
        expect(await store().takeFolder(id, 3, { ...plan, leftOut: true })).toEqual({
          kind: 'refused',
          by: 4,
        });
        expect((await store().folder(id))?.plan).toEqual(plan);
      });

      it('is taken only from a lower fence, by one of many who try at once', async () => {
        await store().takeFolder(id, 1, plan);
        const tries = await Promise.all(Array.from({ length: 8 }, () => store().takeFolder(id, 4)));
        expect(tries.filter((taken) => taken?.kind === 'taken')).toHaveLength(1);
        expect(tries.filter((taken) => taken?.kind === 'refused')).toHaveLength(7);
        expect(taken(await store().takeFolder(id, 6)).fence).toBe(6);
        expect(await store().takeFolder(id, 5)).toEqual({ kind: 'refused', by: 6 });
      });

      it('is written only under its fence, whole fields at a time', async () => {
        await store().takeFolder(id, 1, plan);
        const pending = [{ parcelId: '1.x', seq: 1, entries: [entry('a')] }];
        const watermark = { source: 's', target: 't', filter: 'everything' };
        const first = { pending, watermark, seq: 1, completeSince: 2 };
        expect(await store().writeFolder(id, held(1, 1), first)).toBe(true);
        expect(await store().folder(id)).toMatchObject({ pending, watermark, seq: 1, completeSince: 2 });
        const second = { pending: [], watermark: { filter: 'everything' } };
        expect(await store().writeFolder(id, held(1, 2), second)).toBe(true);
        expect((await store().folder(id))?.watermark).toEqual({ filter: 'everything' });
        expect(await store().writeFolder(id, held(1, 3), { watermark: null })).toBe(true);
        expect(await store().folder(id)).not.toHaveProperty('watermark');
        expect(await store().writeFolder(id, held(1, 4), {})).toBe(true);
        await store().takeFolder(id, 2);
        expect(await store().writeFolder(id, held(1, 5), { seq: 99 })).toBe(false);
        expect(await store().writeFolder(id, held(1, 6), {})).toBe(false);
        expect(await store().folder(id)).toMatchObject({ seq: 1, pending: [] });
      });

      it('is not written under its fence where it does not stand as its holder left it', async () => {
        await store().takeFolder(id, 1, plan);
        await store().writeFolder(id, held(1, 1), { seq: 1 });
        for (const writes of [1, 3]) {
          expect(await store().writeFolder(id, held(1, writes), { seq: 99 })).toBe(false);
          expect(await store().writeFolder(id, held(1, writes), {})).toBe(false);
        }
        expect(await store().folder(id)).toMatchObject({ writes: 2, seq: 1 });
      });

      it('is taken as it stands in that moment, whatever its holder writes meanwhile', async () => {
        for (let { fence, writes, seq } = taken(await store().takeFolder(id, 1, plan)); fence < 20;) {
          const write = () => store().writeFolder(id, held(fence, writes), { seq: seq + 1 });
          const writing = (async () => {
            for (; await write(); writes += 1) seq += 1;
          })();
          const next = taken(await store().takeFolder(id, fence + 1));
          await writing;
          expect(next).toMatchObject({ seq, writes: writes + 1 });
          ({ fence } = next);
          writes += 1;
        }
      });

      it('keeps noted repairs until they are done', async () => {
        await store().takeFolder(id, 1, plan);
        const target = { targetId: 't', targetChangeKey: 'c' };
        const repairs = {
          relistSource: true,
          relistTarget: false,
          remove: [{ sourceKey: 'a', target }],
          adopt: [],
        };
        await store().noteVerified(id, 1, { verified, repairs });
        expect(taken(await store().takeFolder(id, 2)).repairs).toEqual(repairs);
        await store().writeFolder(id, held(2, 2), { repairs: null });
        expect(await store().folder(id)).not.toHaveProperty('repairs');
      });

      it('takes what a comparison found from none that another has overtaken', async () => {
        await store().takeFolder(id, 1, plan);
        const of = (targetCount: number) => ({ verified: { ...verified, targetCount } });
        const count = async () => (await store().folder(id))?.verified?.targetCount;
        await store().noteVerified(id, 3, of(3));
        await store().noteVerified(id, 2, of(2));
        expect(await count()).toBe(3);
        await store().takeFolder(id, 5);
        await store().noteVerified(id, 4, of(4));
        expect(await count()).toBe(3);
        await store().noteVerified(id, 6, of(6));
        await store().noteVerified(id, undefined, of(7));
        expect(await count()).toBe(7);
      });

      it('is listed with all folders of its pair, and with no other', async () => {
        await store().takeFolder(id, 1, plan);
        await store().takeFolder({ ...id, folderKey: 'other' }, 1, { ...plan, position: 1 });
        await store().takeFolder({ ...id, pairId: randomUUID() }, 1, plan);
        const keys: string[] = [];
        for await (const { folderKey } of store().folders(id.pairId)) keys.push(folderKey);
        expect(keys.sort()).toEqual([id.folderKey, 'other'].sort());
      });
    });

    describe('the ledger', () => {
      it('takes a parcel once, however often it is appended', async () => {
        const first = parcel(id, 1, [entry('a')]);
        await store().append(first);
        await store().append({ ...first, entries: [entry('b')] });
        expect(await store().parcels([first.parcelId, 'none'])).toEqual([first]);
        expect(await store().parcels([])).toEqual([]);
      });

      it('finds every entry of a key in seq order, in its folder alone', async () => {
        const later = parcel(id, 2, [entry('a', 'v2'), entry('c')]);
        const earlier = parcel(id, 1, [entry('a', 'v1'), entry('b')], true);
        await store().append(later);
        await store().append(earlier);
        await store().append(parcel({ ...id, folderKey: 'other' }, 3, [entry('a', 'v3')]));
        const known = await store().lookUp(id, ['a', 'c', 'none']);
        expect([...known.keys()].sort()).toEqual(['a', 'c']);
        expect(known.get('a')).toEqual([
          { ...entry('a', 'v1'), parcelId: earlier.parcelId, seq: 1, adopted: true },
          { ...entry('a', 'v2'), parcelId: later.parcelId, seq: 2, adopted: false },
        ]);
        expect(await store().lookUp(id, [])).toEqual(new Map());
      });

      it('streams the parcels of a folder in seq order', async () => {
        const made = Array.from({ length: 250 }, (_, at) => parcel(id, at + 1, [entry(`item ${at}`)]));
        for (const one of [...made].reverse()) await store().append(one);
        const seqs: number[] = [];
        for await (const { seq, entries } of store().stream(id)) {
          expect(entries).toEqual(made[seq - 1]?.entries);
          seqs.push(seq);
        }
        expect(seqs).toEqual(made.map(({ seq }) => seq));
      });

      it('keeps entries as they were given, absent fields absent', async () => {
        const reason = { code: 'X', remedy: 'none' as const, message: 'it cannot be read' };
        const failed: LedgerEntry = { ...entry('f'), outcome: { kind: 'failed', reason } };
        const moved: LedgerEntry = {
          ...entry('m'),
          moveKey: 'k',
          date: '2020-01-01T00:00:00Z',
          outcome: { kind: 'removed' },
        };
        const given = parcel(id, 1, [failed, moved, { ...entry('u'), moveKey: undefined }]);
        await store().append(given);
        const [kept] = await store().parcels([given.parcelId]);
        expect(kept?.entries.slice(0, 2)).toStrictEqual([failed, moved]);
        expect(kept?.entries[2]?.moveKey).toBeUndefined();
      });
    });
  });
}

const plan: FolderPlan = {
  position: 0,
  name: 'Posteingang',
  wellKnown: 'inbox',
  folderClass: 'IPF.Note',
  itemCount: 3,
  targetId: 'T',
  gone: false,
};

function held(fence: number, writes: number): Held {
  return { fence, writes };
}

const verified: VerifiedFolder = {
  at: '2026-11-23T12:00:00.000Z',
  targetCount: 1,
  findings: noFindings(),
  named: [],
};

function entry(sourceKey: string, changeKey = 'v1'): LedgerEntry {
  const outcome = { kind: 'copied' as const, targetId: `target of ${sourceKey}`, targetChangeKey: 'c1' };
  return { sourceKey, changeKey, itemClass: 'IPM.Note', sizeBytes: 5, outcome };
}

function parcel(id: FolderId, seq: number, entries: LedgerEntry[], adopted = false): LedgerParcel {
  return { ...id, parcelId: `${seq}.${randomUUID()}`, seq, adopted, entries };
}

function taken(answer: Taken<FolderDocument> | undefined): FolderDocument {
  if (answer?.kind !== 'taken') throw new Error('not taken');
  return answer.document;
}
