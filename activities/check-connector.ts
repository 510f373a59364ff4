import { Context } from '@temporalio/activity';
import type { CheckReport, Credential } from '../src/connectors/connector';
import { throttleLeftMs } from '../src/domain/connector-wait';
import { signInNameOf } from '../src/domain/sign-in-name';
import { ConnectorChecks } from '../src/models/connector-checks';
import { Connectors, type ConnectorDocument } from '../src/models/connectors';
import { destroyCredentials, findCredential } from '../src/models/credentials';
import type { ActivityDeps } from './deps';
import { heartbeats } from './heartbeat';
import type { CheckConnectorInput } from '../workflows/messages';

/**
 * **Test connection**: asks the server and writes what it found to the check and, as the newest, to the connector. While the server has
 * everybody wait it is asked nothing: the check says until when, and what was found last still counts. A secret that was typed for it is
 * destroyed, whatever was found. Never fails for what a server does.
 */
export function createCheckConnector(
  deps: Pick<ActivityDeps, 'open' | 'serverOf' | 'connectorWaits' | 'log'>,
) {
  return async function checkConnector(input: CheckConnectorInput): Promise<{ usable: boolean } | undefined> {
    using _beating = heartbeats();
    const { checkId, connectorId } = input;
    await ConnectorChecks.updateOne({ _id: checkId }, { $set: { begunAt: new Date() } });
    try {
      const connector = await Connectors.findById(connectorId).lean<ConnectorDocument>();
      if (connector === null) return undefined;
      const asked = await ask(deps, connector, input);
      if (asked.report === undefined) {
        await ConnectorChecks.updateOne({ _id: checkId }, { $set: asked });
        return undefined;
      }
      const { report } = asked;
      const at = new Date();
      await Connectors.updateOne({ _id: connector._id }, { $set: { lastCheck: { at, report } } });
      await ConnectorChecks.updateOne({ _id: checkId }, { $set: { report } });
      return { usable: report.usable };
    } finally {
      if (input.mailbox !== undefined) await destroyCredentials([input.mailbox.credentialId]);
    }
  };
}

type Asked = { report: CheckReport } | { report?: undefined; heldUntil: Date };

/** The wait is read from the document, not from `ConnectorWaits`, which may know the one of a server name that was edited a moment ago. */
async function ask(
  deps: Pick<ActivityDeps, 'open' | 'serverOf' | 'connectorWaits' | 'log'>,
  connector: ConnectorDocument,
  input: CheckConnectorInput,
): Promise<Asked> {
  const now = new Date();
  const leftMs = throttleLeftMs(connector.throttled, now);
  if (leftMs > 0) return { heldUntil: new Date(now.getTime() + leftMs) };
  try {
    const mailbox = await mailboxOf(deps, connector, input);
    return { report: await deps.serverOf(connector).check(mailbox, Context.current().cancellationSignal) };
  } catch (fault) {
    const throttle = deps.connectorWaits.note(input.connectorId, fault);
    if (throttle === undefined) throw fault;
    return { heldUntil: throttle.until };
  }
}

async function mailboxOf(
  { open, log }: Pick<ActivityDeps, 'open' | 'log'>,
  { side, signIn }: ConnectorDocument,
  { checkId, connectorId, mailbox }: CheckConnectorInput,
): Promise<{ address: string; credential: Credential; write: boolean } | undefined> {
  if (mailbox === undefined) return undefined;
  const tested = { connectorId, addressKey: mailbox.address.toLowerCase() };
  const owner = { ownerId: checkId, side, mailbox: tested };
  const sealed = await findCredential(mailbox.credentialId, owner, new Date());
  if (sealed === undefined) {
    log.warn({ checkId }, 'what was typed for a check is no longer kept');
    return undefined;
  }
  const { userName, ...credential } = await open(sealed.sealed, owner);
  const name = signInNameOf(signIn.signInName, mailbox.address, userName) ?? mailbox.address;
  return { address: mailbox.address, write: mailbox.write, credential: { ...credential, userName: name } };
}
