import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import type { IncomingHttpHeaders } from 'node:http';

/** A plain EWS client for tests: sends the XML it is given and shows what came back. */
export interface EwsClient {
  /** @param operation the operation's element in the prefixes m and t */
  call(operation: string, options?: CallOptions): Promise<Answered>;
  /** Anything instead of an envelope, as whole or in chunks. */
  post(body: string | Iterable<Buffer>, options?: CallOptions): Promise<Answered>;
  close(): void;
}

export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly soapHeader?: string;
  /** Ends the request from this side after so many milliseconds. */
  readonly giveUpAfterMs?: number;
}

export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

export function ewsClient(server: { ewsUrl: string; ca: string }, credentials?: Credentials): EwsClient {
  const agent = new Agent({ ca: readFileSync(server.ca), keepAlive: true });
  const token = credentials && Buffer.from(`${credentials.user}:${credentials.password}`).toString('base64');
  const auth: Record<string, string> = token === undefined ? {} : { Authorization: `Basic ${token}` };
  const post: EwsClient['post'] = (body, options = {}) =>
    new Promise((resolve, reject) => {
      const length = typeof body === 'string' ? { 'Content-Length': String(Buffer.byteLength(body)) } : {};
      const headers = { 'Content-Type': 'text/xml; charset=utf-8', ...auth, ...length, ...options.headers };
      const sent = request(server.ewsUrl, { method: 'POST', agent, headers }, (response) => {
        const pieces: Buffer[] = [];
        response.on('data', (piece: Buffer) => pieces.push(piece));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: Buffer.concat(pieces).toString('utf8'),
          }),
        );
      });
      sent.on('error', reject);
      if (options.giveUpAfterMs !== undefined)
        setTimeout(() => sent.destroy(new Error('given up')), options.giveUpAfterMs);
      if (typeof body === 'string') sent.end(body);
      else {
        for (const piece of body) sent.write(piece);
        sent.end();
      }
    });
  return {
    post,
    call: (operation, options) => post(envelope(operation, options?.soapHeader), options),
    close: () => agent.destroy(),
  };
}

export function envelope(
  operation: string,
  header = '<t:RequestServerVersion Version="Exchange2013"/>',
): string {
  const schemas = 'http://schemas.microsoft.com/exchange/services/2006';
  return (
    `<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" ` +
    `xmlns:t="${schemas}/types" xmlns:m="${schemas}/messages"><s:Header>${header}</s:Header><s:Body>${operation}</s:Body></s:Envelope>`
  );
}

/** Response codes in the order of the answer. */
export function codes(text: string): string[] {
  return [...text.matchAll(/<[me]:ResponseCode[^>]*>([^<]*)</g)].map((match) => match[1] ?? '');
}

export interface Id {
  readonly id: string;
  readonly changeKey: string;
}

export function itemIds(text: string): Id[] {
  return [...text.matchAll(/<t:ItemId Id="([^"]*)" ChangeKey="([^"]*)"/g)].map((match) => ({
    id: match[1] ?? '',
    changeKey: match[2] ?? '',
  }));
}

export function folderIds(text: string): Id[] {
  return [...text.matchAll(/<t:FolderId Id="([^"]*)" ChangeKey="([^"]*)"/g)].map((match) => ({
    id: match[1] ?? '',
    changeKey: match[2] ?? '',
  }));
}

export function texts(text: string, element: string): string[] {
  return [...text.matchAll(new RegExp(`<[mt]:${element}(?: [^>]*)?>([^<]*)<`, 'g'))].map(
    (match) => match[1] ?? '',
  );
}

/** A message in the inbox; `extra` are further elements after its MIME content. */
export function createMessage(
  mime: string | readonly string[],
  extra = '',
  folder = '<t:DistinguishedFolderId Id="inbox"/>',
): string {
  const items = (typeof mime === 'string' ? [mime] : mime).map(
    (each) =>
      `<t:Message><t:MimeContent>${Buffer.from(each).toString('base64')}</t:MimeContent>${extra}</t:Message>`,
  );
  return `<m:CreateItem MessageDisposition="SaveOnly"><m:SavedItemFolderId>${folder}</m:SavedItemFolderId><m:Items>${items.join('')}</m:Items></m:CreateItem>`;
}

export function mimeOf(subject: string, text = 'Hello.'): string {
  return `From: a@contoso.example\r\nSubject: ${subject}\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${text}\r\n`;
}

export function getItem(ids: readonly Id[], shape = '<t:BaseShape>AllProperties</t:BaseShape>'): string {
  const items = ids.map(({ id }) => `<t:ItemId Id="${id}"/>`).join('');
  return `<m:GetItem><m:ItemShape>${shape}</m:ItemShape><m:ItemIds>${items}</m:ItemIds></m:GetItem>`;
}

export function findItem(folder: string, more = '', view = '', traversal = 'Shallow'): string {
  return `<m:FindItem Traversal="${traversal}"><m:ItemShape><t:BaseShape>Default</t:BaseShape></m:ItemShape>${view}${more}<m:ParentFolderIds><t:DistinguishedFolderId Id="${folder}"/></m:ParentFolderIds></m:FindItem>`;
}

export function syncItems(folder: string, state = '', max = 512, additional = ''): string {
  const asked = additional ? `<t:AdditionalProperties>${additional}</t:AdditionalProperties>` : '';
  return `<m:SyncFolderItems><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape>${asked}</m:ItemShape><m:SyncFolderId>${folder}</m:SyncFolderId><m:SyncState>${state}</m:SyncState><m:MaxChangesReturned>${max}</m:MaxChangesReturned></m:SyncFolderItems>`;
}

export const INBOX = '<t:DistinguishedFolderId Id="inbox"/>';
