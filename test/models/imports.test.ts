import { Types } from 'mongoose';
import {
  ImportChunks,
  importChunkId,
  Imports,
  purgeBrokenOffImports,
  reopenImport,
} from '../../src/models/imports';
import { freshDatabase, type FreshDatabase } from '../support/mongo';

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.end());

const day = 24 * 3_600_000;

it('keeps the rows of an import that was broken off for 30 days, and deletes them when nobody can go on with it', async () => {
  const brokenOffAt = new Date('2026-11-01T12:00:00Z');
  const after = (days: number) => new Date(brokenOffAt.getTime() + days * day);
  for (const _id of ['gone on', 'left']) {
    await ImportChunks.create({ _id: importChunkId(_id, 2), n: 2, rows: [] });
    await Imports.create({
      ...{ _id, sourceConnectorId: new Types.ObjectId(), targetConnectorId: new Types.ObjectId() },
      ...{ by: { kind: 'system' }, createdAt: brokenOffAt, total: 300, brokenOffAt, finishedAt: brokenOffAt },
    });
  }
  await purgeBrokenOffImports(after(30), 10);
  expect(await ImportChunks.countDocuments()).toBe(2);
  expect(await reopenImport('gone on', after(29))).toBe(true);
  expect(await reopenImport('left', after(30))).toBe(false);
  await purgeBrokenOffImports(after(31), 10);
  expect(await ImportChunks.distinct('_id')).toEqual([importChunkId('gone on', 2)]);
  expect(await Imports.findById('left').lean()).toMatchObject({ rowsPurgedAt: after(31) });
});
