import { Schema, model } from 'mongoose';
import { versioned } from './schema-version';

/** When the next invitation may leave, over all workers. */
export interface MailPace {
  _id: 'invitations';
  nextAt: Date;
}

const schema = new Schema<MailPace>(
  { _id: { type: String, required: true }, nextAt: { type: Date, required: true } },
  { collection: 'mailPace', versionKey: false },
);
schema.index({ _id: 1, nextAt: 1 }, { unique: true, name: 'a turn is given once' });

schema.plugin(versioned);
export const MailPaces = model<MailPace>('MailPace', schema);

/**
 * Reserves turns at a set rate.
 * @param intervalMs between two mails
 * @returns when the first of them may leave; now or later
 */
export async function reserveTurns(mails: number, intervalMs: number, now: Date): Promise<Date> {
  for (;;) {
    const pace = await MailPaces.findById('invitations').lean<MailPace>();
    const first = new Date(Math.max(now.getTime(), pace?.nextAt.getTime() ?? 0));
    if (await move(pace, new Date(first.getTime() + mails * intervalMs))) return first;
  }
}

/** Lets no invitation leave before `until`: the mail server asked for a pause. */
export async function holdTurns(until: Date): Promise<void> {
  for (;;) {
    const pace = await MailPaces.findById('invitations').lean<MailPace>();
    if (pace !== null && pace.nextAt >= until) return;
    if (await move(pace, until)) return;
  }
}

async function move(pace: MailPace | null, nextAt: Date): Promise<boolean> {
  if (pace !== null) {
    const moved = await MailPaces.updateOne(
      { _id: 'invitations', nextAt: pace.nextAt },
      { $set: { nextAt } },
    );
    return moved.matchedCount === 1;
  }
  try {
    await MailPaces.create({ _id: 'invitations', nextAt });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 11000) return false;
    throw error;
  }
}
