import { matchLinkToken } from '../../src/secrets/link-token';
import { House, linkKey } from './house';

let house: House;
beforeAll(async () => {
  house = await House.open();
  const { mail } = house.deps();
  const reminders = { afterMs: [300, 600, 60_000], timeOfDay: '09:00', timeZone: 'UTC' };
  await house.startWorker({ mail: { ...mail, reminders } });
  await house.startGate();
});
afterAll(() => house.close());

const mailsTo = (address: string) =>
  house.inbox.recipients.flatMap((to, index) => (to === address ? [index] : []));

describe('whoever has not signed in', () => {
  it('is reminded, by a link that says so, until the link no longer signs in; the time to sign in is not drawn out', async () => {
    const row = await house.row();
    const linkLifeMs = 4000;
    await house.start(row, { linkLifeMs });
    const { projection } = await house.untilEnded(row);
    expect(projection?.state).toBe('expired');
    const { sentAt, linkExpiresAt, remindedAt, reminderDueAt } = projection?.invitation ?? {};
    expect(linkExpiresAt?.getTime()).toBe((sentAt?.getTime() ?? 0) + linkLifeMs);
    expect(remindedAt).toBeInstanceOf(Date);
    expect(reminderDueAt).toBeUndefined();
    const mails = await Promise.all(mailsTo(row.source.address).map((index) => house.inbox.parsed(index)));
    expect(mails.map(({ subject }) => subject?.startsWith('Reminder:'))).toEqual([false, true, true]);
    const purposes = mails.map(({ text }) => {
      const [, token = ''] = /\/m\/(\S+)/.exec(text ?? '') ?? [];
      return matchLinkToken(linkKey, token)?.purpose;
    });
    expect(purposes).toEqual(['invitation', 'reminder', 'reminder']);
    expect(new Set(mails.map(({ messageId }) => messageId)).size).toBe(3);
  });

  it('is due no further reminder once he has signed in', async () => {
    const row = await house.row();
    house.servers.fill(row.source.address, 1, 1);
    await house.start(row);
    const asked = await house.until(row, 'emailSent');
    const { linkExpiresAt, reminderDueAt } = asked.projection?.invitation ?? {};
    expect(reminderDueAt?.getTime()).toBeLessThan(linkExpiresAt?.getTime() ?? 0);
    await house.signIn(row, 'source');
    await house.signIn(row, 'target');
    const { projection } = await house.untilEnded(row);
    expect(projection?.state).toBe('completed');
    expect(projection?.invitation?.sentAt).toBeInstanceOf(Date);
    expect(projection?.invitation?.reminderDueAt).toBeUndefined();
  });
});
