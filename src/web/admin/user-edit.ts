import type { Request, Response } from 'express';
import { isEndState } from '../../domain/migration';
import { shownState } from '../../domain/shown-state';
import { purgeCredentials } from '../../models/credentials';
import { releasePair } from '../../models/ledger-purge';
import { MailUsers, type MailUser } from '../../models/mail-users';
import type { WebDeps } from '../deps';
import { PageFault } from '../faults';
import { fieldsOf, type Fields } from '../forms';
import { isTemporalAway, tellPlanChanged } from '../migrations';
import { asRead, isOtherPair, whyFixed } from './fixed-mailboxes';
import { planReader } from './plan-words';
import { audit, notify, textsOf } from './request';
import { alreadyListed, fixedFields, readFields, showForm, written, type TypedRow } from './user-fields';
import { typedConflict } from './window-conflicts';

/** **Edit**: what the form holds takes the place of what the row says, as far as its mailboxes may still be others. */
export async function editUser(
  deps: WebDeps,
  request: Request,
  response: Response,
  user: MailUser,
): Promise<void> {
  const fixed = await whyFixed(user, new Date());
  const sent = fieldsOf(request.body);
  const fields = { ...sent, ...(fixed === undefined ? {} : fixedFields(user)) };
  const refuse = (faults: Parameters<typeof showForm>[2]) =>
    showForm(response.status(422), fields, faults, { user, fixed });
  const read = await readFields(fields);
  if (!read.ok) return refuse(read.faults);
  const { row } = read;
  const isOther = isOtherPair(user, row);
  const isOtherWay = isOther || user.batch !== row.batch;
  const conflict = isOtherWay && (await typedConflict(row, planReader(deps, response), new Date()));
  if (conflict) return refuse([conflict]);
  if ((await isListed(user, row)) || !(await written(() => save(user, row, isOther))))
    return refuse([alreadyListed]);
  const t = textsOf(response);
  const address = row.source.address;
  await audit(request, 'mailUserEdited', address, { mailUserId: user._id.toHexString() });
  notify(request, 'success', t('admin.users.saved', { address }));
  if (fixed !== undefined && wantsOthers(sent, fixedFields(user)))
    notify(request, 'warning', t(`admin.users.mailboxesFixed.${fixed}`));
  if (isOtherWay) await tellMigration(deps, request, response, user);
  response.redirect(303, `/admin/users/${user._id.toHexString()}`);
}

/** The form may have been opened before its mailboxes were fixed. */
function wantsOthers(sent: Fields, fixed: Fields): boolean {
  return Object.entries(fixed).some(([name, value]) => sent[name] !== undefined && sent[name] !== value);
}

/** Asked before a password is destroyed for nothing; the index has the last word. */
async function isListed({ _id }: MailUser, { source }: TypedRow): Promise<boolean> {
  const found = await MailUsers.exists({
    'source.connectorId': source.connectorId,
    'source.addressKey': source.addressKey,
    'source.recipientType': source.recipientType,
    _id: { $ne: _id },
  });
  return found !== null;
}

/** @throws PageFault `conflict` where the row is not any more as it was read */
async function save(
  user: MailUser,
  { language, invitationEmail, ...row }: TypedRow,
  isOther: boolean,
): Promise<void> {
  const hasEnded = isEndState(shownState(user));
  // Before the row names others: whatever release sealed it, it is never tried on them.
  if (isOther && hasEnded) await purgeCredentials(user._id.toHexString());
  // Before the row forgets which they were.
  if (isOther) await releasePair(user.pairId, new Date());
  const set = {
    ...row,
    ...(language ? { language } : {}),
    ...(invitationEmail ? { invitationEmail } : {}),
    // No workflow is there to say so.
    ...(isOther && hasEnded && { 'projection.credentialsDestroyedAt': new Date() }),
  };
  const unset = {
    ...(language ? {} : { language: true }),
    ...(invitationEmail ? {} : { invitationEmail: true }),
    // Other mailboxes are another pair, of which nothing is known yet.
    ...(isOther && { pairId: true, targetIdentity: true, counters: true }),
  };
  const saved = await MailUsers.updateOne(asRead(user, isOther), { $set: set, $unset: unset });
  if (saved.matchedCount === 0) throw new PageFault('conflict');
}

/** Its migration has read the plan of the batch, and the start windows of the connectors, that it had. */
async function tellMigration(
  deps: WebDeps,
  request: Request,
  response: Response,
  user: MailUser,
): Promise<void> {
  const state = shownState(user);
  if (state === 'notStarted' || isEndState(state)) return;
  try {
    await tellPlanChanged(deps, user);
  } catch (error) {
    if (!isTemporalAway(error)) throw error;
    notify(request, 'warning', textsOf(response)('admin.batches.notTold', { count: 1 }));
  }
}
