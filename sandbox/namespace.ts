import { setTimeout as pause } from 'node:timers/promises';
import type { Connection } from '@temporalio/client';
import { searchAttributes } from '../workflows/names';

/** `temporal.api.enums.v1.IndexedValueType`, INDEXED_VALUE_TYPE_KEYWORD. */
const KEYWORD = 2;
/** Codes of gRPC: https://grpc.github.io/grpc/core/md_doc_statuscodes.html. */
const NOT_FOUND = 5;
const ALREADY_EXISTS = 6;
const VISIBLE_WITHIN_MS = 20_000;

/**
 * Makes a namespace as Mailporter needs it: there, with finished workflows kept for `retentionHours`, and with the
 * search attributes of `workflows/names.ts`. Workflows can be started in it afterwards; doing it again is harmless.
 */
export async function prepareNamespace(
  { workflowService, operatorService }: Connection,
  { namespace, retentionHours }: { namespace: string; retentionHours: number },
): Promise<void> {
  const retention = { seconds: retentionHours * 3600 } as unknown as { seconds: Long };
  try {
    await workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: retention });
  } catch (fault) {
    if (codeOf(fault) !== ALREADY_EXISTS) throw fault;
    await workflowService.updateNamespace({
      namespace,
      config: { workflowExecutionRetentionTtl: retention },
    });
  }
  const keywords = Object.fromEntries(Object.values(searchAttributes).map((name) => [name, KEYWORD]));
  await onceVisible(() => operatorService.addSearchAttributes({ namespace, searchAttributes: keywords }));
}

/** A server of several machines knows a new namespace everywhere only after some seconds. */
async function onceVisible(call: () => Promise<unknown>): Promise<void> {
  const giveUpAt = Date.now() + VISIBLE_WITHIN_MS;
  for (;;) {
    try {
      await call();
      return;
    } catch (fault) {
      if (codeOf(fault) !== NOT_FOUND || Date.now() > giveUpAt) throw fault;
      await pause(500);
    }
  }
}

function codeOf(fault: unknown): unknown {
  return typeof fault === 'object' && fault !== null && 'code' in fault ? fault.code : undefined;
}
