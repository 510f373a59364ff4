import { Types } from 'mongoose';
import type { FaultText } from '../../src/domain/faults';
import { migrationStates, type SignInRefusal } from '../../src/domain/migration';
import { noFindings } from '../../src/engine/verify-findings';
import type { MailUserProjection } from '../../src/models/mail-users';
import { translator } from '../../src/locales';
import { present } from '../../src/web/self-service/present';
import {
  viewOf,
  type ConnectorOfView,
  type RowOfView,
  type ViewInput,
} from '../../src/web/self-service/view-of';

const now = new Date('2026-03-14T12:00:00Z');
const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000);
const dayMs = 86_400_000;

const projection = (change: Partial<MailUserProjection> = {}): MailUserProjection => ({
  epoch: 1,
  revision: 1,
  runId: 'run',
  state: 'emailSent',
  since: ago(60),
  handledCredentialIds: [],
  signedIn: [],
  wanted: ['source', 'target'],
  timeline: [],
  ...change,
});
const mailbox = (address: string) => ({
  connectorId: new Types.ObjectId(),
  address,
  addressKey: address,
  recipientType: 'Standard' as const,
});
const row = (change: Partial<RowOfView> = {}): RowOfView => ({
  source: mailbox('anna@contoso.example'),
  target: mailbox('anna@fabrikam.example'),
  asked: { credentialIds: [] },
  ...change,
});
const connector = (change: Partial<ConnectorOfView> = {}): ConnectorOfView => ({
  signIn: { kind: 'selfMigration', signInName: { kind: 'address' }, invitation: 'none' },
  ...change,
});
const view = (of: RowOfView, change: Partial<ViewInput> = {}) =>
  viewOf({
    row: of,
    connectors: { source: connector(), target: connector() },
    now,
    credentialLifeMs: 30 * dayMs,
    ...change,
  });
const said = (change: Partial<MailUserProjection>) => row({ projection: projection(change) });
const text = (change: Partial<FaultText> = {}): FaultText => ({
  code: 'HTTP 401',
  remedy: 'checkNameAndPassword',
  message: 'refused',
  ...change,
});
const refusal = (change: Partial<SignInRefusal> = {}): SignInRefusal => ({
  side: 'source',
  at: ago(30),
  text: text(),
  outcome: 'refused',
  ...change,
});
const counters = {
  epoch: 1,
  opening: 1,
  at: ago(1),
  activeFolders: ['inbox'],
  folders: 10,
  foldersDone: 4,
  found: 30,
  foundBytes: 455,
  copied: 30,
  copiedBytes: 455,
  alreadyThere: 0,
  filtered: 0,
  skipped: 0,
  failed: 0,
  remaining: 70,
  remainingBytes: 545,
};

describe('viewOf', () => {
  it('has a view for every state there is', () => {
    for (const state of migrationStates) expect(view(said({ state })).view).toEqual(expect.any(String));
  });

  describe('asks to sign in', () => {
    it('both mailboxes of a row that nobody has started', () => {
      expect(view(row())).toEqual({
        view: 'signIn',
        again: false,
        sides: [
          {
            side: 'source',
            address: 'anna@contoso.example',
            signedIn: false,
            signInName: 'anna@contoso.example',
          },
          {
            side: 'target',
            address: 'anna@fabrikam.example',
            signedIn: false,
            signInName: 'anna@fabrikam.example',
          },
        ],
        checking: [],
        destroyAt: new Date(now.getTime() + 30 * dayMs),
      });
    });

    it('with the time the link still works', () => {
      const linkExpiresAt = new Date(now.getTime() + dayMs);
      expect(view(said({ invitation: { choice: 'source', to: [], linkExpiresAt } }))).toMatchObject({
        view: 'signIn',
        linkExpiresAt,
      });
    });

    it('only the side that is still wanted, with a tick for the other', () => {
      expect(view(said({ signedIn: ['source'], wanted: ['target'] }))).toMatchObject({
        view: 'signIn',
        sides: [
          { side: 'source', signedIn: true },
          { side: 'target', signedIn: false },
        ],
      });
    });

    it('while the invitation is still on its way', () => {
      expect(view(said({ state: 'starting' })).view).toBe('signIn');
    });

    it('for the name too where the connector wants it asked, and not where the row has one', () => {
      const ask = connector({
        signIn: { kind: 'selfMigration', signInName: { kind: 'ask' }, invitation: 'none' },
      });
      const pattern = connector({
        signIn: {
          kind: 'selfMigration',
          signInName: { kind: 'pattern', pattern: 'CONTOSO\\{local}' },
          invitation: 'none',
        },
      });
      const sides = (of: RowOfView) => {
        const shown = view(of, { connectors: { source: ask, target: pattern } });
        return shown.view === 'signIn' ? shown.sides.map(({ signInName }) => signInName) : [];
      };
      expect(sides(row())).toEqual([undefined, 'CONTOSO\\anna']);
      expect(sides(row({ source: { ...mailbox('anna@contoso.example'), userName: 'ab12' } }))[0]).toBe(
        'ab12',
      );
    });

    it('the side that was refused while the other one’s server does not answer', () => {
      const away = refusal({ side: 'target', outcome: 'unreachable', text: text({ remedy: 'wait' }) });
      const both = { state: 'verifying' as const, refusal: away, refusals: [refusal()] };
      expect(view(said({ ...both, checking: ['target'] }))).toMatchObject({
        view: 'signIn',
        sides: [{ side: 'source', refusal: { code: 'HTTP 401' } }],
        checking: [{ side: 'target' }],
      });
      expect(view(said({ ...both, checking: ['source', 'target'] })).view).toBe('unreachable');
      expect(view(said({ ...both, refusals: [], checking: ['target'] })).view).toBe('unreachable');
    });

    it('again, with what the server said to the last try and how many are left', () => {
      const shown = view(
        said({ refusals: [refusal({ at: ago(90) }), refusal({ text: text({ code: 'E' }) })] }),
      );
      expect(shown).toMatchObject({
        view: 'signIn',
        sides: [
          { side: 'source', refusal: { remedy: 'checkNameAndPassword', code: 'E', triesLeft: 1 } },
          { side: 'target' },
        ],
      });
      expect(shown).not.toHaveProperty('sides.1.refusal');
    });

    it('with the standing refusal however old it is, and without one that is stale or was none', () => {
      const refusalOf = (change: Partial<MailUserProjection>) => {
        const shown = view(said(change));
        return shown.view === 'signIn' ? shown.sides[0]?.refusal : undefined;
      };
      const old = refusal({ at: ago(7200) });
      expect(refusalOf({ refusal: old, refusals: [old] })).toMatchObject({ code: 'HTTP 401', triesLeft: 3 });
      expect(refusalOf({ refusals: [old] })).toBeUndefined();
      expect(refusalOf({ state: 'signInNeeded', wanted: ['source'], refusals: [refusal()] })).toBeUndefined();
      const notAsked = refusal({ text: text({ code: 'TooManySignIns', remedy: 'wait' }) });
      expect(refusalOf({ refusal: notAsked, refusals: [old, notAsked] })).toBeUndefined();
    });

    it('without the refusals of a side that has let him in since', () => {
      const shown = view(said({ refusals: [refusal()], signedIn: ['source'], wanted: ['target'] }));
      expect(shown).not.toHaveProperty('sides.0.refusal');
    });

    it('once more where a running move needs it, whatever the link’s life', () => {
      const invitation = { choice: 'source' as const, to: [], linkExpiresAt: ago(1) };
      expect(view(said({ state: 'signInNeeded', wanted: ['target'], invitation }))).toMatchObject({
        view: 'signIn',
        again: true,
        sides: [{ side: 'target' }],
      });
    });
  });

  it('waits where a mailbox has refused too often, for as long as the slower side', () => {
    const waits = { source: new Date(now.getTime() + 1000), target: new Date(now.getTime() + 2000) };
    expect(view(said({}), { waits })).toMatchObject({
      view: 'locked',
      locked: { side: 'target' },
      until: waits.target,
    });
    expect(view(said({ signedIn: ['target'], wanted: ['source'] }), { waits })).toMatchObject({
      view: 'locked',
      locked: { side: 'source' },
    });
  });

  it('says that the link has expired as soon as its time is over, before the workflow says so', () => {
    const invitation = { choice: 'source' as const, to: [], linkExpiresAt: now };
    expect(view(said({ invitation }))).toEqual({ view: 'expired', inTarget: 0 });
    expect(view(said({ state: 'expired' }))).toEqual({ view: 'expired', inTarget: 0 });
  });

  it('says of a link that expired in mid-run what is in the new mailbox already, and of one before it that nothing was changed', () => {
    const { t } = translator('en');
    const words = (of: RowOfView) =>
      present(view(of), { t, language: 'en', timeZone: 'UTC' })['text'] as string;
    expect(words(said({ state: 'expired' }))).toContain('Your mailbox has not been moved');
    const cut = words({
      ...said({ state: 'expired' }),
      counters: { ...counters, copied: 30, alreadyThere: 10 },
    });
    expect(cut).toContain('What was copied before, 40 items, is in your new mailbox');
    expect(cut).not.toContain('has not been moved');
  });

  it('says of a password that was destroyed as promised that nobody has refused it', () => {
    const { t } = translator('en');
    const intro = (code: string) =>
      present(view(said({ state: 'signInNeeded', wanted: ['source'], fault: { text: text({ code }) } })), {
        t,
        language: 'en',
        timeZone: 'UTC',
      })['intro'];
    expect(intro('HTTP 401')).toBe('selfService.signIn.introAgain');
    expect(intro('CredentialGone')).toBe('selfService.signIn.introDestroyed');
    expect(intro('CredentialClosed')).toBe('selfService.signIn.introLost');
    expect(intro('MailboxChanged')).toBe('selfService.signIn.introLost');
  });

  it('tells of no refusal and no try where our own store could not use what was typed for the first time', () => {
    const refusal = {
      side: 'source' as const,
      at: now,
      text: text({ code: 'CredentialClosed', remedy: 'signInAgain' }),
      outcome: 'refused' as const,
    };
    const shown = view(said({ state: 'awaitingSignIn', refusal, refusals: [refusal] }));
    expect(shown).toMatchObject({ view: 'signIn', again: false, why: 'lost' });
    expect(shown).not.toHaveProperty('sides.0.refusal');
  });

  it('shows a start that no projection has noted as starting, and after 30 s that no worker runs', () => {
    const asked = (seconds: number) =>
      row({ asked: { startId: 's', startedAt: ago(seconds), credentialIds: [] } });
    expect(view(asked(29))).toEqual({ view: 'starting', noWorker: false });
    expect(view(asked(31))).toEqual({ view: 'starting', noWorker: true });
  });

  it('says when it is its turn among many, and that no worker runs only 30 s after that', () => {
    const begins = (seconds: number, change = {}) =>
      view(
        row({
          asked: { startId: 's', startedAt: ago(90), beginsAt: ago(seconds), credentialIds: [], ...change },
        }),
      );
    expect(begins(-20)).toEqual({ view: 'starting', noWorker: false, begins: ago(-20) });
    expect(begins(29)).toEqual({ view: 'starting', noWorker: false });
    expect(begins(31)).toEqual({ view: 'starting', noWorker: true });
    // Whoever types his password has it begin at once.
    const typed = (seconds: number) => ({ credentialIds: ['c'], credentialAt: ago(seconds) });
    expect(begins(-20, typed(29))).toMatchObject({ view: 'checking', noWorker: false });
    expect(begins(-20, typed(31))).toMatchObject({ view: 'checking', noWorker: true });
  });

  it('shows a new start of an ended move as starting', () => {
    const asked = { startId: 'second', startedAt: ago(1), credentialIds: [] };
    const ended = row({ asked, projection: projection({ state: 'failed', handledStartId: 'first' }) });
    expect(view(ended).view).toBe('starting');
  });

  it('shows a password that no projection has noted as being checked, and after 30 s that no worker runs', () => {
    const asked = (seconds: number) => ({ credentialIds: ['c'], credentialAt: ago(seconds) });
    const at = (seconds: number) =>
      row({ asked: asked(seconds), projection: projection({ signedIn: ['source'] }) });
    expect(view(at(29))).toMatchObject({ view: 'checking', noWorker: false, signedIn: [{ side: 'source' }] });
    expect(view(at(31))).toMatchObject({ view: 'checking', noWorker: true });
    expect(view(row({ asked: { ...asked(1), startId: 's', startedAt: ago(1) } }))).toEqual({
      view: 'checking',
      noWorker: false,
      signedIn: [],
    });
    const noted = said({ state: 'verifying', handledCredentialIds: ['c'] });
    expect(view({ ...noted, asked: asked(90) })).toMatchObject({ view: 'checking', noWorker: false });
  });

  it('says that a server does not answer, since when and whose it is', () => {
    const away = refusal({
      side: 'target',
      outcome: 'unreachable',
      text: text({ code: 'ECONNREFUSED', remedy: 'wait' }),
    });
    expect(view(said({ state: 'verifying', refusal: away, since: ago(300) }))).toEqual({
      view: 'unreachable',
      mailbox: { side: 'target', address: 'anna@fabrikam.example' },
      since: ago(300),
      code: 'ECONNREFUSED',
      writes: false,
    });
  });

  it('promises a mail only where mails go out', () => {
    const source = connector({
      signIn: { kind: 'selfMigration', signInName: { kind: 'address' }, invitation: 'both' },
    });
    const connectors = { source, target: connector() };
    for (const state of ['scheduled', 'working', 'throttled', 'upToDate'] as const) {
      expect(view(said({ state }))).toMatchObject({ view: state, writes: false });
      expect(view(said({ state }), { connectors })).toMatchObject({ view: state, writes: true });
    }
  });

  it('tells the place in the queue where it is known', () => {
    expect(view(said({ state: 'scheduled' }), { place: 3 })).toMatchObject({ place: 3 });
    expect(view(said({ state: 'scheduled' }))).not.toHaveProperty('place');
  });

  it('tells when the hours begin in which mailboxes are moved', () => {
    const until = new Date(now.getTime() + 60_000);
    const waits = said({ state: 'scheduled', waitsFor: { kind: 'startWindow', until } });
    expect(view(waits)).toMatchObject({ view: 'scheduled', opens: until });
    expect(view(said({ state: 'scheduled', waitsFor: { kind: 'startWindow' } }))).toMatchObject({
      opens: 'unknown',
    });
  });

  it('says that all is there only after a pass that brought all', () => {
    const made = (kind: 'prestage' | 'full') => ({ kind, beganAt: now, endedAt: now });
    const upToDate = (change: object) => view({ ...said({ state: 'upToDate', ...change }) });
    expect(upToDate({ passes: [made('prestage')] })).toMatchObject({ isWhole: false });
    expect(upToDate({ passes: [made('prestage'), made('full')] })).toMatchObject({ isWhole: true });
    const failed = {
      ...said({ state: 'upToDate', passes: [made('full')] }),
      counters: { ...counters, failed: 1 },
    };
    expect(view(failed)).toMatchObject({ isWhole: false });
    const verified = { ...noFindings(), changedByUser: 1, arrivedSince: 1 };
    expect(upToDate({ passes: [made('full')], verified })).toMatchObject({ isWhole: true });
    for (const found of ['missing', 'doubled', 'different'] as const)
      expect(upToDate({ passes: [made('full')], verified: { ...verified, [found]: 1 } })).toMatchObject({
        isWhole: false,
      });
  });

  it('does not say that everything is there where a filter has left items out', () => {
    const passes = [{ kind: 'full' as const, beganAt: now, endedAt: now }];
    const { t } = translator('en');
    const words = (filtered: number) =>
      present(
        view({ ...said({ state: 'upToDate', passes }), counters: { ...counters, failed: 0, filtered } }),
        {
          t,
          language: 'en',
          timeZone: 'UTC',
        },
      )['text'];
    expect(words(0)).toContain('Everything that was there is in your new mailbox.');
    expect(words(3)).toContain(
      'Everything that was to be moved is in your new mailbox. 3 items were left out',
    );
  });

  it('shows that a password is being checked also while an administrator has paused the move', () => {
    const checking = said({ state: 'paused', wanted: ['source'], checking: ['source'] });
    expect(view(checking)).toMatchObject({ view: 'checking' });
    expect(view(said({ state: 'paused', wanted: [] }))).toEqual({ view: 'paused' });
  });

  describe('while it works', () => {
    const working = (change: Partial<typeof counters> = {}) =>
      view({
        ...said({ state: 'working', pass: { kind: 'full', step: 'copying', sweep: 0 } }),
        counters: { ...counters, ...change },
      });

    it('shows no bar before anything was counted, nor with the figures of an earlier start', () => {
      expect(view(said({ state: 'working' }))).toEqual({
        view: 'working',
        step: 'planning',
        activeFolders: [],
        writes: false,
      });
      expect(working({ folders: 0 })).not.toHaveProperty('progress');
      expect(working({ epoch: 0 })).not.toHaveProperty('progress');
    });

    it('says while something is in the way', () => {
      const text = { code: 'HTTP 503', remedy: 'wait' as const, message: 'The server is away.' };
      expect(view(said({ state: 'working', fault: { text } }))).toMatchObject({ hindered: true });
      expect(working()).not.toHaveProperty('hindered');
    });

    it('shows how far it is in bytes, else in items, and never all of it', () => {
      expect(working()).toMatchObject({
        progress: { percent: 45 },
        step: 'copying',
        activeFolders: ['inbox'],
      });
      const unknown = { foundBytes: 0, remainingBytes: 0 };
      expect(working(unknown)).toMatchObject({ progress: { percent: 30 } });
      expect(working({ ...unknown, found: 0, remaining: 0 })).toMatchObject({ progress: { percent: 0 } });
      expect(working({ remainingBytes: 0 })).toMatchObject({ progress: { percent: 99 } });
    });

    it('counts what is to be copied, and not what the filter leaves out', () => {
      const filtered = { foundBytes: 26e6, copiedBytes: 21e6, filteredBytes: 5e6, remainingBytes: 0 };
      expect(working(filtered)).toMatchObject({ progress: { bytes: 21e6, ofBytes: 21e6 } });
    });
  });

  it('says until when a server wants a break, as long as that is to come', () => {
    const throttledUntil = new Date(now.getTime() + 1000);
    expect(view(said({ state: 'throttled', throttledUntil }))).toMatchObject({ until: throttledUntil });
    expect(view(said({ state: 'throttled', throttledUntil: ago(1) }))).not.toHaveProperty('until');
  });

  it('reports the end: how much is missing, and what became of the passwords', () => {
    const destroyAt = new Date(now.getTime() + dayMs);
    const of = said({ state: 'completedWithIssues', endedAt: now, credentialsDestroyAt: destroyAt });
    expect(view({ ...of, counters: { ...counters, failed: 2, skipped: 1 } })).toMatchObject({
      view: 'completed',
      outcome: { kind: 'issues', count: 3 },
      endedAt: now,
      credentialsDestroyAt: destroyAt,
    });
    expect(view(of)).toMatchObject({ outcome: { kind: 'unproven' } });
    expect(view(of, { now: destroyAt })).not.toHaveProperty('credentialsDestroyAt');
    const purged = view({ ...of, counters, reportPurgedAt: now });
    expect(purged).toMatchObject({ view: 'completed', isPurged: true });
    expect(purged).not.toHaveProperty('counters');
    const done = said({ state: 'completed', credentialsDestroyedAt: now, credentialsDestroyAt: destroyAt });
    expect(view({ ...done, counters })).toMatchObject({ view: 'completed', outcome: { kind: 'whole' } });
    expect(view(done)).not.toHaveProperty('credentialsDestroyAt');
  });

  it('names whose trouble it is where a move failed', () => {
    const fault = { text: text({ code: 'ErrorQuotaExceeded' }), side: 'target' as const };
    expect(view(said({ state: 'failed', fault }))).toEqual({
      view: 'failed',
      fault: fault.text,
      mailbox: { side: 'target', address: 'anna@fabrikam.example' },
    });
    expect(view(said({ state: 'failed' }))).toEqual({ view: 'failed' });
    const destroyAt = new Date(now.getTime() + dayMs);
    expect(view(said({ state: 'failed', credentialsDestroyAt: destroyAt }))).toEqual({
      view: 'failed',
      credentialsDestroyAt: destroyAt,
    });
  });

  it.each(['paused', 'stopped'] as const)('says that it is %s', (state) => {
    expect(view(said({ state }))).toEqual({ view: state });
  });
});
