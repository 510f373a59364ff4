import { Fault } from '../../../src/domain/faults';

export const lostAnswer = () =>
  new Fault({ kind: 'retryable' }, { code: 'Lost', remedy: 'none', message: 'the answer was lost' });

export const busy = (retryAfterMs: number, scope: 'mailbox' | 'connector' = 'mailbox') =>
  new Fault(
    { kind: 'throttled', retryAfterMs, scope },
    { code: 'Busy', remedy: 'wait', message: 'the server is busy' },
    true,
  );

export const refusedForNow = () =>
  new Fault(
    { kind: 'retryable' },
    { code: 'NotNow', remedy: 'none', message: 'the server did nothing' },
    true,
  );

export const passwordChanged = () =>
  new Fault(
    { kind: 'credential', side: 'target' },
    { code: 'HTTP 401', remedy: 'signInAgain', message: 'the sign-in is refused' },
    true,
  );

export const storeAway = () =>
  new Fault({ kind: 'retryable' }, { code: 'Store', remedy: 'none', message: 'the database is away' });
