import { Types } from 'mongoose';
import { forgetBulkRows, nextBulkRows, noteBulkRows } from '../../src/models/bulk-rows';
import { groupsOf } from '../../src/models/mail-user-counts';
import { MailUsers } from '../../src/models/mail-users';
import { freshDatabase } from '../support/mongo';

let database: Awaited<ReturnType<typeof freshDatabase>>;
beforeAll(async () => {
  database = await freshDatabase();
  await MailUsers.init();
});
afterAll(() => database.end());

const connectorId = new Types.ObjectId();
const mailbox = (address: string) => ({
  connectorId,
  address,
  addressKey: address,
  recipientType: 'Standard' as const,
});
const projection = (change: object) => ({
  epoch: 1,
  revision: 1,
  runId: 'run',
  since: new Date(),
  handledCredentialIds: [],
  signedIn: [],
  wanted: [],
  timeline: [],
  ...change,
});

let made = 0;
async function rows(batch: string, count: number, change: object): Promise<string[]> {
  const documents = await MailUsers.insertMany(
    Array.from({ length: count }, (_, n) => ({
      firstName: '',
      lastName: '',
      source: mailbox(`${batch}${made + n}@contoso.example`),
      target: mailbox(`${batch}${made + n}@fabrikam.example`),
      batch,
      linkGeneration: 1,
      createdAt: new Date(),
      asked: { credentialIds: [] },
      projection: projection(change),
    })),
  );
  made += count;
  return documents.map(({ _id }) => _id.toHexString()).sort();
}

const below = () => Types.ObjectId.createFromTime(Math.ceil(Date.now() / 1000) + 5);

async function all(mark: string): Promise<string[]> {
  const found: string[] = [];
  for (;;) {
    const next = await nextBulkRows(mark, found.at(-1) ?? '', 100);
    found.push(...next);
    if (next.length < 100) return found;
  }
}

describe('whom a bulk action is for', () => {
  it('is who matched when it began, whatever becomes of them, each once and in the order of their ids', async () => {
    const ids = await rows('many', 1_150, { state: 'working' });
    const { mark, count } = await noteBulkRows(
      'bulk',
      { batch: 'many', states: ['working'] },
      {
        above: undefined,
        below: below(),
      },
    );
    expect(count).toBe(1_150);
    await MailUsers.updateMany({ batch: 'many' }, { $set: { 'projection.state': 'scheduled' } });
    expect(await all(mark)).toEqual(ids);
  });

  it('is nobody else who matches later, or whose id is not meant', async () => {
    const [first, ...others] = await rows('few', 3, { state: 'working' });
    const { mark } = await noteBulkRows('other', { batch: 'few' }, { above: first, below: below() });
    await rows('few', 2, { state: 'working' });
    expect(await all(mark)).toEqual(others);
  });

  it('is forgotten with the bulk action alone', async () => {
    await rows('gone', 1, { state: 'working' });
    const range = { above: undefined, below: below() };
    const one = await noteBulkRows('one', { batch: 'gone' }, range);
    const two = await noteBulkRows('two', { batch: 'gone' }, range);
    await forgetBulkRows('one');
    expect([await all(one.mark), (await all(two.mark)).length]).toEqual([[], 1]);
  });
});

describe('the groups of a selection', () => {
  it('tell apart whose passwords are kept and whose source is in doubt, the same by filter and by ids', async () => {
    const fault = (remedy: string) => ({ text: { code: 'X', remedy, message: '' } });
    const later = new Date(Date.now() + 60_000);
    const kept = { signedIn: ['source' as const, 'target' as const] };
    const ids = [
      ...(await rows('kept', 2, {
        state: 'failed',
        fault: fault('freeSpace'),
        ...kept,
        credentialsDestroyAt: later,
      })),
      ...(await rows('kept-no-more', 1, {
        state: 'failed',
        fault: fault('freeSpace'),
        ...kept,
        credentialsDestroyAt: new Date(Date.now() - 60_000),
      })),
      ...(await rows('given-others', 1, {
        state: 'failed',
        fault: fault('freeSpace'),
        ...kept,
        credentialsDestroyAt: later,
        credentialsDestroyedAt: new Date(),
      })),
      ...(await rows('doubt', 1, { state: 'failed', fault: fault('checkSourceMailbox') })),
    ];
    const told = (groups: Awaited<ReturnType<typeof groupsOf>>) =>
      groups
        .flatMap(({ keptSides, facts, count }) =>
          Array.from({ length: count }, () => `${keptSides.join(' and ')} ${facts.isSourceDoubtful}`),
        )
        .sort();
    const expected = [' false', ' false', ' true', 'source and target false', 'source and target false'];
    expect(told(await groupsOf({ kind: 'ids', ids }))).toEqual(expected);
    expect(told(await groupsOf({ kind: 'filter', filter: { states: ['failed'] } }))).toEqual(expected);
  });
});
