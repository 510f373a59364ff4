import { Schema, model } from 'mongoose';
import { signInTries } from '../domain/sign-in-tries';
import { versioned } from './schema-version';

/** Refused sign-ins of one mailbox, whoever typed them and through whatever link; servers lock accounts for less. */
export interface SignInRefusals {
  /** `<connector id> <address key>` */
  _id: string;
  /** The newest, oldest first. */
  refusedAt: Date[];
}

const schema = new Schema<SignInRefusals>(
  { _id: { type: String, required: true }, refusedAt: { type: [Date], required: true } },
  { collection: 'signInRefusals', versionKey: false },
);

schema.plugin(versioned);
export const SignInRefusalsOfMailboxes = model<SignInRefusals>('SignInRefusals', schema);

export interface MailboxKey {
  connectorId: string;
  addressKey: string;
}

/** Until when a mailbox takes no further password; absent where one may be tried now. */
export async function signInWaitOf(mailbox: MailboxKey, now: Date): Promise<Date | undefined> {
  const refusals = await SignInRefusalsOfMailboxes.findById(keyOf(mailbox)).lean<SignInRefusals>();
  const recent = (refusals?.refusedAt ?? []).filter(
    (at) => at.getTime() > now.getTime() - signInTries.withinMs,
  );
  const first = recent.at(-signInTries.most);
  return first === undefined ? undefined : new Date(first.getTime() + signInTries.withinMs);
}

/** Counts a refusal. @returns until when the mailbox now takes no further password, as `signInWaitOf` */
export async function noteRefusal(mailbox: MailboxKey, now: Date): Promise<Date | undefined> {
  await SignInRefusalsOfMailboxes.updateOne(
    { _id: keyOf(mailbox) },
    { $push: { refusedAt: { $each: [now], $slice: -signInTries.most } } },
    { upsert: true },
  );
  return signInWaitOf(mailbox, now);
}

/** A sign-in that was accepted wipes the slate. */
export async function forgetRefusals(mailbox: MailboxKey): Promise<void> {
  await SignInRefusalsOfMailboxes.deleteOne({ _id: keyOf(mailbox) });
}

function keyOf({ connectorId, addressKey }: MailboxKey): string {
  return `${connectorId} ${addressKey}`;
}
