import type { Transfer } from '../../sandbox/exchange/server/transfer';
import type { Mailbox } from '../../sandbox/exchange/store/mailbox';
import type { MailUser } from '../../src/models/mail-users';
import { Slots } from '../../src/models/slots';
import { signals, type PauseSignal } from '../../workflows/messages';
import { connector, openExchange, type TestExchange } from '../connectors/exchange-servers';
import { addLargeMail, megabyte, mimeDigests } from '../connectors/large-mail';
import { administrator, eventually, House } from './house';
import { signInBoth } from './settled-states';

const large = 100 * megabyte;
/** Then the large mail takes a minute and a half. */
const slow = 1.5 * megabyte;

let house: House;
const servers: Record<'source' | 'target', TestExchange[]> = { source: [], target: [] };
const server = (side: 'source' | 'target'): TestExchange => servers[side][0] as TestExchange;

beforeAll(async () => {
  const policy = { requestLimitBytes: 256 * megabyte };
  house = await House.open();
  servers.source.push(await openExchange({ policy }));
  servers.target.push(await openExchange({ policy }));
  await house.startWorker({
    serverOf: ({ side }) => ({
      openSource: (...rest) => connector.openSource(server(side).settings, ...rest),
      openTarget: (...rest) => connector.openTarget(server(side).settings, ...rest),
      check: (...rest) => connector.check(server(side).settings, ...rest),
    }),
  });
  await house.startGate();
}, 120_000);

afterAll(async () => {
  await house.close();
  for (const each of [...servers.source, ...servers.target]) await each.close();
});

const mailbox = (side: 'source' | 'target', row: MailUser): Mailbox =>
  server(side).exchange.mailbox(row[side].address);

const tell = (row: MailUser, signal: 'pause' | 'resume') =>
  house.handle(row).signal<[PauseSignal]>(signals[signal], { by: administrator });

/** A row whose mailbox holds a large mail among small ones, signed in. */
async function started(): Promise<MailUser> {
  const row = await house.row({ invitation: 'none' });
  for (const side of ['source', 'target'] as const) {
    const { address } = row[side];
    await server(side).exchange.addMailbox({ address, password: house.servers.password });
  }
  for (const bytes of [1000, large, 2000]) await addLargeMail(mailbox('source', row), bytes);
  await house.start(row);
  await signInBoth(house, row);
  return row;
}

const inbox = (of: Mailbox) => [...(of.folderByName('inbox')?.items.values() ?? [])];

/** Waits until the large item is passing slowly, pauses, and expects it to be torn down everywhere at once. */
async function pausedWhilePassing(
  row: MailUser,
  side: 'source' | 'target',
  passed: (transfer: Transfer) => number,
): Promise<void> {
  const { underWay } = server(side).exchange.state;
  const onTheWire = () => Math.max(0, ...[...underWay].map(passed));
  await eventually(async () => (onTheWire() > 4 * megabyte ? true : undefined), onTheWire);
  const askedAt = Date.now();
  await tell(row, 'pause');
  await house.until(row, 'paused', 10_000);
  expect(await Slots.countDocuments({ _id: row._id.toHexString() })).toBe(0);
  const requests = () => [...server('source').exchange.state.underWay, ...underWay];
  const left = 10_000 - (Date.now() - askedAt);
  await eventually(async () => (requests().length === 0 ? true : undefined), requests, left);
  expect(inbox(mailbox('target', row)).filter(({ sizeBytes }) => sizeBytes > megabyte)).toEqual([]);
}

describe('Pause in the middle of an item of 100 MB', () => {
  it('is effective within ten seconds while it is read or put slowly, and Resume has it there once and whole', async () => {
    const [source, target] = [server('source').exchange, server('target').exchange];
    const row = await started();
    source.setPolicy({ givesBytesPerSecond: slow });
    await pausedWhilePassing(row, 'source', ({ givenBytes }) => givenBytes);

    source.setPolicy({ givesBytesPerSecond: undefined });
    target.setPolicy({ takesBytesPerSecond: slow });
    await tell(row, 'resume');
    await pausedWhilePassing(row, 'target', ({ takenBytes }) => takenBytes);

    target.setPolicy({ takesBytesPerSecond: undefined });
    await tell(row, 'resume');
    expect((await house.untilEnded(row)).projection?.state).toBe('completed');
    expect(await mimeDigests(mailbox('target', row))).toEqual(await mimeDigests(mailbox('source', row)));
  });
});
