import type { FaultText } from '../../src/domain/faults';
import type { Side } from '../../src/domain/mailbox';
import { orderMail } from './mailing';
import type { Migration } from './migration';

/** Notes until when an accepted credential is kept (ISO 8601), or that it is no more; the row names the last of these moments. */
export function keepUntil({ carry, view }: Migration, side: Side, until: string | undefined): void {
  if (until === undefined) delete carry.keptUntil[side];
  else carry.keptUntil[side] = Date.parse(until);
  const moments = Object.values(carry.keptUntil);
  if (moments.length === 0) delete view.credentialsDestroyAt;
  else view.credentialsDestroyAt = new Date(Math.max(...moments)).toISOString();
}

/** Sides whose credential has come to the end of its time. */
export function sidesOver({ carry: { credentials, keptUntil } }: Migration): Side[] {
  return (['source', 'target'] as const).filter((side) => {
    const until = keptUntil[side];
    return credentials[side] !== undefined && until !== undefined && until <= Date.now();
  });
}

/** Credentials that are of no use any more are destroyed; their user is asked to sign in again before it goes on. */
export function askAgain(m: Migration, sides: readonly Side[], text: FaultText): void {
  const { carry, view } = m;
  for (const side of sides) {
    const credentialId = carry.credentials[side];
    if (credentialId !== undefined) m.leavings.discard(credentialId);
    delete carry.credentials[side];
    keepUntil(m, side, undefined);
  }
  view.signedIn = view.signedIn.filter((side) => !sides.includes(side));
  view.wanted = [...sides];
  const [side] = sides;
  view.fault = { text, ...(side !== undefined && sides.length === 1 ? { side } : {}) };
  carry.phase = 'signIn';
  m.row.setState('signInNeeded', { fault: text });
  orderMail(m);
}
