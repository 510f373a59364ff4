import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import type { Side } from '../../domain/mailbox';
import { serverVersions, type ConnectorDocument } from '../../models/connectors';
import type { StartWindow } from '../../domain/start-window';
import type { Fields } from '../forms';
import { checkStartWindow, fieldsOfStartWindow, startWindowOf, startWindowShape } from './start-window-form';

/** What the form holds, ready to be written. */
export type ConnectorFields = Pick<
  ConnectorDocument,
  | 'name'
  | 'exchange'
  | 'signIn'
  | 'shownName'
  | 'webMailUrl'
  | 'connectionsPerMailbox'
  | 'mailboxesAtOnce'
  | 'startWindow'
>;

export const invitationChoices = ['none', 'source', 'target', 'both'] as const;
export const signInNames = ['address', 'pattern', 'ask'] as const;

const wholeNumber = (least: number, most: number, key: string) =>
  z
    .string(key)
    .trim()
    .regex(/^\d{1,5}$/, key)
    .transform(Number)
    .refine((value) => value >= least && value <= most, key);

const optionalText = z.string().trim().max(200, 'admin.faults.tooLong').default('');

/** The Exchange connector's form; messages are keys of the catalogue. */
export const connectorForm = z
  .object({
    name: z.string().trim().min(1, 'admin.connectors.faults.name').max(100, 'admin.faults.tooLong'),
    serverName: z
      .string()
      .trim()
      .min(1, 'admin.connectors.faults.serverName')
      .max(500, 'admin.faults.tooLong')
      .refine(isServerName, 'admin.connectors.faults.serverNameBad'),
    serverVersion: z.enum(serverVersions, 'admin.faults.choose').default('Exchange2013'),
    signInName: z.enum(signInNames, 'admin.faults.choose').default('address'),
    signInPattern: optionalText,
    invitation: z.enum(invitationChoices, 'admin.faults.choose').default('none'),
    shownName: optionalText,
    webMailUrl: optionalText.refine(
      (url) => url === '' || isWebAddress(url),
      'admin.connectors.faults.webMailUrl',
    ),
    connectionsPerMailbox: wholeNumber(1, 27, 'admin.connectors.faults.connectionsPerMailbox'),
    mailboxesAtOnce: wholeNumber(1, 1000, 'admin.connectors.faults.mailboxesAtOnce'),
    certificateAuthority: z
      .string()
      .trim()
      .max(200_000, 'admin.faults.tooLong')
      .default('')
      .superRefine(checkCertificates),
    ...startWindowShape,
  })
  .superRefine(checkStartWindow)
  .superRefine(({ signInName, signInPattern }, context) => {
    if (signInName !== 'pattern' || /\{(local|address)\}/.test(signInPattern)) return;
    context.addIssue({
      code: 'custom',
      path: ['signInPattern'],
      message: 'admin.connectors.faults.signInPattern',
    });
  })
  .transform((form): ConnectorFields => ({
    name: form.name,
    exchange: {
      serverName: form.serverName,
      serverVersion: form.serverVersion,
      ...(form.certificateAuthority === '' ? {} : { certificateAuthority: `${form.certificateAuthority}\n` }),
    },
    signIn: {
      kind: 'selfMigration',
      signInName:
        form.signInName === 'pattern'
          ? { kind: 'pattern', pattern: form.signInPattern }
          : { kind: form.signInName },
      invitation: form.invitation,
    },
    ...(form.shownName === '' ? {} : { shownName: form.shownName }),
    ...(form.webMailUrl === '' ? {} : { webMailUrl: form.webMailUrl }),
    connectionsPerMailbox: form.connectionsPerMailbox,
    mailboxesAtOnce: form.mailboxesAtOnce,
    ...windowPart(startWindowOf(form)),
  }));

const windowPart = (startWindow: StartWindow | undefined) =>
  startWindow === undefined ? {} : { startWindow };

/** The default for Office 365, filled in. */
export const defaultServerName = 'outlook.office365.com';

/** Microsoft's own servers, which take no typed password. */
export function isOffice365(serverName: string): boolean {
  const host = hostOf(serverName);
  return /(^|\.)(office365\.com|office\.com|outlook\.com|office365\.us|outlook\.cn|microsoft\.com)$/.test(
    host,
  );
}

function hostOf(serverName: string): string {
  const text = serverName.trim().toLowerCase();
  return URL.canParse(text) && text.includes('://') ? new URL(text).hostname : (text.split(/[:/]/)[0] ?? '');
}

/** What a new connector's form starts with. */
export function newConnectorFields(name: string, timeZone: string): Fields {
  return {
    name,
    serverName: defaultServerName,
    serverVersion: 'Exchange2013',
    signInName: 'address',
    signInPattern: '',
    invitation: 'none',
    connectionsPerMailbox: '3',
    mailboxesAtOnce: '20',
    ...fieldsOfStartWindow(undefined, timeZone),
  };
}

/** What the form of an existing connector starts with. */
export function fieldsOfConnector(connector: ConnectorDocument, timeZone: string): Fields {
  const { exchange, signIn } = connector;
  return {
    name: connector.name,
    serverName: exchange.serverName,
    serverVersion: exchange.serverVersion,
    signInName: signIn.signInName.kind,
    signInPattern: signIn.signInName.kind === 'pattern' ? signIn.signInName.pattern : '',
    invitation: signIn.invitation,
    shownName: connector.shownName ?? '',
    webMailUrl: connector.webMailUrl ?? '',
    connectionsPerMailbox: String(connector.connectionsPerMailbox),
    mailboxesAtOnce: String(connector.mailboxesAtOnce),
    certificateAuthority: exchange.certificateAuthority ?? '',
    ...fieldsOfStartWindow(connector.startWindow, timeZone),
  };
}

/** The choices of the form's lists, for the partial `select`. */
export function connectorChoices(side: Side): Record<string, { value: string; key: string }[]> {
  const choices = (values: readonly string[], prefix: string) =>
    values.map((value) => ({ value, key: `${prefix}.${value}` }));
  return {
    serverVersions: choices(serverVersions, 'admin.connectors.serverVersions'),
    signInNames: choices(signInNames, 'admin.connectors.signInNames'),
    invitations: choices(invitationChoices, 'admin.connectors.invitations'),
    sides: [{ value: side, key: `admin.connectors.${side}` }],
  };
}

function isServerName(text: string): boolean {
  if (text.includes('://')) {
    if (!URL.canParse(text)) return false;
    const url = new URL(text);
    return url.protocol === 'https:' && url.username === '' && url.password === '';
  }
  return /^(?:[\p{L}\p{N}](?:[\p{L}\p{N}_-]{0,62}\.?)*|\[[0-9a-f:]+\])(?::\d{1,5})?$/iu.test(text);
}

function isWebAddress(text: string): boolean {
  return URL.canParse(text) && ['https:', 'http:'].includes(new URL(text).protocol);
}

const block = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g;

/** The certificates of a PEM text. */
export function certificatesOf(pem: string): X509Certificate[] {
  return [...pem.matchAll(block)].map(([text]) => new X509Certificate(text));
}

function checkCertificates(pem: string, context: z.RefinementCtx<string>): void {
  if (pem === '') return;
  const refuse = (message: string): void => context.addIssue({ code: 'custom', message });
  const kinds = [...pem.matchAll(block)].map(([, kind]) => kind);
  if (kinds.some((kind) => kind?.includes('PRIVATE KEY'))) refuse('admin.connectors.faults.privateKey');
  else if (kinds.length === 0 || kinds.some((kind) => kind !== 'CERTIFICATE'))
    refuse('admin.connectors.faults.notPem');
  else if (kinds.length > 50) refuse('admin.faults.tooLong');
  else checkEach(pem, refuse);
}

function checkEach(pem: string, refuse: (message: string) => void): void {
  try {
    const expired = certificatesOf(pem).some(({ validTo }) => new Date(validTo).getTime() < Date.now());
    if (expired) refuse('admin.connectors.faults.certificateExpired');
  } catch {
    refuse('admin.connectors.faults.notPem');
  }
}
