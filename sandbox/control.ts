import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { writeJson } from './json-file';
import type { SampleSize } from './samples';

/** Where a running supervisor is asked for more mailboxes; in `.data/control.json`, which only the user may read. */
export interface ControlDoor {
  url: string;
  token: string;
}

/** What `npm run sandbox:mailbox` asks for. */
export type MoreMailboxes = { count: number } & SampleSize;

const MOST_BODY_BYTES = 10_000;

/**
 * Opens the supervisor's door on 127.0.0.1: `POST /mailboxes` with a {@link MoreMailboxes} answers one line of text per
 * step and ends with `done`, or with a line `failed: …`. Requests are served one after the other.
 */
export async function openControl(
  { file, port }: { file: string; port: number },
  addMailboxes: (asked: MoreMailboxes, tell: (line: string) => void) => Promise<void>,
): Promise<Server> {
  const token = randomBytes(24).toString('base64url');
  let before: Promise<void> = Promise.resolve();
  const server = createServer((request, response) => {
    if (!isAllowed(request, token)) return void response.writeHead(403).end('This is not for you.\n');
    if (request.method !== 'POST' || request.url !== '/mailboxes') return void response.writeHead(404).end();
    before = before.then(() => answer(request, response, addMailboxes));
  });
  await new Promise<void>((resolve, reject) =>
    server.once('error', reject).listen(port, '127.0.0.1', resolve),
  );
  writeJson(file, { url: `http://127.0.0.1:${port}`, token } satisfies ControlDoor);
  return server;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  addMailboxes: (asked: MoreMailboxes, tell: (line: string) => void) => Promise<void>,
): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' });
  try {
    const asked = JSON.parse(await bodyOf(request)) as MoreMailboxes;
    await addMailboxes(asked, (line) => response.write(`${line}\n`));
    response.end('done\n');
  } catch (fault) {
    response.end(`failed: ${fault instanceof Error ? fault.message : String(fault)}\n`);
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const more of request.setEncoding('utf8') as AsyncIterable<string>) {
    text += more;
    if (text.length > MOST_BODY_BYTES) throw new Error('The request is too long.');
  }
  return text;
}

function isAllowed(request: IncomingMessage, token: string): boolean {
  const given = Buffer.from(request.headers.authorization ?? '');
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
