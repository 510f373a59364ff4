import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../sandbox/ports';
import { databaseCommand, temporalCommand } from '../../sandbox/servers';
import { prepared } from './prepared';
import { startServer, type RunningServer } from './server-process';

/**
 * The Temporal server and the database that all test files of one run share. Each is started when the first test asks
 * for it, with data in a temporary folder, and ended by {@link SharedParts.end}.
 */
export class SharedParts {
  readonly #folder = mkdtempSync(join(tmpdir(), 'mailporter-test-'));
  readonly #running: RunningServer[] = [];
  #temporal?: Promise<string>;
  #mongodb?: Promise<string>;

  /** The address `host:port` of Temporal. TEST_TEMPORAL_ADDRESS names one that runs already. */
  temporal(): Promise<string> {
    return (this.#temporal ??= this.#startTemporal());
  }

  /** The address of the database, without a database name. TEST_MONGODB_URI names one that runs already. */
  mongodb(): Promise<string> {
    return (this.#mongodb ??= this.#startDatabase());
  }

  async end(): Promise<void> {
    await Promise.allSettled([this.#temporal, this.#mongodb]);
    await Promise.all(this.#running.map((server) => server.end()));
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** For the moment before the process goes: ends what runs without waiting for it. */
  killNow(): void {
    for (const server of this.#running) server.killNow();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #startTemporal(): Promise<string> {
    const given = process.env.TEST_TEMPORAL_ADDRESS;
    if (given) return given;
    const { temporal } = await prepared('temporal');
    if ('address' in temporal) return temporal.address;
    const port = await freePort();
    const command = temporalCommand(temporal, { port, file: join(this.#folder, 'temporal.db') });
    this.#running.push(await startServer('Temporal', command, port));
    return `127.0.0.1:${port}`;
  }

  async #startDatabase(): Promise<string> {
    const given = process.env.TEST_MONGODB_URI;
    if (given) return given;
    const { mongodb } = await prepared('mongodb');
    if ('uri' in mongodb) return mongodb.uri;
    const port = await freePort();
    const command = databaseCommand(mongodb, { port, folder: join(this.#folder, 'mongodb') });
    this.#running.push(await startServer('the database', command, port));
    return `mongodb://127.0.0.1:${port}`;
  }
}
