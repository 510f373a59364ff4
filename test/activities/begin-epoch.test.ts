import { randomUUID } from 'node:crypto';
import { Types } from 'mongoose';
import { beginEpoch } from '../../activities/begin-epoch';
import type { Side } from '../../src/domain/mailbox';
import { Connectors } from '../../src/models/connectors';
import { Credentials } from '../../src/models/credentials';
import { MailUsers } from '../../src/models/mail-users';
import { aProjection } from '../web/self-service-app';
import { freshDatabase, type FreshDatabase } from '../support/mongo';

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
  await MailUsers.init();
});
afterAll(() => database.end());

const hourMs = 3_600_000;

/** A row that has failed and keeps a password of each side. */
async function failed(): Promise<{ mailUserId: string; kept: Record<Side, string> }> {
  const mailbox = async (side: Side) => {
    const connector = await Connectors.create({
      side,
      kind: 'exchange',
      name: `${side} ${randomUUID()}`,
      exchange: { serverName: 'mail.example', serverVersion: 'Exchange2013' },
      signIn: { kind: 'selfMigration', signInName: { kind: 'address' }, invitation: 'source' },
      createdAt: new Date(),
    });
    const address = `ada@${side}.example`;
    return { connectorId: connector._id, address, addressKey: address, recipientType: 'Standard' as const };
  };
  const [source, target] = [await mailbox('source'), await mailbox('target')];
  const mailUserId = new Types.ObjectId();
  const kept = { source: await sealed(mailUserId, 'source'), target: await sealed(mailUserId, 'target') };
  const ids = Object.values(kept);
  const projection = aProjection({
    state: 'failed',
    handledCredentialIds: ids,
    usedCredentialIds: ids,
    signedIn: ['source', 'target'],
  });
  await MailUsers.create({
    _id: mailUserId,
    source,
    target,
    createdAt: new Date(),
    projection,
  });
  return { mailUserId: mailUserId.toHexString(), kept };
}

async function sealed(mailUserId: Types.ObjectId | string, side: Side): Promise<string> {
  const { _id } = await Credentials.create({
    owner: { kind: 'mailUser', id: mailUserId.toString() },
    side,
    sealed: 'sealed',
    takenAt: new Date(),
    destroyAt: new Date(Date.now() + hourMs),
  });
  return _id.toHexString();
}

const begin = (mailUserId: string, reason: 'retry' | 'resend') =>
  beginEpoch({ mailUserId, runId: 'second', reason, by: { kind: 'system' }, at: new Date().toISOString() });

it('takes a password that was stored and is not named on the row yet for one that was never checked', async () => {
  const { mailUserId, kept } = await failed();
  const typed = await sealed(mailUserId, 'source');
  const facts = await begin(mailUserId, 'retry');
  expect(facts?.kept).toEqual({ target: kept.target });
  expect(facts?.coming).toEqual(['source']);
  const left = await Credentials.find({ 'owner.id': mailUserId }).lean();
  expect(left.map(({ _id }) => _id.toHexString()).sort()).toEqual([kept.target, typed].sort());
});

it('does not destroy one that was stored just now with those that an invitation sent again replaces', async () => {
  const { mailUserId } = await failed();
  const typed = await sealed(mailUserId, 'target');
  const facts = await begin(mailUserId, 'resend');
  expect(facts?.kept).toEqual({});
  expect(facts?.coming).toEqual(['target']);
  const left = await Credentials.find({ 'owner.id': mailUserId }).lean();
  expect(left.map(({ _id }) => _id.toHexString())).toEqual([typed]);
});
