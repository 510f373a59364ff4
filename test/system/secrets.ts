import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Client, Connection as TemporalConnection } from '@temporalio/client';
import mongoose, { type Connection } from 'mongoose';
import type { SandboxRun } from '../support/sandbox-run';
import { startMove } from '../support/start-move';

/** Reads what the product keeps, as files and through its servers. To be run with the log at its most talkative. */
export function describeSecrets(sandbox: () => SandboxRun): void {
  let run: SandboxRun;
  let database: Connection;
  let pair: { source: string; target: string };
  let secrets: string[];

  beforeAll(async () => {
    run = sandbox();
    [pair] = (await run.addMailboxes('--count', '1', '--items', '300', '--seed', '21')) as [typeof pair];
    database = await mongoose.createConnection(run.facts().mongodb).asPromise();
    const mailboxes = run.facts().exchange.flatMap((exchange) => exchange.mailboxes);
    secrets = [...new Set(mailboxes.flatMap(({ address, password }) => formsOf(address, password)))];
  }, 300_000);
  afterAll(async () => {
    await database?.close();
  }, 60_000);

  const state = async () => {
    const row = await database.collection('mailUsers').findOne({ 'source.address': pair.source });
    return String(row?.projection?.state);
  };
  const secretsIn = (text: string) => secrets.filter((secret) => text.includes(secret));

  /** Files below the data folder that hold one, but for what is there to tell them and the simulators' own store. */
  const files = () =>
    filesBelow(run.data).flatMap((path) => {
      const name = relative(run.data, path);
      if (name === 'sandbox.json' || name.startsWith(`exchange/`)) return [];
      return secretsIn(readFileSync(path, 'latin1')).map(() => name);
    });
  const documents = async () => {
    const held: string[] = [];
    for (const { name } of await database.db!.listCollections().toArray())
      for await (const document of database.collection(name).find())
        if (secretsIn(JSON.stringify(document)).length > 0) held.push(name);
    return held;
  };
  const histories = async () => {
    const connection = await TemporalConnection.connect({ address: run.facts().temporal.address });
    try {
      const client = new Client({ connection });
      const held: string[] = [];
      let seen = 0;
      for await (const { workflowId, runId } of client.workflow.list()) {
        const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
        const text = textOf(history);
        if (text.includes('credentialId')) seen += 1;
        if (secretsIn(text).length > 0) held.push(workflowId);
      }
      // What it searches is readable: the ids of the credentials stand there.
      expect(seen).toBeGreaterThanOrEqual(1);
      return held;
    } finally {
      await connection.close();
    }
  };

  it('stand in no file, document or history, while the mailbox moves and after it, and are destroyed at its end', async () => {
    await run.control('fabrikam', 'POST', '/faults', { kind: 'latency', operation: 'CreateItem', ms: 300 });
    const credentials = database.collection('credentials');
    await startMove(run, pair);
    await run.until('it works', 120_000, async () => (await state()) === 'working');
    expect(await credentials.countDocuments()).toBe(2);
    expect({ files: files(), documents: await documents(), histories: await histories() }).toEqual({
      files: [],
      documents: [],
      histories: [],
    });

    await run.control('fabrikam', 'DELETE', '/faults');
    await run.until('it ends', 300_000, async () => /^(completed|failed|stopped)/.test(await state()));
    expect(await state()).toBe('completed');
    await run.until(
      'the credentials are gone',
      10_000,
      async () => (await credentials.countDocuments()) === 0,
    );
    expect({ files: files(), documents: await documents(), histories: await histories() }).toEqual({
      files: [],
      documents: [],
      histories: [],
    });
  }, 600_000);
}

/** Plain, URL-encoded, in base64 at each of its three alignments, and as the Basic header. */
function formsOf(address: string, password: string): string[] {
  const aligned = [0, 1, 2].map((before) => {
    const text = Buffer.from('x'.repeat(before) + password).toString('base64');
    // The first and the last characters mix with what stands before and after.
    return text.slice(before === 0 ? 0 : 4, -4);
  });
  const basic = Buffer.from(`${address}:${password}`).toString('base64');
  return [password, encodeURIComponent(password), ...aligned, basic];
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** All texts and payloads in a history; its own JSON would have the payloads in base64. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return `${value}\n`;
  if (value instanceof Uint8Array) return `${Buffer.from(value).toString('utf8')}\n`;
  if (typeof value !== 'object' || value === null) return '';
  return Object.values(value).map(textOf).join('');
}
