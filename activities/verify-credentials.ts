import { setTimeout as pause } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { Fault, type FaultText } from '../src/domain/faults';
import type { Side } from '../src/domain/mailbox';
import { forgetRefusals, noteRefusal, signInWaitOf, type MailboxKey } from '../src/models/sign-in-refusals';
import type { ActivityDeps } from './deps';
import { heartbeats } from './heartbeat';
import { credentialOf, readRow } from './rows';

export interface VerifyCredentialsInput {
  mailUserId: string;
  side: Side;
  credentialId: string;
}

/**
 * - `accepted`: it is kept until then at the latest (ISO 8601).
 * - `refused`: the user must type again; where `waitUntil` (ISO 8601) is set the mailbox takes no further password until then.
 * - `unreachable`: nothing is known of the password; to be tried again, after `retryAfterMs` where the server named a wait.
 */
export type VerifyCredentialsResult =
  | { kind: 'accepted'; keptUntil: string }
  | { kind: 'refused'; text: FaultText; waitUntil?: string }
  | { kind: 'unreachable'; text: FaultText; retryAfterMs?: number };

/** Somebody looks at the page: a wait of the connector longer than this is told at once. */
const longestWaitMs = 5_000;

/**
 * Signs in once with a sealed credential and opens the mailbox of the row's address, whatever name signs in.
 * Costs at most one refused sign-in, and none while the mailbox takes no password.
 */
export function createVerifyCredentials(
  deps: Pick<ActivityDeps, 'open' | 'log' | 'serverOf' | 'connectorWaits'>,
) {
  return async function verifyCredentials(input: VerifyCredentialsInput): Promise<VerifyCredentialsResult> {
    using _beating = heartbeats();
    const { mailUserId, side, credentialId } = input;
    try {
      const all = await readRow(mailUserId);
      const { address, addressKey } = all.row[side];
      const mailbox = { connectorId: all[side]._id.toHexString(), addressKey };
      const credential = await credentialOf(deps, all, side, credentialId);
      const refusedUntil = await signInWaitOf(mailbox, new Date());
      if (refusedUntil !== undefined) return tooMany(refusedUntil);
      const server = deps.serverOf(all[side]);
      const signal = Context.current().cancellationSignal;
      const open = () =>
        side === 'source'
          ? server.openSource(address, credential, signal)
          : server.openTarget(address, credential, signal);
      const wait = (ms: number) => pause(ms, undefined, { signal });
      const refused = await deps.connectorWaits.heeded(
        all[side],
        mailUserId,
        () => trySignIn(open, mailbox, deps.log),
        wait,
        longestWaitMs,
      );
      return refused ?? { kind: 'accepted', keptUntil: credential.destroyAt.toISOString() };
    } catch (fault) {
      if (!(fault instanceof Fault)) throw fault;
      return resultOf(fault);
    }
  };
}

/** @returns absent where it was accepted */
async function trySignIn(
  open: () => Promise<{ close(): Promise<void> }>,
  mailbox: MailboxKey,
  log: ActivityDeps['log'],
): Promise<Extract<VerifyCredentialsResult, { kind: 'refused' }> | undefined> {
  try {
    const opened = await open();
    await opened.close().catch((error: unknown) => log.warn({ err: error }, 'a mailbox does not close'));
    await forgetRefusals(mailbox);
    return undefined;
  } catch (fault) {
    if (!(fault instanceof Fault) || fault.kind !== 'credential') throw fault;
    const wait = await noteRefusal(mailbox, new Date());
    return {
      kind: 'refused',
      text: fault.text,
      ...(wait === undefined ? {} : { waitUntil: wait.toISOString() }),
    };
  }
}

function resultOf(fault: Fault): VerifyCredentialsResult {
  const { details, text } = fault;
  switch (details.kind) {
    case 'retryable':
      return { kind: 'unreachable', text };
    case 'throttled':
      return { kind: 'unreachable', text, retryAfterMs: details.retryAfterMs };
    case 'credential':
    case 'fatal':
    case 'folder':
      return { kind: 'refused', text };
  }
}

function tooMany(until: Date): VerifyCredentialsResult {
  const message = 'Too many refused sign-ins on this mailbox; it takes no password for a while.';
  const text: FaultText = { code: 'TooManySignIns', remedy: 'wait', message };
  return { kind: 'refused', text, waitUntil: until.toISOString() };
}
