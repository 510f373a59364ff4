import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import mongoose from 'mongoose';
import { readWebConfig, type WebConfig } from './config';
import { createLogger } from './log';
import { connectDatabase } from './models/database';
import { createSeal } from './secrets/seal';
import { connectTemporal } from './temporal';
import { createFigures } from './web/admin/figures';
import { ensureFirstAdministrator } from './web/admin/first-administrator';
import { createApp } from './web/app';

/** What open requests have to end when the process is told to. */
const graceMs = 4000;

async function main(): Promise<void> {
  const config = readWebConfig();
  const log = createLogger('web', config.LOG_LEVEL);
  await connectDatabase(config.MONGODB_URI, log);
  const temporal = connectTemporal({
    address: config.TEMPORAL_ADDRESS,
    namespace: config.TEMPORAL_NAMESPACE,
  });
  await ensureFirstAdministrator(config, log);
  const seal = createSeal(config.SEAL_PUBLIC_KEYS_FILE);
  const app = createApp({
    config,
    database: mongoose.connection,
    temporal: temporal.client,
    seal,
    log,
    figures: createFigures(),
  });
  const server = await listen(createServer(app), config);
  const { port } = server.address() as AddressInfo;
  log.info({ host: config.HOST, port }, 'the web server is ready');

  const end = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
    await Promise.race([closed, pause(graceMs)]);
    server.closeAllConnections();
    await temporal.close();
    await mongoose.disconnect();
    log.info('the web server has ended');
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void end());
}

function listen(server: Server, { HOST, PORT }: WebConfig): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(PORT, HOST, () => resolve(server));
  });
}

main().catch((error: unknown) => {
  // A fault of the configuration is told in its own words; nothing is logged yet that could.
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
