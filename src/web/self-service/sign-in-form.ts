import type { Side } from '../../domain/mailbox';
import type { FieldFault, Fields, FormResult } from '../forms';
import type { TypedCredential } from '../migrations';
import type { SignInSide } from './view';
import type { Translate } from '../../locales';
import { nameOf } from './words';

/** No server takes more; more is something else that was pasted. */
const most = { password: 1024, userName: 320 } as const;

/**
 * What was typed for each mailbox that still wants a password.
 *
 * A password is taken exactly as it was typed. **Use the same password for both** counts only where both are asked.
 */
export function readSignIn(
  fields: Fields,
  sides: readonly SignInSide[],
  t: Translate,
): FormResult<TypedCredential[]> {
  const asked = sides.filter(({ signedIn }) => !signedIn);
  const same = fields['same'] === 'on' && asked.length > 1;
  const passwordFrom: Side | undefined = same ? asked[0]?.side : undefined;
  const faults: FieldFault[] = [];
  const typed = asked.map((side): TypedCredential => {
    const password = fields[`${passwordFrom ?? side.side}Password`] ?? '';
    const userName = (fields[`${side.side}UserName`] ?? '').trim();
    if (passwordFrom === undefined || passwordFrom === side.side)
      faults.push(...passwordFaults(side, password, t));
    faults.push(...userNameFaults(side, userName, t));
    return { side: side.side, password, userName: userName || (side.signInName ?? '') };
  });
  return faults.length > 0 ? { ok: false, faults } : { ok: true, value: typed };
}

function passwordFaults(side: SignInSide, password: string, t: Translate): FieldFault[] {
  const field = `${side.side}Password`;
  const values = { mailbox: nameOf(t, side), most: most.password };
  if (password === '') return [{ field, key: 'selfService.faults.passwordMissing', values }];
  if (password.length > most.password) return [{ field, key: 'selfService.faults.passwordTooLong', values }];
  return [];
}

function userNameFaults(side: SignInSide, userName: string, t: Translate): FieldFault[] {
  const field = `${side.side}UserName`;
  const values = { mailbox: nameOf(t, side), most: most.userName };
  if (userName === '' && side.signInName === undefined)
    return [{ field, key: 'selfService.faults.userNameMissing', values }];
  if (userName.length > most.userName) return [{ field, key: 'selfService.faults.userNameTooLong', values }];
  if (/\p{Cc}/u.test(userName)) return [{ field, key: 'selfService.faults.userNameControl', values }];
  return [];
}
