import { join } from 'node:path';
import { compareCounts, countMailbox } from '../support/exchange-count';
import type { ExchangeCount } from '../support/exchange-count';
import { exchangelib, runPython } from '../support/exchangelib';
import type { Mailbox } from '../../sandbox/exchange/store/mailbox';
import { mailboxState } from '../../sandbox/exchange/control';
import { openSimulator } from './simulator';
import type { Simulator } from './simulator';

const PASSWORD = 'sample-password';

describe('exchangelib, unchanged', () => {
  let simulator: Simulator;
  let sample: Mailbox;
  beforeAll(async () => {
    simulator = await openSimulator();
    sample = await simulator.exchange.addMailbox({
      address: 'sample@contoso.example',
      password: PASSWORD,
      sample: { items: 150, largestBytes: 200_000, seed: 9 },
    });
    await simulator.exchange.addMailbox({ address: 'zoe@contoso.example', password: PASSWORD });
  });
  afterAll(() => simulator.close());

  const count = (address: string) => countMailbox({ ...simulator.exchange, address, password: PASSWORD });

  exchangelib.it(
    'signs in, lists, reads, creates, updates, deletes, attaches and syncs every kind of item',
    async () => {
      const script = join(__dirname, 'exchangelib_session.py');
      const facts = await runPython(
        script,
        [simulator.exchange.ewsUrl, simulator.exchange.ca, 'zoe@contoso.example'],
        PASSWORD,
      );
      expect(facts).toEqual({
        wrongPassword: 'UnauthorizedError',
        wellKnown: ['Inbox', 'Sent Items', 'Calendar', 'Contacts', 'Tasks'],
        sameName: 'ErrorFolderExists',
        moved: '/root/Top of Information Store/renamed',
        mail: [
          true,
          'é',
          false,
          true,
          '2001-02-03 04:05:06+00:00',
          '2024-01-01 09:00:00+00:00',
          'key-1',
          ['A', 'B&C'],
          '<p>hi</p>',
          'x.pdf',
          'hello',
        ],
        byStamp: ['é'],
        composed: [true, 4000, 'inside', true],
        attached: ['a.txt', 'inner', 'later.txt'],
        detached: 2,
        series: ['RecurringMaster', 1, 1, ['series', 'changed', 'series', 'series']],
        allDay: '2026-05-01',
        contact: ['Ada Lovelace', 'a@b.example', '+41 2', 'Zürich', '1815-12-10'],
        list: ['m@n.example'],
        task: ['2026-02-02', 'InProgress', 50],
        post: 'PostItem',
        firstSync: ['create'],
        bulk: 120,
        created: [120, ['create']],
        changes: ['delete', 'read_flag_change', 'update'],
        find: [11, 121, ['s99', 's98']],
        copied: [true, 2, 0],
        fetched: [true, 's21'],
        hierarchy: ['create'],
        emptied: 0,
        outOfOffice: ['Scheduled', '<b>in</b>'],
        timeZones: true,
        names: ['zoe@contoso.example'],
        freeBusy: ['FreeBusyView'],
      });
      expect(simulator.exchange.sent()).toEqual([]);
    },
    60_000,
  );

  describe('counting a mailbox', () => {
    let counted: ExchangeCount;

    exchangelib.it(
      'finds every folder and item that the store holds',
      async () => {
        counted = await count('sample@contoso.example');
        const state = mailboxState(sample);
        expect(counted.items).toBe(150);
        const paths = counted.folders.map(({ path, items }) => ({
          path: path.map((name) => `/${name.replace(/[\\/]/g, '\\$&')}`).join(''),
          items,
        }));
        expect(paths.sort(byPath)).toEqual([...state.folders].sort(byPath));
      },
      60_000,
    );

    exchangelib.it(
      'tells what the same sample elsewhere has lost, has twice, has changed, and nothing else',
      async () => {
        const seeded = { items: 150, largestBytes: 200_000, seed: 9 };
        const other = await openSimulator();
        const twin = await other.exchange.addMailbox({
          address: 'sample@contoso.example',
          password: PASSWORD,
          sample: seeded,
        });
        const [lost, doubled, changed] = [...(twin.folderByName('inbox')?.items.values() ?? [])];
        if (!lost || !doubled || !changed) throw new Error('the sample has an inbox');
        twin.removeItem(lost);
        twin.addItem(doubled);
        twin.changeItem(changed, { read: !changed.read });
        expect(
          await compareCounts(
            counted,
            await countMailbox({ ...other.exchange, address: 'sample@contoso.example', password: PASSWORD }),
          ),
        ).toMatchObject({
          equal: false,
          lost: 2,
          doubled: 1,
          extra: 1,
        });
        await other.close();
      },
      60_000,
    );
  });
});

function byPath(a: { path: string }, b: { path: string }): number {
  return a.path < b.path ? -1 : 1;
}
