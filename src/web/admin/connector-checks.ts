import { randomUUID } from 'node:crypto';
import type { Request, Response } from 'express';
import { Types } from 'mongoose';
import { signInNameOf } from '../../domain/sign-in-name';
import type { CheckReport } from '../../connectors/connector';
import { ConnectorChecks, type ConnectorCheck } from '../../models/connector-checks';
import type { ConnectorDocument } from '../../models/connectors';
import { Credentials } from '../../models/credentials';
import { checkStart, workflowTypes, type CheckConnectorInput } from '../../../workflows/messages';
import type { MessageKey } from '../../locales';
import type { WebDeps } from '../deps';
import { isTemporalAway } from '../migrations';
import { notify, textsOf } from './request';

/** A secret that was only typed for a test lives this long at most. */
const typedSecretLifeMs = 10 * 60_000;

/** After so long without a report no worker is running. */
export const noWorkerAfterMs = 30_000;

export interface TestMailbox {
  address: string;
  userName: string;
  password: string;
}

/**
 * **Test connection**: has a worker look at the server, with `mailbox` also sign in to it.
 * @returns false where Temporal does not answer: nothing is tested, and the password is destroyed
 */
export async function startCheck(
  deps: WebDeps,
  connector: ConnectorDocument,
  mailbox?: TestMailbox,
): Promise<boolean> {
  const checkId = randomUUID();
  const connectorId = connector._id.toHexString();
  const credentialId = mailbox === undefined ? undefined : await seal(deps, connector, checkId, mailbox);
  const input: CheckConnectorInput = { checkId, connectorId };
  if (mailbox !== undefined && credentialId !== undefined)
    input.mailbox = { address: mailbox.address, credentialId, write: connector.side === 'target' };
  await ConnectorChecks.create({ _id: checkId, connectorId, askedAt: new Date() });
  try {
    await deps.temporal.workflow.start(workflowTypes.checkConnector, checkStart(input));
    return true;
  } catch (error) {
    await ConnectorChecks.deleteOne({ _id: checkId });
    if (credentialId !== undefined) await Credentials.deleteOne({ _id: credentialId });
    if (!isTemporalAway(error)) throw error;
    return false;
  }
}

async function seal(
  deps: WebDeps,
  { _id: connectorId, side, signIn }: ConnectorDocument,
  checkId: string,
  { address, userName, password }: TestMailbox,
): Promise<string> {
  const name = signInNameOf(signIn.signInName, address, userName) ?? address;
  const takenAt = new Date();
  const _id = new Types.ObjectId();
  const mailbox = { connectorId: connectorId.toHexString(), addressKey: address.toLowerCase() };
  const owner = { ownerId: checkId, side, mailbox };
  await Credentials.create({
    _id,
    owner: { kind: 'check', id: checkId },
    side,
    sealed: await deps.seal({ kind: 'password', userName: name, password }, owner),
    takenAt,
    destroyAt: new Date(takenAt.getTime() + typedSecretLifeMs),
  });
  return _id.toHexString();
}

/** What the panel of a test shows. */
export function checkView(
  check: ConnectorCheck | undefined,
  connector: ConnectorDocument,
): Record<string, unknown> {
  const base = { base: `/admin/${connector.side}s/${connector._id.toHexString()}` };
  const heldUntil = check?.heldUntil;
  if (check !== undefined && check.report === undefined && heldUntil === undefined) {
    const waitingMs = Date.now() - check.askedAt.getTime();
    const noWorker = check.begunAt === undefined && waitingMs > noWorkerAfterMs;
    return { ...base, running: true, noWorker, askedAt: check.askedAt };
  }
  const last =
    check?.report === undefined ? connector.lastCheck : { at: check.askedAt, report: check.report };
  return last === undefined
    ? { ...base, heldUntil }
    : { ...base, heldUntil, at: last.at, usable: last.report.usable, steps: stepsOf(last.report, connector) };
}

/** Nothing is ever written to a source: its test has no such step. */
function stepsOf({ steps }: CheckReport, { side }: ConnectorDocument): Record<string, unknown>[] {
  return steps.filter(({ step }) => step !== 'write' || side === 'target').map(stepView);
}

/** In a test it is the administrator who tries again, and nothing is repeated by itself. */
function stepView(step: NonNullable<ConnectorCheck['report']>['steps'][number]): Record<string, unknown> {
  const { remedy } = step;
  if (remedy === undefined || remedy === 'none') return { ...step };
  const ofTest = remedy === 'wait' || remedy === 'checkNameAndPassword';
  const remedyKey: MessageKey = ofTest ? `admin.connectors.test.remedies.${remedy}` : `remedies.${remedy}`;
  return { ...step, remedyKey };
}

/** As `startCheck`; where Temporal does not answer the next page says so. */
export async function checkAndSay(
  deps: WebDeps,
  request: Request,
  response: Response,
  connector: ConnectorDocument,
  mailbox?: TestMailbox,
): Promise<void> {
  if (await startCheck(deps, connector, mailbox)) return;
  notify(request, 'warning', textsOf(response)('admin.connectors.test.temporalAway'));
}
