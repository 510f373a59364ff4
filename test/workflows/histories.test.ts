import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { Worker } from '@temporalio/worker';
import { gateId } from '../../workflows/names';
import releases from '../releases.json';
import { House, workflowCode } from './house';
import { recordHistory } from './record-histories';

const folder = join(__dirname, 'histories');
/** `<version>/<name>.json` of every release. */
const recorded = readdirSync(folder).flatMap((version) =>
  readdirSync(join(folder, version)).map((name) => `${version}/${name}`),
);

describe('what Temporal keeps', () => {
  let house: House;
  beforeAll(async () => {
    house = await House.open();
    await house.startWorker();
    await house.startGate();
  });
  afterAll(() => house.close());

  it('holds no secret and no item content, plain, in base64 or URL-encoded', async () => {
    house.servers.password = 'Tr0ub4dor & 3/ü';
    const wrong = 'wr0ng pass/wörd+';
    const row = await house.row();
    const store = house.servers.mailbox('source', row.source.address);
    const inbox = store.addFolder({ name: 'Secret Folder Name', wellKnown: 'inbox' });
    const other = store.addFolder({ name: 'Divorce papers' });
    for (let n = 0; n < 5; n += 1) store.addItem(n % 2 ? inbox : other);
    const content = store.items(inbox).map(({ id }) => id);
    await house.start(row);
    await house.until(row, 'emailSent');
    await house.signIn(row, 'source', wrong);
    await house.until(row, (now) => now.projection?.refusal !== undefined);
    await house.signIn(row, 'source');
    await house.signIn(row, 'target');
    expect((await house.untilEnded(row)).projection?.state).toBe('completed');
    await house.handle(row).result();
    const secrets = [house.servers.password, wrong, 'Secret Folder Name', 'Divorce papers', ...content];
    const readable = await allHistories(house);
    for (const secret of secrets)
      for (const form of formsOf(secret)) expect(readable.includes(form)).toBe(false);
    const logged = house.logged.join('\n');
    for (const secret of secrets.slice(0, 4))
      for (const form of formsOf(secret)) expect(logged.includes(form)).toBe(false);
    expect(readable.includes(row.source.address)).toBe(true);
    await recordHistory(house, house.handle(row).workflowId, 'completed');
    await recordHistory(house, gateId, 'gate');
  });
});

describe('workflow code', () => {
  it('has histories of every release to replay', () => {
    for (const { version } of releases)
      expect(recorded.filter((name) => name.startsWith(`${version}/`)).length).toBeGreaterThan(0);
  });

  let replayed: ReturnType<typeof replayAll> | undefined;
  it.each(recorded)('goes on with what was begun as in %s', async (name) => {
    const ends = await (replayed ??= replayAll());
    expect(ends.get(name)).toEqual({});
  });

  it('holds no connector, no database and no mail', async () => {
    const { code } = await workflowCode();
    // Sources are named in the bundle's module table; the source map at its end names no more.
    for (const other of [
      'mongoose',
      'nodemailer',
      'ews-javascript-api',
      'undici',
      'src/connectors/',
      'src/models/',
      'src/secrets/',
      'activities/',
    ])
      expect(code.split('\n').filter((line) => line.length < 2000 && line.includes(`/${other}`))).toEqual([]);
  });
});

/** Replays every recorded history, in one worker. @returns by name what went wrong, if anything */
async function replayAll(): Promise<Map<string, { error?: Error }>> {
  const histories = recorded.map((workflowId) => ({
    workflowId,
    history: JSON.parse(readFileSync(join(folder, workflowId), 'utf8')) as object,
  }));
  const ends = new Map<string, { error?: Error }>();
  const replaying = Worker.runReplayHistories({ workflowBundle: await workflowCode() }, histories);
  for await (const { workflowId, error } of replaying) ends.set(workflowId, error ? { error } : {});
  return ends;
}

/** Every history of the namespace as text, each payload readable. */
async function allHistories(house: House): Promise<string> {
  const texts: string[] = [];
  for await (const { workflowId, runId } of house.client.workflow.list()) {
    const history = await house.client.workflow.getHandle(workflowId, runId).fetchHistory();
    const json = historyToJSON(history);
    const payloads = [...json.matchAll(/"data":\s*"([A-Za-z0-9+/=]+)"/g)].map(([, data = '']) =>
      Buffer.from(data, 'base64').toString('utf8'),
    );
    texts.push(json, ...payloads);
  }
  return texts.join('\n');
}

function formsOf(secret: string): string[] {
  const base64 = [secret, `x${secret}`, `xx${secret}`].map((text) =>
    Buffer.from(text).toString('base64').slice(4, -4),
  );
  return [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    ...base64.filter((text) => text.length > 7),
  ];
}
