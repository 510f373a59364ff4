import { createHash } from 'node:crypto';
import { createTransport } from 'nodemailer';
import type SMTPPool from 'nodemailer/lib/smtp-pool';

/** One mail to one person. Two people get two mails: what the server says of one is never said of the other. */
export interface OutgoingMail {
  /**
   * Names this mail for good, for example `invitation-<mail user>-<epoch>-<address>`: sent again with the same id it carries the
   * same `Message-ID`, so that a mail server shows it once though an answer was lost.
   */
  id: string;
  to: { name: string; address: string };
  /** Whom an answer reaches: the organisation's contact. */
  replyTo: string;
  /** BCP 47. */
  language: string;
  subject: string;
  html: string;
  text: string;
}

/**
 * What the mail server said.
 *
 * - `accepted`: it has the mail. A bounce may still arrive at the sender.
 * - `refused`: this mail to this recipient will never be taken; sending it again is of no use.
 * - `temporary`: nothing is known to be delivered; to be sent again later. `whose` tells a recipient's trouble (a full mailbox,
 *   greylisting) from the mail server's or our own settings', which holds up every mail.
 *
 * `answer` is one line of at most 500 characters, the server's own words where it said any.
 */
export type SendOutcome =
  | { kind: 'accepted'; messageId: string; answer: string }
  | { kind: 'refused'; answer: string }
  | { kind: 'temporary'; answer: string; whose: 'recipient' | 'server' };

export interface Mailer {
  /** Never rejects for what a mail server does or fails to do. */
  send(mail: OutgoingMail): Promise<SendOutcome>;
  /** Ends the connections; what is being sent ends as `temporary`. */
  close(): void;
}

export interface MailerSettings {
  /** `smtp://` or `smtps://`, with user and password where the server wants them; options of nodemailer as its query. */
  url: string;
  /** The sender, an address or `Name <address>`. */
  from: string;
  connectMs?: number;
  /** The longest the server may be silent. */
  silenceMs?: number;
}

/**
 * A mailer that keeps a few connections open.
 *
 * TLS is used where the server offers it and demanded where a password would travel; its certificate is always verified.
 * On loopback, where nobody listens in, it is not used.
 */
export function createMailer(settings: MailerSettings): Mailer {
  const { connectMs = 10_000, silenceMs = 30_000 } = settings;
  const options: SMTPPool.Options & { pool: true } = {
    ...tlsOf(new URL(settings.url)),
    url: settings.url,
    pool: true,
    maxConnections: 2,
    maxMessages: 100,
    // A connection that the server closed while it was idle; anything more is for whoever asked to repeat.
    maxRequeues: 1,
    connectionTimeout: connectMs,
    greetingTimeout: connectMs,
    socketTimeout: silenceMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
  const transport = createTransport(options);
  const domain = domainOf(settings.from);

  return {
    async send(mail) {
      const messageId = messageIdOf(mail.id, domain);
      try {
        const info = await transport.sendMail({ from: settings.from, ...contentOf(mail), messageId });
        return { kind: 'accepted', messageId, answer: oneLine(info.response) };
      } catch (error) {
        return outcomeOf(error);
      }
    },
    close: () => transport.close(),
  };
}

function contentOf(mail: OutgoingMail) {
  return {
    to: { name: oneLine(mail.to.name), address: mail.to.address },
    replyTo: mail.replyTo,
    subject: oneLine(mail.subject),
    html: mail.html,
    text: mail.text,
    headers: {
      // RFC 3834: nobody's out-of-office notice answers it; the second header says the same to Exchange.
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'OOF, AutoReply',
      'Content-Language': mail.language,
    },
  };
}

/** `<hash@sender's domain>`; the hash keeps addresses and ids out of what strangers' servers log. */
export function messageIdOf(id: string, domain: string): string {
  return `<${createHash('sha256').update(id).digest('hex').slice(0, 32)}@${domain}>`;
}

function domainOf(from: string): string {
  const host = /@([^\s<>@]+?)>?\s*$/.exec(from)?.[1] ?? 'localhost';
  return URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : 'localhost';
}

const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/;

function tlsOf(url: URL): { ignoreTLS?: true; requireTLS?: true } {
  if (url.protocol === 'smtps:') return {};
  if (loopback.test(url.hostname)) return { ignoreTLS: true };
  return url.username === '' ? {} : { requireTLS: true };
}

/** @see RFC 5321 4.2.1: the first digit of a reply; nodemailer names the command that was answered. */
function outcomeOf(error: unknown): SendOutcome {
  const { responseCode, response, command, code } = partsOf(error);
  const answer = oneLine(response ?? (error instanceof Error ? error.message : String(error)));
  const ofRecipient = command === 'RCPT TO' || command === 'DATA';
  // Without a reply, only nodemailer's own check of the envelope says that this address can never work.
  if (responseCode === undefined && code === 'EENVELOPE') return { kind: 'refused', answer };
  if (ofRecipient && responseCode !== undefined && responseCode >= 500) return { kind: 'refused', answer };
  return {
    kind: 'temporary',
    answer,
    whose: ofRecipient && responseCode !== undefined ? 'recipient' : 'server',
  };
}

function partsOf(error: unknown): {
  responseCode?: number;
  response?: string;
  command?: string;
  code?: string;
} {
  if (!(error instanceof Error)) return {};
  const { responseCode, response, command, code } = error as Error & Record<string, unknown>;
  return {
    ...(typeof responseCode === 'number' ? { responseCode } : {}),
    ...(typeof response === 'string' && response !== '' ? { response } : {}),
    ...(typeof command === 'string' ? { command } : {}),
    ...(typeof code === 'string' ? { code } : {}),
  };
}

/** Whatever a server or a list says, as one line without control characters. */
function oneLine(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim()
    .slice(0, 500);
}
