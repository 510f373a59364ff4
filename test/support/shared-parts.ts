import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readJson, writeJson } from '../../sandbox/json-file';
import { freePort } from '../../sandbox/ports';
import { databaseCommand, temporalCommand, type Command } from '../../sandbox/servers';
import { identify, lives, type ProcessIdentity } from '../../sandbox/supervisor/identity';
import { ProcessRecord } from '../../sandbox/supervisor/leftovers';
import { prepared, root } from './prepared';
import { startServer, type RunningServer } from './server-process';

const PREFIX = 'mailporter-test-';
const OWNER = 'owner.json';
const RECORD = 'processes.json';

/**
 * What all test files of one run share: the Temporal server, the database, the bundled workflow code. Each is started or made when the
 * first test asks for it, with data in a temporary folder, and ended by {@link SharedParts.end}.
 */
export class SharedParts {
  readonly #folder = ownFolder();
  readonly #running: RunningServer[] = [];
  #temporal?: Promise<string>;
  #mongodb?: Promise<string>;
  #workflows?: Promise<string>;

  /** The address `host:port` of Temporal. TEST_TEMPORAL_ADDRESS names one that runs already. */
  temporal(): Promise<string> {
    return (this.#temporal ??= this.#startTemporal());
  }

  /** The address of the database, without a database name. TEST_MONGODB_URI names one that runs already. */
  mongodb(): Promise<string> {
    return (this.#mongodb ??= this.#startDatabase());
  }

  /** The path of a file with the workflow code as it stands, bundled. */
  workflows(): Promise<string> {
    return (this.#workflows ??= this.#bundleWorkflows());
  }

  async end(): Promise<void> {
    await Promise.allSettled([this.#temporal, this.#mongodb, this.#workflows]);
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
    this.#running.push(await this.#start('Temporal', command, port));
    return `127.0.0.1:${port}`;
  }

  async #startDatabase(): Promise<string> {
    const given = process.env.TEST_MONGODB_URI;
    if (given) return given;
    const { mongodb } = await prepared('mongodb');
    if ('uri' in mongodb) return mongodb.uri;
    const port = await freePort();
    const command = databaseCommand(mongodb, { port, folder: join(this.#folder, 'mongodb') });
    this.#running.push(await this.#start('the database', command, port));
    return `mongodb://127.0.0.1:${port}`;
  }

  async #bundleWorkflows(): Promise<string> {
    const script = join(root, 'sandbox', 'prepare', 'bundle-workflows.mjs');
    const file = join(this.#folder, 'workflows.js');
    await promisify(execFile)(process.execPath, [script, join(root, 'workflows', 'index.ts'), file]);
    return file;
  }

  #start(name: string, command: Command, port: number): Promise<RunningServer> {
    return startServer(name, command, port, (pid) => {
      const identity = identify(pid);
      if (identity) new ProcessRecord(join(this.#folder, RECORD)).add(name, identity);
    });
  }
}

/** Ends what runs that were killed have left: a run's folder tells whose it is. */
export async function endLeftovers(): Promise<void> {
  const folders = readdirSync(tmpdir()).filter((name) => name.startsWith(PREFIX));
  for (const folder of folders.map((name) => join(tmpdir(), name))) {
    const owner = readJson<ProcessIdentity>(join(folder, OWNER));
    if (!owner || lives(owner)) continue;
    await new ProcessRecord(join(folder, RECORD)).endLeftovers();
    rmSync(folder, { recursive: true, force: true });
  }
}

function ownFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), PREFIX));
  writeJson(join(folder, OWNER), identify(process.pid));
  return folder;
}
