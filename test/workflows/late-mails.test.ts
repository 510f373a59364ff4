import { Connectors } from '../../src/models/connectors';
import type { MailUser } from '../../src/models/mail-users';
import { signals, type ResendSignal } from '../../workflows/messages';
import { refusal, startInbox, type Inbox } from '../mail/inbox';
import { createMailer } from '../../src/mail/mailer';
import { administrator, eventually, House } from './house';

let house: House;
/** A mail server that takes nothing just now, for as long as it is told to. */
let inbox: Inbox;
let isAway = false;
beforeAll(async () => {
  house = await House.open();
  inbox = await startInbox({
    onRcptTo: (_address, _session, done) => done(isAway ? refusal(451, 'try again later') : null),
  });
  const { mail } = house.deps();
  const mailer = createMailer({ url: inbox.url, from: 'move@contoso.example' });
  const reminders = { afterMs: [300], timeOfDay: '09:00', timeZone: 'UTC' };
  await house.startWorker({ mail: { ...mail, mailer, reminders } });
  await house.startGate();
});
afterAll(async () => {
  await house.close();
  await inbox.close();
});
beforeEach(() => {
  isAway = false;
  house.servers.password = 'right horse';
});

const subjects = async (address: string) => {
  const mails = inbox.recipients.flatMap((to, index) => (to === address ? [index] : []));
  return Promise.all(mails.map(async (index) => (await inbox.parsed(index)).subject ?? ''));
};

/** Both sides sign in while nobody is let in, and the passwords are changed before they are. */
async function signedInAndChanged(row: MailUser): Promise<void> {
  const connector = { _id: row.source.connectorId };
  await Connectors.updateOne(connector, { $set: { mailboxesAtOnce: 0 } });
  await house.signIn(row, 'source');
  await house.signIn(row, 'target');
  await house.until(row, 'scheduled');
  house.servers.password = 'another horse';
}

const letIn = (row: MailUser) =>
  Connectors.updateOne({ _id: row.source.connectorId }, { $set: { mailboxesAtOnce: 20 } });

describe('a mail that is still on its way when its user has signed in', () => {
  it('does not end a later sign-in by the time that was set for the first one', async () => {
    const row = await house.row({ invitation: 'both' });
    house.servers.fill(row.source.address, 1, 3);
    const linkLifeMs = 20_000;
    await house.start(row, { linkLifeMs });
    const { projection } = await house.until(row, 'emailSent');
    isAway = true;
    await house.until(row, (now) => now.projection?.invitation?.delayed !== undefined);
    await signedInAndChanged(row);
    isAway = false;
    const waiting = await house.read(row);
    expect(waiting.projection?.invitation).not.toHaveProperty('delayed');
    const first = projection?.invitation?.linkExpiresAt?.getTime() ?? 0;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, first - Date.now()) + 500));
    await letIn(row);
    const asked = await house.until(row, (now) => now.projection?.state === 'signInNeeded');
    expect(asked.projection?.timeline.map(({ state }) => state)).not.toContain('expired');
    for (const address of [row.source.address, row.target.address])
      await eventually(
        async () =>
          (await subjects(address)).some((text) => /sign in again/i.test(text)) ? true : undefined,
        () => subjects(address),
      );
    const again = await house.until(
      row,
      (now) => (now.projection?.invitation?.linkExpiresAt?.getTime() ?? 0) > first,
    );
    expect(again.projection?.wanted).toEqual(['source', 'target']);
    house.servers.password = 'right horse';
    for (const side of again.projection?.wanted ?? []) await house.signIn(row, side);
    expect((await house.untilEnded(row)).projection?.state).toBe('completed');
  });

  it('goes out at once when it is asked for again, however long its server was to be left in peace', async () => {
    const row = await house.row();
    isAway = true;
    await house.start(row);
    await house.until(row, (now) => now.projection?.invitation?.delayed !== undefined);
    isAway = false;
    const requestId = 'again';
    await house
      .handle(row)
      .signal<[ResendSignal]>(signals.resendInvitation, { requestId, by: administrator });
    await house.until(row, 'emailSent', 30_000);
    expect(await subjects(row.source.address)).toHaveLength(1);
  });
});
