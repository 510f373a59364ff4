import { Types } from 'mongoose';
import { migrationStates, type MigrationState } from '../../src/domain/migration';
import { shownState } from '../../src/domain/shown-state';
import { askCredentials, askStart } from '../../src/models/mail-user-asks';
import { countStates, countStatesOfBatches } from '../../src/models/mail-user-counts';
import { queryOf } from '../../src/models/mail-user-filter';
import { MailUsers, type MailUser } from '../../src/models/mail-users';
import { writeProjection } from '../../src/models/projection';
import { freshDatabase } from '../support/mongo';

let database: Awaited<ReturnType<typeof freshDatabase>>;
beforeAll(async () => {
  database = await freshDatabase();
  await MailUsers.init();
  const asks = ['nothing', 'start', 'credential', 'both', 'handled'] as const;
  const states = [...migrationStates, undefined];
  const rows = states.flatMap((state, place) => asks.map((asked) => ({ place, state, asked })));
  await Promise.all(
    rows.map(({ place, state, asked }) => aRow(`${place}-${asked}@contoso.example`, state, asked)),
  );
});
afterAll(() => database.end());

const connectorId = new Types.ObjectId();
const mailbox = (address: string) => ({
  connectorId,
  address,
  addressKey: address,
  recipientType: 'Standard' as const,
});
const write = (row: Pick<MailUser, '_id'>, revision: number, state: MigrationState, handled: object = {}) =>
  writeProjection({
    mailUserId: row._id.toHexString(),
    epoch: 1,
    revision,
    runId: 'run',
    view: {
      state,
      since: new Date().toISOString(),
      handledCredentialIds: [],
      signedIn: [],
      wanted: [],
      ...handled,
    },
    timeline: [],
  });

/** A row that says this state of itself, and of which something was asked since. */
async function aRow(
  address: string,
  state: MigrationState | undefined,
  asked: 'nothing' | 'start' | 'credential' | 'both' | 'handled',
): Promise<void> {
  const row = await MailUsers.create({
    source: mailbox(address),
    target: mailbox(address),
    batch: asked,
    createdAt: new Date(),
  });
  if (state !== undefined) await write(row, 1, state);
  const all = asked === 'handled';
  if (asked === 'start' || asked === 'both' || all)
    await askStart(row._id, undefined, 's', 'start', new Date());
  if (asked === 'credential' || asked === 'both' || all) await askCredentials(row._id, ['c'], new Date());
  if (all && state !== undefined)
    await write(row, 2, state, { handledStartId: 's', handledCredentialIds: ['c'] });
}

const all = () => MailUsers.find().lean<MailUser[]>();

it.each(migrationStates)('finds those in %s whose badges show it, and no others', async (state) => {
  const expected = (await all()).filter((row) => shownState(row) === state).map(({ _id }) => String(_id));
  const found = (await MailUsers.find(queryOf({ states: [state] })).lean()).map(({ _id }) => String(_id));
  expect(found.sort()).toEqual(expected.sort());
});

it('counts rows in the states that their badges show, by batch and all together', async () => {
  const rows = await all();
  const count = (of: readonly MailUser[]) => {
    const counts: Partial<Record<MigrationState, number>> = {};
    for (const row of of) counts[shownState(row)] = (counts[shownState(row)] ?? 0) + 1;
    return counts;
  };
  expect(Object.fromEntries(await countStates())).toEqual(count(rows));
  for (const [batch, counts] of await countStatesOfBatches())
    expect(Object.fromEntries(counts)).toEqual(count(rows.filter((row) => row.batch === batch)));
});
