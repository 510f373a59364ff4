import { composeMail } from '../../src/mail/compose';
import type { MailEvent, MailOrganisation, MailSubject, SinceEnd } from '../../src/mail/messages';
import { createMailRenderer } from '../../src/mail/render';

const organisation: MailOrganisation = {
  name: 'Contoso IT',
  contact: 'help@contoso.example',
  timeZone: 'Europe/Berlin',
  language: 'en',
};
const subject = (change: Partial<MailSubject> = {}): MailSubject => ({
  firstName: 'Anna',
  lastName: 'Berg',
  source: { address: 'anna.berg@contoso.example' },
  target: { address: 'a.berg@fabrikam.example', webMailUrl: 'https://mail.fabrikam.example/' },
  link: 'https://move.contoso.example/m/65f2a7c09b1d4e0012ab34cd.invitation.1.mac',
  code: 'K7M-4QX',
  ...change,
});
const counters = {
  folders: 42,
  foldersDone: 42,
  found: 12_345,
  foundBytes: 3e9,
  copied: 12_343,
  copiedBytes: 3e9,
  alreadyThere: 0,
  filtered: 0,
  skipped: 1,
  failed: 1,
  remaining: 0,
  remainingBytes: 0,
};
const atItsEnd: SinceEnd = { startedAnew: false, passwords: { kind: 'destroyed' } };
const kept: SinceEnd = {
  startedAnew: false,
  passwords: { kind: 'kept', until: new Date('2026-12-01T12:00:00Z') },
};
const events: MailEvent[] = [
  { kind: 'invitation', linkExpiresAt: new Date('2026-12-14T09:00:00Z') },
  { kind: 'reminder', linkExpiresAt: new Date('2026-12-14T09:00:00Z') },
  { kind: 'signInNeeded', sides: ['source'], why: 'refused' },
  { kind: 'signInNeeded', sides: ['source'], why: 'destroyed' },
  { kind: 'signInNeeded', sides: ['source'], why: 'lost' },
  { kind: 'completed', counters, outcome: { kind: 'issues', count: 2 }, ...atItsEnd },
  {
    kind: 'failed',
    ...atItsEnd,
    fault: { code: 'ErrorQuotaExceeded', remedy: 'freeSpace', message: 'The target mailbox is full.' },
  },
  { kind: 'stopped', ...atItsEnd },
];
const render = createMailRenderer();
const write = (event: MailEvent, change?: Partial<MailSubject>, of: MailOrganisation = organisation) => {
  const mail = composeMail(of, subject(change), event);
  return { ...mail, ...render(mail) };
};

describe('composeMail', () => {
  it.each(events.map((event) => [event.kind, event] as const))(
    'lets %s name the organisation, both addresses, the whole link, the code and whom to ask, in both bodies',
    (_kind, event) => {
      const mail = write(event);
      for (const body of [mail.html, mail.text]) {
        for (const needed of [
          'Contoso IT',
          'anna.berg@contoso.example',
          'a.berg@fabrikam.example',
          'K7M-4QX',
          'help@contoso.example',
          'Nobody at Contoso IT will ask you for a password by mail or by telephone.',
          'Hello Anna Berg,',
          mail.title,
        ])
          expect(body).toContain(needed);
      }
      expect(mail.text).toContain(`\n${subject().link}\n`);
      expect(mail.html).toContain(`>${subject().link}</a>`);
      expect(mail.subject).toContain('anna.berg@contoso.example');
    },
  );

  it.each(events.map((event) => [event.kind, event] as const))(
    'loads nothing and runs nothing when %s is read',
    (_kind, event) => {
      const { html } = write(event);
      expect(html).not.toMatch(/<img|<script|<link|<iframe|url\(|@import|background=|srcset|\son[a-z]+=/i);
      const addresses = [...html.matchAll(/(?:href|src|action)="([^"]*)"/g)].map(([, address]) => address);
      expect(new Set(addresses)).toEqual(new Set([subject().link]));
    },
  );

  it('says until when the invitation’s link works, in the organisation’s zone', () => {
    const lateInBerlin: MailEvent = { kind: 'invitation', linkExpiresAt: new Date('2026-12-13T23:30:00Z') };
    expect(write(lateInBerlin).text).toContain('The link works until 14 December 2026 at 00:30 CET.');
    expect(write({ kind: 'invitation' }).text).not.toContain('works until');
  });

  it('tells in words what was moved per kind, what was not and why, and where to look', () => {
    const summary = {
      inTarget: { mail: 12_000, calendar: 343 },
      notCopied: [
        {
          kind: 'mail',
          code: 'ErrorMessageSizeExceeded',
          remedy: 'raiseRequestLimit',
          message: 'too large',
          count: 1,
        },
        { kind: 'tasks', code: 'Odd', remedy: 'askSupport', message: 'odd', count: 1 },
      ],
    } as const;
    const { text } = write({
      kind: 'completed',
      counters,
      outcome: { kind: 'issues', count: 2 },
      summary: { inTarget: summary.inTarget, notCopied: [...summary.notCopied] },
      ...kept,
    });
    expect(text).toContain('except 2 items');
    expect(text).toContain('- Mail: 12,000\n- Calendar entries: 343\n- Folders: 42');
    expect(text).toContain('- Mail: 1, larger than the new mail server takes\n- Tasks: 1, ');
    expect(text).toContain('https://mail.fabrikam.example/');
    expect(text).toContain('destroyed at the latest on 1 December 2026');
  });

  it('promises everything only where nothing was left out', () => {
    const all = { ...counters, failed: 0, skipped: 0 };
    const whole = write({ kind: 'completed', counters: all, outcome: { kind: 'whole' }, ...atItsEnd });
    expect(whole.text).toContain('Everything that was found in your old mailbox is now in your new one.');
    expect(whole.text).toContain('The passwords you typed for this move have been destroyed.');
    const issues = write({ kind: 'completed', counters, outcome: { kind: 'issues', count: 2 }, ...atItsEnd });
    expect(issues.text).not.toContain('Everything that was found');
    const unproven = write({ kind: 'completed', counters: all, outcome: { kind: 'unproven' }, ...atItsEnd });
    expect(unproven.text).not.toContain('Everything that was found');
    expect(unproven.text).toContain('comparing both at the end has left a question open');
  });

  it('says of a move that has failed until when passwords are kept for another try', () => {
    expect(write({ kind: 'failed', ...kept }).text.replaceAll(/\s+/g, ' ')).toContain(
      'If nobody does, they are destroyed on 1 December 2026',
    );
    expect(write({ kind: 'failed', ...atItsEnd }).text).toContain('have been destroyed');
  });

  it.each(['completed', 'failed', 'stopped'] as const)(
    'says of %s first that the move was started again since, and nothing of passwords destroyed',
    (kind) => {
      const late: SinceEnd = { startedAnew: true, passwords: { kind: 'inUse' } };
      const { text } = write({ kind, counters, outcome: { kind: 'issues', count: 2 }, ...late });
      expect(text).toContain('This mail comes late: the move has been started again since.');
      expect(text).toContain('are kept, encrypted, as long as it needs them');
      expect(text).not.toContain('destroyed');
      // A pass that was begun since counts its folders anew, and may ask for a sign-in.
      expect(text).not.toContain('Folders:');
      expect(text).not.toContain('You need do nothing');
    },
  );

  it.each(['failed', 'stopped'] as const)('says of %s that its reader need do nothing', (kind) => {
    expect(write({ kind, ...atItsEnd }).text.replaceAll(/\s+/g, ' ')).toContain('. You need do nothing.');
  });

  it.each(['en', 'de', 'fr', 'es'])(
    'has a failure that was started again wait for nobody: %s',
    (language) => {
      const [failed, late] = [false, true].map((startedAnew) =>
        write({ kind: 'failed', startedAnew, passwords: { kind: 'inUse' } }, { language }),
      );
      expect(failed?.subject).toMatch(/waits|wartet|attend|espera/);
      expect(late?.subject).not.toMatch(/waits|wartet|attend|espera/);
      expect(late?.title).not.toBe(failed?.title);
    },
  );

  it('names which mailbox wants its password again', () => {
    expect(write({ kind: 'signInNeeded', sides: ['target'], why: 'refused' }).text).toContain(
      'your new mailbox a.berg@fabrikam.example no longer takes the password',
    );
    const both = write({ kind: 'signInNeeded', sides: ['source', 'target'], why: 'refused' });
    expect(both.text).toContain('both mailboxes');
  });

  it('blames no server for a password that was destroyed as promised', () => {
    const { text } = write({ kind: 'signInNeeded', sides: ['target'], why: 'destroyed' });
    expect(text).toContain('the password of your new mailbox a.berg@fabrikam.example was kept is over');
    expect(text).not.toContain('no longer takes');
    const both = write({ kind: 'signInNeeded', sides: ['source', 'target'], why: 'destroyed' });
    expect(both.text).toContain('both mailboxes were kept is over');
  });

  it('blames no server for a password that does not open any more', () => {
    for (const sides of [['target'], ['source', 'target']] as const) {
      const { text } = write({ kind: 'signInNeeded', sides, why: 'lost' });
      expect(text.replaceAll(/\s+/g, ' ')).toContain('can no longer be used by this service');
      expect(text).not.toMatch(/no longer takes?|as promised/);
    }
  });

  it('keeps hostile names as text', () => {
    const hostile = write(
      { kind: 'invitation' },
      { firstName: '<img src=x onerror=alert(1)>', lastName: 'O’Neill\r\nBcc: evil@example.com' },
      { ...organisation, name: 'Müller & <b>Söhne</b>' },
    );
    expect(hostile.html).not.toContain('<img');
    expect(hostile.html).toContain('Müller &amp; &lt;b&gt;Söhne&lt;/b&gt;');
    expect(hostile.subject).not.toMatch(/[\r\n]/);
    expect(hostile.text).toContain('Hello <img src=x onerror=alert(1)> O’Neill Bcc: evil@example.com,');
  });

  it('greets without a name where the list has none', () => {
    expect(write({ kind: 'invitation' }, { firstName: '', lastName: ' ' }).text).toContain('\nHello,\n');
  });

  it.each([
    ['#1f4e8c', '#ffffff'],
    ['#ffd200', '#000000'],
    ['red; background:url(x)', '#ffffff'],
  ])('writes on the colour %s in %s', (colour, onColour) => {
    const mail = write({ kind: 'invitation' }, undefined, { ...organisation, colour });
    expect(mail.organisation.onColour).toBe(onColour);
    expect(mail.html).not.toContain('url(');
  });

  it.each([
    ['de', 'Guten Tag Anna Berg,', '14. Dezember 2026'],
    ['fr', 'Bonjour Anna Berg,', '14 décembre 2026'],
    ['es', 'Hola, Anna Berg:', '14 de diciembre de 2026'],
  ])('speaks the language of the row: %s', (language, greeting, until) => {
    const [invitation] = events;
    const mail = write(invitation!, { language });
    expect(mail.language).toBe(language);
    for (const body of [mail.html, mail.text]) {
      expect(body).toContain(greeting);
      expect(body.replaceAll(/\s+/g, ' ')).toContain(until);
    }
    expect(mail.html).toContain(`lang="${language}"`);
  });

  it('speaks the organisation’s language where the row names none, or one there is none of', () => {
    const german = { ...organisation, language: 'de' };
    expect(write({ kind: 'invitation' }, {}, german).language).toBe('de');
    expect(write({ kind: 'invitation' }, { language: 'tlh' }, german).language).toBe('de');
  });

  it('speaks English where a row wants a language there is none of', () => {
    expect(write({ kind: 'invitation' }, { language: 'tlh' }).language).toBe('en');
  });
});
