import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { z } from 'zod';
import { actionSchema, perform } from './control-actions';
import { policySchema } from './policy';
import { sampleSchema } from './sample/fill';
import { faultSchema } from './server/faults';
import type { Mailbox } from './store/mailbox';
import type { Exchange } from './start';

/**
 * The control API: plain HTTP with JSON on 127.0.0.1, for tests and for people who play.
 *
 * | request | answers |
 * | --- | --- |
 * | `GET /state` | {@link ControlState} |
 * | `POST /mailboxes` {@link NewMailboxBody} | 201 and {@link MailboxState}; 409 where the address is taken |
 * | `PUT /mailboxes/:address` {@link MailboxChangeBody} | {@link MailboxState} |
 * | `DELETE /mailboxes/:address` | 204, also where there is none |
 * | `POST /mailboxes/:address/actions` one action or a list ({@link actionSchema}) | what each made |
 * | `PUT /policy` a part of the policy | the policy |
 * | `POST /faults` one fault or a list | 204 |
 * | `DELETE /faults` | 204 |
 *
 * What does not fit answers 400 with `{error}`.
 */

const count = z.number().int().positive();

export const newMailboxSchema = z.object({
  address: z.string().regex(/^[^@\s]+@[^@\s]+$/),
  password: z.string(),
  displayName: z.string().optional(),
  fullAccess: z.array(z.string()).optional(),
  mayImpersonate: z.boolean().optional(),
  quotaBytes: count.optional(),
  sample: sampleSchema.optional(),
});
export type NewMailboxBody = z.input<typeof newMailboxSchema>;

export const mailboxChangeSchema = z.object({
  password: z.string().optional(),
  account: z.enum(['ok', 'locked', 'expired', 'mustChange']).optional(),
  quotaBytes: count.optional(),
  ewsEnabled: z.boolean().optional(),
  fullAccess: z.array(z.string()).optional(),
  mayImpersonate: z.boolean().optional(),
});
export type MailboxChangeBody = z.input<typeof mailboxChangeSchema>;

export interface FolderState {
  readonly path: string;
  readonly items: number;
}

export interface MailboxState {
  readonly address: string;
  readonly account: string;
  readonly usedBytes: number;
  readonly items: number;
  readonly folders: readonly FolderState[];
  /** Extended properties of items that were in folders when these were removed: whoever marked them can tell which they were. */
  readonly goneWithFolders: Mailbox['goneWithFolders'];
}

export interface ControlState {
  readonly name: string;
  readonly ewsUrl: string;
  readonly ca: string;
  readonly policy: Exchange['state']['policy'];
  readonly mailboxes: readonly MailboxState[];
  /** Mails and invitations that a real server would have sent. */
  readonly sent: ReturnType<Exchange['sent']>;
  /** Requests seen since the start, by operation. */
  readonly requests: Readonly<Record<string, number>>;
  /** Most requests of a mailbox at the same time, by address. */
  readonly peaks: Readonly<Record<string, number>>;
  readonly faults: ReturnType<Exchange['state']['faults']['list']>;
}

const MAXIMUM_BODY_BYTES = 64 * 1024 * 1024;

class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export function openControl(exchange: Exchange): Server {
  return createServer((request, response) => void answer(exchange, request, response));
}

async function answer(exchange: Exchange, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const { status, value } = await route(exchange, request);
    response.writeHead(status, { 'Content-Type': 'application/json' });
    response.end(value === undefined ? '' : JSON.stringify(value));
  } catch (error) {
    const status = error instanceof Refused ? error.status : 400;
    const message =
      error instanceof z.ZodError
        ? z.prettifyError(error)
        : error instanceof Error
          ? error.message
          : String(error);
    response.writeHead(status, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ error: message }));
  }
}

interface Reply {
  readonly status: number;
  readonly value?: unknown;
}

/** Pages that a browser has open must not reach the control API, by whatever name they call this machine. */
function refuseBrowsers(request: IncomingMessage): void {
  const host = (request.headers.host ?? '').replace(/:\d+$/, '');
  if (request.headers.origin !== undefined || (host !== '127.0.0.1' && host !== 'localhost')) {
    throw new Refused(403, 'the control API is for programs of this machine only');
  }
}

async function route(exchange: Exchange, request: IncomingMessage): Promise<Reply> {
  refuseBrowsers(request);
  const [head = '', address, tail] =
    (request.url ?? '/').split('?')[0]?.split('/').slice(1).map(decodeURIComponent) ?? [];
  const body = async (): Promise<unknown> => JSON.parse(await bodyOf(request)) as unknown;
  switch (
    `${request.method ?? ''} ${head}${address === undefined ? '' : '/:address'}${tail === undefined ? '' : `/${tail}`}`
  ) {
    case 'GET ':
    case 'GET state':
      return { status: 200, value: stateOf(exchange) };
    case 'POST mailboxes':
      return addMailbox(exchange, await body());
    case 'PUT mailboxes/:address': {
      const mailbox = found(exchange, address ?? '');
      exchange.mailboxes.change(mailbox, withoutAbsent(mailboxChangeSchema.parse(await body())));
      return { status: 200, value: mailboxState(mailbox) };
    }
    case 'GET mailboxes/:address':
      return { status: 200, value: mailboxState(found(exchange, address ?? '')) };
    case 'DELETE mailboxes/:address': {
      const mailbox = exchange.mailboxes.byMailAddress(address ?? '');
      if (mailbox) exchange.mailboxes.remove(mailbox);
      return { status: 204 };
    }
    case 'POST mailboxes/:address/actions': {
      const actions = listOf(await body(), actionSchema);
      const made = [];
      for (const action of actions) made.push(await perform(found(exchange, address ?? ''), action));
      return { status: 200, value: made };
    }
    case 'PUT policy':
      exchange.setPolicy(policySchema.partial().parse(await body()));
      return { status: 200, value: exchange.state.policy };
    case 'POST faults':
      for (const fault of listOf(await body(), faultSchema)) exchange.state.faults.add(fault);
      return { status: 204 };
    case 'DELETE faults':
      exchange.clearFaults();
      return { status: 204 };
    default:
      throw new Refused(404, 'there is nothing of that name');
  }
}

async function addMailbox(exchange: Exchange, body: unknown): Promise<Reply> {
  const asked = newMailboxSchema.parse(body);
  if (exchange.mailboxes.byMailAddress(asked.address))
    throw new Refused(409, `mailbox ${asked.address} exists already`);
  const made = await exchange.addMailbox(withoutAbsent(asked));
  return { status: 201, value: mailboxState(made) };
}

type Present<T> = { [K in keyof T]: Exclude<T[K], undefined> };

function withoutAbsent<T extends object>(value: T): Present<T> {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as Present<T>;
}

function listOf<T extends z.ZodType>(body: unknown, schema: T): z.output<T>[] {
  return (Array.isArray(body) ? body : [body]).map((each) => schema.parse(each));
}

function found(exchange: Exchange, address: string): Mailbox {
  const mailbox = exchange.mailboxes.byMailAddress(address);
  if (!mailbox) throw new Refused(404, `there is no mailbox ${address}`);
  return mailbox;
}

export function stateOf(exchange: Exchange): ControlState {
  const { state } = exchange;
  return {
    name: state.name,
    ewsUrl: exchange.ewsUrl,
    ca: exchange.ca,
    policy: state.policy,
    mailboxes: state.mailboxes.list().map(mailboxState),
    sent: exchange.sent(),
    requests: Object.fromEntries(state.requests),
    peaks: Object.fromEntries(state.throttle.peaks),
    faults: state.faults.list(),
  };
}

/** Folder paths start at the top of the information store, with `/` between names and `\/` for a slash within one. */
export function mailboxState(mailbox: Mailbox): MailboxState {
  const root = mailbox.folderByName('msgfolderroot');
  const folders: FolderState[] = [];
  const walk = (parent: number, path: string): void => {
    for (const folder of mailbox.childrenOf(parent)) {
      const own = `${path}/${folder.record.displayName.replace(/[\\/]/g, '\\$&')}`;
      folders.push({ path: own, items: folder.items.size });
      walk(folder.record.counter, own);
    }
  };
  if (root) walk(root.record.counter, '');
  const items = folders.reduce((sum, folder) => sum + folder.items, 0);
  return {
    address: mailbox.settings.address,
    account: mailbox.settings.account,
    usedBytes: mailbox.usedBytes,
    items,
    folders,
    goneWithFolders: mailbox.goneWithFolders,
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let sizeBytes = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    sizeBytes += piece.length;
    if (sizeBytes > MAXIMUM_BODY_BYTES) throw new Refused(413, 'the body is too large');
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}
