import { Connection } from '@temporalio/client';
import { prepareNamespace } from './namespace';

const RETENTION_HOURS = 720;

/**
 * `make-namespace.js`: makes TEMPORAL_NAMESPACE (`default` where it is not set) at TEMPORAL_ADDRESS, with Mailporter's
 * search attributes and finished workflows kept for 30 days. Doing it again changes nothing.
 */
async function main(): Promise<void> {
  const { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace = 'default' } = process.env;
  if (!address) throw new Error('TEMPORAL_ADDRESS is missing: give host:port of the Temporal server.');
  const connection = await Connection.connect({ address, connectTimeout: 30_000 });
  await prepareNamespace(connection, { namespace, retentionHours: RETENTION_HOURS });
  await connection.close();
  process.stdout.write(`Namespace ${namespace} is ready.\n`);
}

main().catch((fault: unknown) => {
  process.stderr.write(`${fault instanceof Error ? fault.message : String(fault)}\n`);
  process.exitCode = 1;
});
