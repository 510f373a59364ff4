import { holdTurns, MailPaces, reserveTurns } from '../../src/models/mail-pace';
import { forgetRefusals, noteRefusal, signInWaitOf } from '../../src/models/sign-in-refusals';
import { freshDatabase, type FreshDatabase } from '../support/mongo';

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
  await MailPaces.init();
});
afterAll(() => database.end());

const at = (ms: number) => new Date(1_000_000 + ms);

describe('the pace of invitations', () => {
  it('gives every turn once, whoever asks at the same time, and holds all back when asked to', async () => {
    const turns = await Promise.all(Array.from({ length: 10 }, () => reserveTurns(1, 2000, at(0))));
    expect(turns.map((turn) => turn.getTime() - at(0).getTime()).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 10 }, (_, n) => n * 2000),
    );
    expect(await reserveTurns(2, 2000, at(60_000))).toEqual(at(60_000));
    expect(await reserveTurns(1, 2000, at(60_000))).toEqual(at(64_000));
    await holdTurns(at(120_000));
    await holdTurns(at(90_000));
    expect(await reserveTurns(1, 2000, at(66_000))).toEqual(at(120_000));
  });
});

describe('refused sign-ins', () => {
  it('make a mailbox wait after three within half an hour, until the first of them is that old', async () => {
    const mailbox = { connectorId: 'c', addressKey: 'ada@contoso.example' };
    const minute = 60_000;
    expect(await noteRefusal(mailbox, at(0))).toBeUndefined();
    expect(await noteRefusal(mailbox, at(10 * minute))).toBeUndefined();
    expect(await noteRefusal(mailbox, at(20 * minute))).toEqual(at(30 * minute));
    expect(await signInWaitOf(mailbox, at(29 * minute))).toEqual(at(30 * minute));
    expect(await signInWaitOf(mailbox, at(31 * minute))).toBeUndefined();
    expect(
      await signInWaitOf({ ...mailbox, addressKey: 'bob@contoso.example' }, at(29 * minute)),
    ).toBeUndefined();
    await forgetRefusals(mailbox);
    expect(await signInWaitOf(mailbox, at(21 * minute))).toBeUndefined();
  });
});
