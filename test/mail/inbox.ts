import type { AddressInfo } from 'node:net';
import { simpleParser, type ParsedMail } from 'mailparser';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

/** An SMTP server that keeps what it takes, and refuses what a test tells it to. */
export interface Inbox {
  url: string;
  /** Raw mails in the order they came. */
  raw: string[];
  /** Envelope recipients in the same order. */
  recipients: string[];
  parsed(index?: number): Promise<ParsedMail>;
  close(): Promise<void>;
}

/** @returns an error that the server answers with this code and these words */
export function refusal(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}

export async function startInbox(options: SMTPServerOptions = {}): Promise<Inbox> {
  const raw: string[] = [];
  const recipients: string[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        raw.push(Buffer.concat(chunks).toString('utf8'));
        recipients.push(...session.envelope.rcptTo.map(({ address }) => address));
        done();
      });
    },
    ...options,
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${port}`,
    raw,
    recipients,
    parsed: (index = 0) => simpleParser(raw[index] ?? ''),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
