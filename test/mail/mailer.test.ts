import { createServer, type AddressInfo } from 'node:net';
import { createMailer, messageIdOf, type Mailer, type OutgoingMail } from '../../src/mail/mailer';
import { refusal, startInbox, type Inbox } from './inbox';

const mail = (change: Partial<OutgoingMail> = {}): OutgoingMail => ({
  id: 'invitation-1',
  to: { name: 'Anna Berg', address: 'anna@contoso.example' },
  replyTo: 'help@contoso.example',
  language: 'en',
  subject: 'Move your mailbox',
  html: '<p>Hello</p>',
  text: 'Hello',
  ...change,
});

describe('createMailer', () => {
  const opened: (Inbox | Mailer)[] = [];
  const keep = <T extends Inbox | Mailer>(part: T): T => {
    opened.push(part);
    return part;
  };
  const mailerFor = (url: string, from = 'Contoso IT <mailporter@contoso.example>', silenceMs = 5000) =>
    keep(createMailer({ url, from, connectMs: 1000, silenceMs }));

  afterEach(async () => {
    // Mailers first: an inbox waits for its connections.
    for (const part of opened.splice(0).reverse()) await part.close();
  });

  it('hands over both bodies with the headers of a mail that a machine wrote', async () => {
    const inbox = keep(await startInbox());
    const outcome = await mailerFor(inbox.url).send(mail());

    expect(outcome).toMatchObject({ kind: 'accepted', answer: expect.stringMatching(/^250 /) });
    expect(inbox.recipients).toEqual(['anna@contoso.example']);
    const parsed = await inbox.parsed();
    expect(parsed.text?.trim()).toBe('Hello');
    expect(parsed.html).toContain('<p>Hello</p>');
    expect(parsed.headers.get('auto-submitted')).toBe('auto-generated');
    expect(parsed.headers.get('x-auto-response-suppress')).toBe('OOF, AutoReply');
    expect(parsed.headers.get('content-language')).toBe('en');
    expect(parsed.replyTo?.text).toBe('help@contoso.example');
    expect(parsed.from?.text).toBe('"Contoso IT" <mailporter@contoso.example>');
    expect(parsed.date).toBeInstanceOf(Date);
    expect(parsed.headers.has('list-unsubscribe')).toBe(false);
  });

  it('gives a mail the same Message-ID each time it is sent and another mail another', async () => {
    const inbox = keep(await startInbox());
    const mailer = mailerFor(inbox.url);
    for (const id of ['invitation-1', 'invitation-1', 'invitation-2']) await mailer.send(mail({ id }));

    const ids = await Promise.all([0, 1, 2].map(async (index) => (await inbox.parsed(index)).messageId));
    expect(ids[1]).toBe(ids[0]);
    expect(ids[2]).not.toBe(ids[0]);
    expect(ids[0]).toBe(messageIdOf('invitation-1', 'contoso.example'));
    expect(inbox.raw[0]).not.toContain('invitation-1');
  });

  it('keeps the words of a server that refuses the recipient for good', async () => {
    const inbox = keep(
      await startInbox({
        onRcptTo: (_address, _session, done) => done(refusal(550, '5.1.1 No such user here')),
      }),
    );
    expect(await mailerFor(inbox.url).send(mail())).toEqual({
      kind: 'refused',
      answer: '550 5.1.1 No such user here',
    });
  });

  it('keeps the words of a server that refuses the content for good', async () => {
    const inbox = keep(
      await startInbox({
        onData(stream, _session, done) {
          stream.resume();
          stream.on('end', () => done(refusal(554, '5.7.1 Looks like phishing')));
        },
      }),
    );
    expect(await mailerFor(inbox.url).send(mail())).toEqual({
      kind: 'refused',
      answer: '554 5.7.1 Looks like phishing',
    });
  });

  it('calls a 4xx for the recipient temporary and the recipient’s', async () => {
    const inbox = keep(
      await startInbox({ onRcptTo: (_address, _session, done) => done(refusal(452, '4.2.2 Mailbox full')) }),
    );
    expect(await mailerFor(inbox.url).send(mail())).toEqual({
      kind: 'temporary',
      whose: 'recipient',
      answer: '452 4.2.2 Mailbox full',
    });
  });

  it('calls a refused sender or sign-in temporary, because it holds up every mail until an administrator acts', async () => {
    const sender = keep(
      await startInbox({
        onMailFrom: (_address, _session, done) => done(refusal(550, '5.7.60 Not your domain')),
      }),
    );
    expect(await mailerFor(sender.url).send(mail())).toEqual({
      kind: 'temporary',
      whose: 'server',
      answer: '550 5.7.60 Not your domain',
    });
    const signIn = keep(
      await startInbox({
        authOptional: false,
        allowInsecureAuth: true,
        onAuth: (_auth, _session, done) => done(refusal(535, '5.7.8 Bad credentials')),
      }),
    );
    const outcome = await mailerFor(signIn.url.replace('//', '//user:hunter2-secret@')).send(mail());
    expect(outcome).toMatchObject({
      kind: 'temporary',
      whose: 'server',
      answer: expect.stringContaining('535'),
    });
    expect(JSON.stringify(outcome)).not.toContain('hunter2');
  });

  it('answers temporary when no server listens', async () => {
    const gone = await startInbox();
    await gone.close();
    expect(await mailerFor(gone.url).send(mail())).toMatchObject({ kind: 'temporary', whose: 'server' });
  });

  it('answers temporary when the server hangs up before it has answered for the content', async () => {
    const inbox = keep(
      await startInbox({
        onData(stream, session) {
          stream.resume();
          stream.on('end', () =>
            (session as unknown as { connection: { close(): void } }).connection?.close(),
          );
        },
      }),
    );
    const mailer = mailerFor(inbox.url, undefined, 300);
    expect(await mailer.send(mail())).toMatchObject({ kind: 'temporary', whose: 'server' });
  });

  it('gives up a server that takes the connection and says nothing', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const mailer = createMailer({
      url: `smtp://127.0.0.1:${port}`,
      from: 'a@b.example',
      connectMs: 200,
      silenceMs: 200,
    });
    expect(await mailer.send(mail())).toMatchObject({ kind: 'temporary', whose: 'server' });
    mailer.close();
    await new Promise((resolve) => silent.close(resolve));
  });

  it('sends on over a new connection after the server closed an idle one', async () => {
    let closed = () => {};
    const idleClosed = new Promise<void>((resolve) => (closed = resolve));
    const inbox = keep(await startInbox({ socketTimeout: 500, onClose: () => closed() }));
    const mailer = mailerFor(inbox.url);
    await mailer.send(mail({ id: 'first' }));
    await idleClosed;
    expect(await mailer.send(mail({ id: 'second' }))).toMatchObject({ kind: 'accepted' });
    expect(inbox.raw).toHaveLength(2);
  });

  it('writes umlauts, an international domain and emoji so that they arrive as they were', async () => {
    const inbox = keep(await startInbox());
    await mailerFor(inbox.url).send(
      mail({
        to: { name: 'Jürgen Müßig 🚀', address: 'jürgen@bücher.example' },
        subject: 'Ihr Postfach: Übergröße 🚀',
        text: 'Grüße',
        html: '<p>Grüße</p>',
      }),
    );
    const parsed = await inbox.parsed();
    expect(parsed.subject).toBe('Ihr Postfach: Übergröße 🚀');
    expect(parsed.text?.trim()).toBe('Grüße');
    expect(parsed.to).toMatchObject({
      value: [{ name: 'Jürgen Müßig 🚀', address: 'jürgen@bücher.example' }],
    });
    expect(inbox.recipients).toEqual(['jürgen@bücher.example']);
  });

  it.each([
    ['a name', { to: { name: 'Anna\r\nBcc: evil@example.com', address: 'anna@contoso.example' } }],
    ['a subject', { subject: 'Hello\r\nBcc: evil@example.com\r\n\r\nbody' }],
    ['an address', { to: { name: 'Anna', address: 'anna@contoso.example>\r\nBcc: <evil@example.com' } }],
    ['a contact', { replyTo: 'help@contoso.example\r\nBcc: evil@example.com' }],
    ['a language', { language: 'en\r\nBcc: evil@example.com' }],
    ['a quoted name', { to: { name: '"Anna" <evil@example.com>, Bcc', address: 'anna@contoso.example' } }],
  ])('lets %s add neither a header nor a recipient', async (_what, change) => {
    const inbox = keep(await startInbox());
    await mailerFor(inbox.url).send(mail(change));

    expect(inbox.recipients).not.toContain('evil@example.com');
    expect(inbox.recipients.length).toBeLessThanOrEqual(1);
    if (inbox.raw.length > 0) expect((await inbox.parsed()).headers.has('bcc')).toBe(false);
  });

  it('refuses for good an address that no mail can be sent to', async () => {
    const inbox = keep(await startInbox());
    for (const address of ['', 'anna', 'anna@contoso.example\u0000'])
      expect((await mailerFor(inbox.url).send(mail({ to: { name: 'Anna', address } }))).kind).not.toBe(
        'temporary',
      );
  });
});
