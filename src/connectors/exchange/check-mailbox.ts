import {
  DeleteMode,
  EmailMessage,
  FolderId,
  Mailbox,
  MessageBody,
  WellKnownFolderName,
} from 'ews-javascript-api';
import type { ExchangeService } from 'ews-javascript-api';
import type { Credential } from '../connector';
import { guarded } from './guard';
import { textOfFault, type Steps } from './check-steps';
import { defaultTimeouts } from './http';
import { withLibrary } from './library';
import { findFolders } from './operations/find-folder';
import { Session } from './session';
import { envelope, shapeXml } from './soap/envelope';
import { contents, refusalOf } from './soap/message';
import type { Element } from './soap/element';
import type { ExchangeSettings } from './settings';

/** Signs in with a mailbox's own name and password: at most one refused sign-in. */
export async function checkMailbox(
  settings: ExchangeSettings,
  mailbox: { address: string; credential: Credential; write: boolean },
  steps: Steps,
  signal: AbortSignal,
): Promise<void> {
  const { address, credential, write } = mailbox;
  const session = new Session({ settings, address, credential, side: 'source', timeouts: defaultTimeouts });
  try {
    const isOpen = await countsFolders(session, address, steps, signal);
    if (isOpen && write) await triesToWrite(session, address, steps, signal);
  } finally {
    await session.close();
  }
}

/** @returns whether the mailbox opened */
async function countsFolders(
  session: Session,
  address: string,
  steps: Steps,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await guarded({ side: 'source', about: 'open' }, signal, () => opens(session, steps, signal));
    const folders = await guarded({ side: 'source', about: 'open' }, signal, () =>
      findFolders(session, [], signal),
    );
    steps.green('mailbox', `The mailbox ${address} opens; it has ${folders.length} folders.`);
    return true;
  } catch (error) {
    if (signal.aborted) throw error;
    const text = textOfFault(error);
    steps.red(text.code === 'ErrorInvalidServerVersion' ? 'version' : 'mailbox', text);
    return false;
  }
}

async function triesToWrite(
  session: Session,
  address: string,
  steps: Steps,
  signal: AbortSignal,
): Promise<void> {
  try {
    await guarded({ side: 'target', about: 'open' }, signal, () => writes(session, address, steps, signal));
  } catch (error) {
    if (signal.aborted) throw error;
    steps.red('write', textOfFault(error));
  }
}

/** Opens the top folder and tells the server's version by the way. */
async function opens(session: Session, steps: Steps, signal: AbortSignal): Promise<void> {
  const operation =
    `<m:GetFolder>${shapeXml('FolderShape', {})}` +
    `<m:FolderIds>${session.distinguished('msgfolderroot')}</m:FolderIds></m:GetFolder>`;
  const answer = await session.call({ body: envelope(session.settings.serverVersion, operation), signal });
  let found = false;
  for await (const part of answer.parts) {
    if (part.kind === 'version') tellVersion(part.version, steps);
    if (part.kind !== 'message') continue;
    const refusal = refusalOf(part.message);
    if (refusal) throw refusal;
    found = contents(part.message).length > 0;
  }
  if (!found) throw new Error('no folder');
  session.markOpened();
}

const names: Readonly<Record<string, string>> = {
  '15.0': 'Exchange Server 2013',
  '15.1': 'Exchange Server 2016',
  '15.2': 'Exchange Server 2019 or Subscription Edition',
};

function tellVersion(version: Element, steps: Steps): void {
  const part = (name: string) => Number(version.attributes[name] ?? NaN);
  const [major, minor] = [part('MajorVersion'), part('MinorVersion')];
  const number = ['MajorVersion', 'MinorVersion', 'MajorBuildNumber', 'MinorBuildNumber'].map(part).join('.');
  if (major >= 15) {
    steps.green('version', `${names[`${major}.${minor}`] ?? 'A later Exchange'} (${number}).`);
  } else if (Number.isFinite(major)) {
    const message = `The server is older than Exchange 2013 (${number}) and cannot be used.`;
    steps.red('version', { code: `Version ${major}`, remedy: 'none', message });
  } else steps.grey('version', 'The server does not say.');
}

/** Makes a hidden item in Drafts and removes it again. */
async function writes(session: Session, address: string, steps: Steps, signal: AbortSignal): Promise<void> {
  await withLibrary(session, signal, undefined, (service) => writeHidden(service, address));
  steps.green('write', 'A hidden item was made and removed again.');
}

async function writeHidden(service: ExchangeService, address: string): Promise<void> {
  const message = new EmailMessage(service);
  message.ItemClass = 'IPM.Configuration.Mailporter';
  message.Subject = 'Mailporter';
  message.Body = new MessageBody('Made by Mailporter to test writing; it can be removed.');
  message.IsAssociated = true;
  await message.Save(new FolderId(WellKnownFolderName.Drafts, new Mailbox(address)));
  await message.Delete(DeleteMode.HardDelete);
}
