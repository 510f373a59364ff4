import { readFileSync } from 'node:fs';
import mongoose, { type Types } from 'mongoose';
import type { InvitationChoice } from '../src/domain/migration';
import type { Side } from '../src/domain/mailbox';
import { Connectors } from '../src/models/connectors';
import { MailUsers } from '../src/models/mail-users';
import type { SampleUser } from './samples';

/** A simulator as a connector of the product. */
export interface SampleConnector {
  name: string;
  ewsUrl: string;
  /** Where it was the last time, if somewhere else. */
  lastEwsUrl?: string;
  /** Path of a PEM file. */
  ca: string;
}

/**
 * Puts the sandbox into the product's database: both connectors where they are not there, and a row **Not started** for
 * each of these users. What an administrator has changed since stays; only a simulator that has moved to another port is
 * followed. Doing it again adds nothing.
 */
export async function seed(
  uri: string,
  {
    source,
    target,
    users,
  }: { source: SampleConnector; target: SampleConnector; users: readonly SampleUser[] },
): Promise<void> {
  await mongoose.connect(uri);
  try {
    await Promise.all([Connectors.init(), MailUsers.init()]);
    const sourceId = await ensureConnector('source', source, 'source');
    const targetId = await ensureConnector('target', target, 'none');
    for (const user of users) await ensureRow(user, sourceId, targetId);
  } finally {
    await mongoose.disconnect();
  }
}

async function ensureConnector(
  side: Side,
  { name, ewsUrl, lastEwsUrl, ca }: SampleConnector,
  invitation: InvitationChoice,
): Promise<Types.ObjectId> {
  if (lastEwsUrl !== undefined && lastEwsUrl !== ewsUrl) {
    await Connectors.updateMany(
      { 'exchange.serverName': lastEwsUrl },
      { $set: { 'exchange.serverName': ewsUrl } },
    );
  }
  const known = await Connectors.findOne({ side, name });
  if (known) return known._id;
  const made = await Connectors.create({
    side,
    kind: 'exchange',
    name,
    exchange: {
      serverName: ewsUrl,
      serverVersion: 'Exchange2013',
      certificateAuthority: readFileSync(ca, 'utf8'),
    },
    signIn: { kind: 'selfMigration', signInName: { kind: 'address' }, invitation },
    createdAt: new Date(),
  });
  return made._id;
}

async function ensureRow(
  user: SampleUser,
  sourceId: Types.ObjectId,
  targetId: Types.ObjectId,
): Promise<void> {
  const mailbox = (connectorId: Types.ObjectId, address: string) => ({
    connectorId,
    address,
    addressKey: address.toLowerCase(),
    recipientType: 'Standard' as const,
  });
  const source = mailbox(sourceId, user.source.address);
  const listed = await MailUsers.exists({
    'source.connectorId': sourceId,
    'source.addressKey': source.addressKey,
  });
  if (listed) return;
  const { firstName, lastName, batch } = user;
  const target = mailbox(targetId, user.target.address);
  const names = { firstName, lastName, ...(batch === undefined ? {} : { batch }) };
  await MailUsers.create({ ...names, source, target, createdAt: new Date() });
}
