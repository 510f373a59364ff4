import { Types } from 'mongoose';
import { noMailboxCounters, type MailboxCounters } from '../../src/domain/migration';
import { MailUsers, type MailUser } from '../../src/models/mail-users';
import {
  raiseEpoch,
  takeCounters,
  writeCounters,
  workflowEnded,
  writeProjection,
  type ProjectionView,
} from '../../src/models/projection';
import { freshDatabase, type FreshDatabase } from '../support/mongo';

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
  await MailUsers.init();
});
afterAll(() => database.end());

const by = { kind: 'system' } as const;
const at = new Date(0).toISOString();
const view = (state: ProjectionView['state'] = 'working'): ProjectionView => ({
  state,
  since: at,
  handledCredentialIds: [],
  signedIn: [],
  wanted: [],
});
const counters = (copied: number): MailboxCounters => ({
  ...noMailboxCounters,
  folders: 1,
  found: copied,
  copied,
});

let made = 0;
async function newRow(): Promise<string> {
  made += 1;
  const mailbox = (address: string) => ({
    connectorId: new Types.ObjectId(),
    address,
    addressKey: address,
    recipientType: 'Standard' as const,
  });
  const { _id } = await MailUsers.create({
    source: mailbox(`s${made}@contoso.example`),
    target: mailbox(`t${made}@fabrikam.example`),
    createdAt: new Date(),
    asked: { credentialIds: ['one'] },
  });
  return _id.toHexString();
}
const read = async (id: string) => (await MailUsers.findById(id).lean<MailUser>()) as MailUser;

describe('the projection', () => {
  it('gives a run one epoch, however often it asks, and the next run the next', async () => {
    const id = await newRow();
    const asked = await Promise.all([1, 2, 3].map(() => raiseEpoch(id, 'run 1', { by, at })));
    expect(asked.map((raised) => raised?.epoch)).toEqual([1, 1, 1]);
    expect((await raiseEpoch(id, 'run 2', { by, at }))?.epoch).toBe(2);
    expect((await read(id)).projection?.timeline.map(({ state }) => state)).toEqual(['starting', 'starting']);
    expect(await raiseEpoch('f'.repeat(24), 'run 1', { by, at })).toBeUndefined();
  });

  it('is written by a higher revision alone, once, and answers a lower one with what stands there', async () => {
    const id = await newRow();
    await raiseEpoch(id, 'run', { by, at });
    const write = (epoch: number, revision: number, runId = 'run') =>
      writeProjection({
        mailUserId: id,
        epoch,
        revision,
        runId,
        view: view(),
        timeline: [{ state: 'working', at }],
      });
    expect(await write(1, 5)).toEqual({ kind: 'written' });
    expect(await write(1, 5)).toEqual({ kind: 'written' });
    expect(await write(1, 4)).toEqual({ kind: 'stands', epoch: 1, revision: 5 });
    expect(await write(1, 5, 'another run')).toEqual({ kind: 'stands', epoch: 1, revision: 5 });
    expect(await write(2, 1)).toEqual({ kind: 'written' });
    expect((await read(id)).projection?.timeline).toHaveLength(3);
    expect(
      await writeProjection({
        mailUserId: 'f'.repeat(24),
        epoch: 1,
        revision: 1,
        runId: 'run',
        view: view(),
        timeline: [],
      }),
    ).toEqual({ kind: 'gone' });
  });

  it('tells a run that was set back, and gives a number once more, of the end or the pause that stands there', async () => {
    const standing = async (change: Partial<ProjectionView>) => {
      const id = await newRow();
      const write = { mailUserId: id, epoch: 1, revision: 5, runId: 'run', timeline: [] };
      await writeProjection({ ...write, view: { ...view(), ...change } });
      return writeProjection({ ...write, view: view() });
    };
    const stands = { kind: 'stands', epoch: 1, revision: 5 };
    expect(await standing({ endedAt: at })).toEqual({ ...stands, hasEnded: true });
    expect(await standing({ pausedBy: by })).toEqual({ ...stands, pausedBy: by });
    const text = { code: workflowEnded, remedy: 'none', message: 'gone' } as const;
    expect(await standing({ endedAt: at, fault: { text } })).toEqual(stands);
  });

  it('takes what was handled off the row', async () => {
    const id = await newRow();
    const handled = { ...view(), handledCredentialIds: ['one'] };
    await writeProjection({
      mailUserId: id,
      epoch: 1,
      revision: 1,
      runId: 'run',
      view: handled,
      timeline: [],
    });
    expect((await read(id)).asked.credentialIds).toEqual([]);
  });

  it('keeps dates as dates', async () => {
    const id = await newRow();
    await writeProjection({
      mailUserId: id,
      epoch: 1,
      revision: 1,
      runId: 'run',
      view: { ...view(), endedAt: at },
      timeline: [],
    });
    expect((await read(id)).projection?.endedAt).toEqual(new Date(0));
  });
});

describe('the counters', () => {
  it('are written by the opening that took them last', async () => {
    const id = await newRow();
    const of = (epoch: number, opening: number, copied = 0) => ({
      mailUserId: id,
      epoch,
      opening,
      counters: counters(copied),
      activeFolders: [],
    });
    expect(await takeCounters(of(1, 1), new Date())).toBe(true);
    expect(await writeCounters(of(1, 1, 5), new Date())).toBe(true);
    expect(await takeCounters(of(1, 2), new Date())).toBe(true);
    expect(await writeCounters(of(1, 1, 9), new Date())).toBe(false);
    expect(await takeCounters(of(1, 1), new Date())).toBe(false);
    expect(await takeCounters(of(2, 1), new Date())).toBe(true);
    expect(await writeCounters(of(2, 1, 7), new Date())).toBe(true);
    expect((await read(id)).counters).toMatchObject({ epoch: 2, opening: 1, copied: 7 });
  });

  it('stay when a run is given the next epoch: they tell of the mailboxes', async () => {
    const id = await newRow();
    await raiseEpoch(id, 'run 1', { by, at });
    const write = { mailUserId: id, epoch: 1, opening: 1, counters: counters(5), activeFolders: [] };
    await takeCounters(write, new Date());
    await raiseEpoch(id, 'run 2', { by, at });
    expect((await read(id)).counters).toMatchObject({ epoch: 1, copied: 5 });
    expect(await takeCounters({ ...write, epoch: 2, counters: counters(6) }, new Date())).toBe(true);
  });

  it('and the projection of one row may be written side by side', async () => {
    const ids = await Promise.all(Array.from({ length: 3 }, newRow));
    await Promise.all(
      ids.flatMap((id) => [
        (async () => {
          for (let revision = 1; revision <= 12; revision += 1)
            await writeProjection({
              mailUserId: id,
              epoch: 1,
              revision,
              runId: 'run',
              view: view(),
              timeline: [],
            });
        })(),
        (async () => {
          for (let opening = 1; opening <= 4; opening += 1) {
            await takeCounters(
              { mailUserId: id, epoch: 1, opening, counters: counters(0), activeFolders: [] },
              new Date(),
            );
            for (let copied = 1; copied <= 3; copied += 1)
              await writeCounters(
                { mailUserId: id, epoch: 1, opening, counters: counters(copied), activeFolders: [] },
                new Date(),
              );
          }
        })(),
      ]),
    );
    for (const id of ids)
      expect(await read(id)).toMatchObject({
        projection: { revision: 12 },
        counters: { opening: 4, copied: 3 },
      });
  });
});
