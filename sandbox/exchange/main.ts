import { parseArgs } from 'node:util';
import { startExchange } from './start';

/**
 * `node main.js --name Contoso --host 127.0.0.1 --port 8443 --control-port 8444 --data <dir> --ca <dir> [--host-name <name>]…`
 * Prints one JSON line `{ready, ewsUrl, control, ca}` once it listens; ends on SIGTERM and SIGINT.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      name: { type: 'string', default: 'Contoso' },
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string', default: '0' },
      'control-port': { type: 'string', default: '0' },
      data: { type: 'string' },
      ca: { type: 'string' },
      'host-name': { type: 'string', multiple: true, default: [] },
    },
  });
  if (!values.data) throw new Error('--data names the directory of the mailboxes and is needed');
  const exchange = await startExchange({
    name: values.name,
    host: values.host,
    port: Number(values.port),
    controlPort: Number(values['control-port']),
    data: values.data,
    hostNames: values['host-name'],
    ...(values.ca ? { ca: values.ca } : {}),
  });
  const end = (): void => void exchange.close().then(() => process.exit(0));
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
  const { ewsUrl, control, ca } = exchange;
  process.stdout.write(`${JSON.stringify({ ready: true, ewsUrl, control, ca })}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
