import { defaultBatchPlan } from '../../src/domain/batch-plan';
import { saveBatchPlan } from '../../src/models/batches';
import { Connectors } from '../../src/models/connectors';
import { Imports } from '../../src/models/imports';
import { ImportPreviews, readChunks } from '../../src/models/import-previews';
import { MailUsers } from '../../src/models/mail-users';
import type { ImportRowsInput } from '../../workflows/messages';
import {
  aConnector,
  aMailUser,
  aPair,
  send,
  sendFile,
  startAdmin,
  unusable,
  type AdminApp,
  type Agent,
  type Pair,
} from './admin-app';

const page = '/admin/users/import';
let app: AdminApp;
let agent: Agent;
let pair: Pair;
beforeAll(async () => {
  app = await startAdmin();
  agent = await app.signedIn();
  pair = await aPair();
});
afterAll(() => app.end());

const connectors = () => ({ source: pair.source._id.toHexString(), target: pair.target._id.toHexString() });

/** Pastes a list. @returns the preview's address */
async function preview(list: string): Promise<string> {
  const answer = await sendFile(agent, page, page, { ...connectors(), pasted: list });
  if (answer.status !== 303) throw new Error(`${answer.status}: ${answer.text}`);
  return answer.headers['location'] ?? '';
}
const idOf = (path: string): string => path.split('/').at(-1) ?? '';

async function inputOf(importId: string): Promise<ImportRowsInput> {
  const { events } = await app.temporal.workflow.getHandle(`import-${importId}`).fetchHistory();
  const data = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]?.data;
  return JSON.parse(Buffer.from(data ?? []).toString('utf8')) as ImportRowsInput;
}

describe('Upload CSV', () => {
  it('shows every fault of 20 rows before anything is listed, then imports the others', async () => {
    const rows = Array.from({ length: 20 }, (_, n) => `;;u${n}@contoso.example;u${n}@fabrikam.example;;;`);
    rows[3] = ';;broken;u3@fabrikam.example;;;';
    rows[7] = ';;u7@contoso.example;u7@fabrikam.example;Archive;;';
    rows[11] = ';;u0@contoso.example;u11@fabrikam.example;;;';
    const header =
      'FirstName;LastName;SourceEmail;TargetEmail;SourceRecipientType;TargetRecipientType;BatchName';
    const before = await MailUsers.countDocuments();
    const path = await preview([header, ...rows].join('\n'));
    const { text } = await agent.get(path).expect(200);
    for (const words of [
      'Import 17 users',
      '3 rows have faults and are left out.',
      'is not an e-mail address',
      'Archives cannot be moved yet.',
      'The same source mailbox stands in line 2.',
    ])
      expect(text).toContain(words);
    expect(await MailUsers.countDocuments()).toBe(before);
    const answer = await send(agent, path, path, { then: '' }).expect(303);
    expect(answer.headers['location']).toBe(`${path}/progress`);
    expect(await inputOf(idOf(path))).toMatchObject({ importId: idOf(path), start: false });
    expect(await Imports.findById(idOf(path)).lean()).toMatchObject({ total: 17, chunksDone: 0 });
    expect((await agent.get(`${path}/progress`).expect(200)).text).toContain('Waiting for a worker');
  });

  it('skips what is listed just so, and updates what has changed only where that is ticked', async () => {
    const [same, changed] = [await aMailUser(pair, { firstName: '', lastName: '' }), await aMailUser(pair)];
    const line = ({ source, target }: typeof same, name: string) =>
      `${name};${source.address.toUpperCase()};${target.address}`;
    const list = [
      'FirstName;SourceEmail;TargetEmail',
      line(same, ''),
      line(changed, 'Renamed'),
      'New;new@contoso.example;new@fabrikam.example',
    ];
    const path = await preview(list.join('\n'));
    const { text } = await agent.get(path).expect(200);
    expect(text).toContain('1 user is listed already just so and is skipped.');
    expect(text).toContain('Update the 1 user that has changed');
    await send(agent, path, path, { then: '' }).expect(303);
    const kept = await readChunks(idOf(path));
    expect(kept.map(({ firstName }) => firstName)).toEqual(['', 'New']);
  });

  it('says which started rows keep their target', async () => {
    const started = await aMailUser(pair, { state: 'working' });
    const path = await preview(
      `SourceEmail;TargetEmail\n${started.source.address};elsewhere@fabrikam.example`,
    );
    expect((await agent.get(path).expect(200)).text).toContain(
      '1 user was started already and keeps the target address.',
    );
  });

  it('says which keep their target because a password was given for it', async () => {
    const given = await aMailUser(pair, { asked: { credentialIds: ['c'.repeat(24)] } });
    const path = await preview(`SourceEmail;TargetEmail\n${given.source.address};elsewhere@fabrikam.example`);
    expect((await agent.get(path).expect(200)).text).toContain('keeps the target address.');
  });

  it('is refused where the start windows of a batch and its connectors are never open together', async () => {
    const startWindow = { from: '01:00', to: '02:00', days: [1], timeZone: 'UTC' };
    await saveBatchPlan('Never', { ...defaultBatchPlan, startWindow }, 0, new Date());
    const set = { startWindow: { ...startWindow, from: '03:00', to: '04:00' } };
    await Connectors.updateOne({ _id: pair.source._id }, { $set: set });
    const path = await preview(
      'SourceEmail;TargetEmail;BatchName\nnever@contoso.example;never@fabrikam.example;Never',
    );
    expect((await send(agent, path, path, { then: '' }).expect(422)).text).toContain('never open together');
    await Connectors.updateOne({ _id: pair.source._id }, { $unset: { startWindow: true } });
  });

  it('wants a tick where two rows go into one target', async () => {
    const path = await preview(
      'SourceEmail;TargetEmail\np@contoso.example;one@fabrikam.example\nq@contoso.example;one@fabrikam.example',
    );
    const refused = await send(agent, path, path, { then: '' }).expect(422);
    expect(refused.text).toContain('Tick that several mailboxes may go into one.');
    expect(refused.text).toContain('lines 2 and 3');
    await send(agent, path, path, { then: '', sharedTargets: '1' }).expect(303);
  });

  it('starts nothing on a connector whose last test found no usable sign-in', async () => {
    const blocked = await aConnector('source', {
      name: 'Tailspin',
      lastCheck: { at: new Date(), report: unusable },
    });
    const answer = await sendFile(agent, page, page, {
      ...connectors(),
      source: blocked._id.toHexString(),
      pasted: 'SourceEmail;TargetEmail\nz@contoso.example;z@fabrikam.example',
    });
    const path = answer.headers['location'] ?? '';
    const refused = await send(agent, path, path, { then: 'start' }).expect(422);
    expect(refused.text).toContain('Not started: the last test of Tailspin');
    await send(agent, path, path, { then: '' }).expect(303);
  });

  it('reads a file, and says why it cannot be one that is binary, in a wrong encoding or too large', async () => {
    const upload = (content: Buffer) =>
      sendFile(agent, page, page, connectors(), { name: 'list.csv', field: 'file', content });
    const good = await upload(
      Buffer.from('SourceEmail;TargetEmail\nfile@contoso.example;file@fabrikam.example'),
    );
    expect((await agent.get(good.headers['location'] ?? '').expect(200)).text).toContain('list.csv');
    const junk = await upload(Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(1000)]));
    expect(junk.status).toBe(422);
    expect(junk.text).toContain('This is no text.');
    expect((await upload(Buffer.from('\ufeffSourceEmail', 'utf16le'))).text).toContain('UTF-16');
    const large = await upload(Buffer.alloc(5_000_001, 'a'));
    expect(large.status).toBe(422);
    expect(large.text).toContain('larger than 5 MB');
  });

  it('asks for connectors and keeps what was pasted', async () => {
    const answer = await sendFile(agent, page, page, {
      source: '',
      target: '',
      pasted: 'SourceEmail;TargetEmail',
    });
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('Choose the source connector.');
    expect(answer.text).toContain('>SourceEmail;TargetEmail</textarea>');
  });

  it('forgets after a day what was shown and not imported', async () => {
    const path = await preview('SourceEmail;TargetEmail\nold@contoso.example;old@fabrikam.example');
    await ImportPreviews.updateOne(
      { _id: idOf(path) },
      { $set: { createdAt: new Date(Date.now() - 25 * 3_600_000) } },
    );
    await preview('SourceEmail;TargetEmail\nnew@contoso.example;new@fabrikam.example');
    expect(await readChunks(idOf(path))).toEqual([]);
    await agent.get(path).expect(404);
  });

  it('has a sample to download that it reads itself', async () => {
    const { text } = await agent
      .get(`${page}/sample.csv`)
      .expect(200)
      .expect('content-disposition', /mail-users\.csv/);
    const path = await preview(text);
    expect((await agent.get(path).expect(200)).text).toContain('Import 3 users');
  });
});
