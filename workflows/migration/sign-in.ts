import { CancellationScope, condition } from '@temporalio/workflow';
import type { VerifyCredentialsResult } from '../../activities/verify-credentials';
import type { Actor, MigrationState, SignInRefusal } from '../../src/domain/migration';
import type { FaultText } from '../../src/domain/faults';
import type { Side } from '../../src/domain/mailbox';
import type { OverTheWire } from '../../src/domain/wire';
import { endOf, growing } from '../faults';
import { signingIn } from '../proxies';
import type { Checking } from './carry';
import { sendInvitation } from './invite';
import { keepUntil } from './kept';
import { orderReminder, reminderDue, setReminders } from './mailing';
import type { Migration } from './migration';

export type SignInEnd = 'ready' | 'expired' | 'continue';

const sides = ['source', 'target'] as const satisfies readonly Side[];
const refusalsKept = 10;

/**
 * Waits until each side has a credential that was accepted. Each side is asked and checked by itself, while the mail that asks for it
 * may still be on its way.
 */
export async function signIn(m: Migration): Promise<SignInEnd> {
  const parts = new Map<string, Promise<void>>();
  const scope = new CancellationScope();
  const begin = (name: string, work: () => Promise<void>) => {
    if (parts.has(name)) return;
    parts.set(
      name,
      scope.run(() => m.background(work)).finally(() => parts.delete(name)),
    );
  };
  const ended = () => Promise.all(parts.values());
  try {
    for (;;) {
      const seen = m.version;
      const checked = sides.filter((side) => m.carry.checking[side] !== undefined);
      if (m.isFull) {
        await ended();
        return 'continue';
      }
      for (const side of checked) begin(side, () => check(m, side));
      if (m.carry.mailing !== undefined) begin('mail', () => sendInvitation(m));
      if (m.view.wanted.length === 0) {
        if ((m.carry.reminders ?? []).length > 0) setReminders(m, []);
        return 'ready';
      }
      m.row.setState(stateOf(m), reasonOf(m));
      const left = checked.length > 0 ? undefined : timeLeft(m);
      if (left !== undefined && left <= 0) return 'expired';
      const due = checked.length > 0 ? undefined : reminderDue(m);
      const reminderIn = due === undefined ? Infinity : due - Date.now();
      if (reminderIn <= 0) orderReminder(m);
      else await m.change(seen, left === undefined ? undefined : Math.min(left, reminderIn));
    }
  } finally {
    scope.cancel();
    await CancellationScope.nonCancellable(ended);
  }
}

/** Who paused it; or why checking ends without all that is wanted, where that was not told before it began. */
function reasonOf(m: Migration): { by: Actor } | { fault: FaultText } | undefined {
  const { pausedBy, state, since, refusal } = m.view;
  if (pausedBy !== undefined && stateOf(m) === 'paused') return { by: pausedBy };
  return state === 'verifying' && refusal && refusal.at >= since ? { fault: refusal.text } : undefined;
}

/** A pause is shown where nothing is wanted from the user; what he has typed is checked all the same. */
function stateOf({ carry, view }: Migration): MigrationState {
  const checked = sides.filter((side) => carry.checking[side] !== undefined);
  if (view.pausedBy !== undefined && view.wanted.every((side) => checked.includes(side))) return 'paused';
  if (checked.length > 0) return 'verifying';
  if (carry.wasAccepted) return 'signInNeeded';
  const { invitation } = view;
  if (invitation?.sentAt !== undefined || invitation?.refused !== undefined) return 'emailSent';
  return carry.mailing === undefined ? 'awaitingSignIn' : 'starting';
}

function timeLeft({ carry }: Migration): number | undefined {
  return carry.deadline === undefined ? undefined : carry.deadline - Date.now();
}

/** Checks one side's credential until it is accepted or refused, or its server was away for too long. */
async function check(m: Migration, side: Side): Promise<void> {
  for (;;) {
    const checking = m.carry.checking[side];
    if (checking === undefined || m.isFull) return;
    const result = await tryOnce(m, side, checking);
    const isOver = Date.now() - checking.since >= m.times.verifyForMs;
    if (result.kind === 'accepted') return accept(m, side, checking, result.keptUntil);
    if (result.kind === 'refused' || isOver) return refuse(m, side, checking, result);
    note(m, refusalOf(side, result, new Date(checking.since).toISOString()));
    const wait = growing(checking.tries, m.times.retryFirstMs, m.times.retryMostMs);
    checking.tries += 1;
    await condition(() => m.isFull, Math.max(wait, result.retryAfterMs ?? 0));
  }
}

async function tryOnce(
  m: Migration,
  side: Side,
  { credentialId }: Checking,
): Promise<VerifyCredentialsResult> {
  const scope = CancellationScope.current();
  const summary = `${side} ${m.carry.facts[`${side}Address`]}`;
  try {
    const input = { mailUserId: m.mailUserId, side, credentialId };
    return await signingIn.verifyCredentials.executeWithOptions({ summary }, [input]);
  } catch (error) {
    if (scope.consideredCancelled) throw error;
    const end = endOf(error);
    const message = 'The sign-in could not be checked just now.';
    const text = end.kind === 'fault' ? end.text : { code: 'NotChecked', remedy: 'wait' as const, message };
    return { kind: 'unreachable', text };
  }
}

function accept(m: Migration, side: Side, { credentialId }: Checking, keptUntil?: string): void {
  const { carry, view } = m;
  carry.credentials[side] = credentialId;
  keepUntil(m, side, keptUntil);
  delete carry.checking[side];
  view.signedIn = [...view.signedIn.filter((other) => other !== side), side];
  view.wanted = view.wanted.filter((other) => other !== side);
  if (view.refusal?.side === side) delete view.refusal;
  // Why it was needed once more is over.
  if (view.wanted.length === 0) delete view.fault;
  m.row.touch();
}

function refuse(m: Migration, side: Side, { credentialId }: Checking, result: Refused): void {
  delete m.carry.checking[side];
  m.leavings.discard(credentialId);
  const refusal = refusalOf(side, result, m.now());
  m.view.refusals = [...(m.view.refusals ?? []), refusal].slice(-refusalsKept);
  note(m, refusal);
}

function note(m: Migration, refusal: OverTheWire<SignInRefusal>): void {
  m.view.refusal = refusal;
  m.row.touch();
}

type Refused = Exclude<VerifyCredentialsResult, { kind: 'accepted' }>;

function refusalOf(side: Side, result: Refused, at: string): OverTheWire<SignInRefusal> {
  const waitUntil = result.kind === 'refused' ? result.waitUntil : undefined;
  return {
    side,
    at,
    text: result.text,
    outcome: result.kind,
    ...(waitUntil === undefined ? {} : { waitUntil }),
  };
}
