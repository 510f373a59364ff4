import { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileSimulator, startProcess } from './compiled';
import type { SimulatorProcess } from './compiled';
import {
  codes,
  createMessage,
  envelope,
  ewsClient,
  findItem,
  getItem,
  itemIds,
  mimeOf,
  texts,
} from './ews-client';
import type { EwsClient } from './ews-client';
import { ADA } from './simulator';

describe('the simulator as a process', () => {
  const directory = mkdtempSync(join(tmpdir(), 'exchange-process-'));
  const data = join(directory, 'data');
  let main = '';
  let running: SimulatorProcess;
  let client: EwsClient;

  const control = (method: string, path: string, body?: object) =>
    fetch(`${running.control}${path}`, { method, ...(body ? { body: JSON.stringify(body) } : {}) });
  async function start(): Promise<void> {
    running = await startProcess(main, data);
    client = ewsClient(running, ADA);
  }
  async function restart(signal: NodeJS.Signals): Promise<number | null> {
    client.close();
    const code = await running.end(signal);
    await start();
    return code;
  }

  beforeAll(async () => {
    main = compileSimulator(join(directory, 'compiled'));
    await start();
    await control('POST', '/mailboxes', { address: ADA.user, password: ADA.password });
  });
  afterAll(async () => {
    client.close();
    await running.end('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  });

  it('loses nothing that it acknowledged when it is killed in the middle of writing', async () => {
    const acknowledged: string[] = [];
    let killed = false;
    const writers = Array.from({ length: 4 }, async (_, writer) => {
      for (let number = 0; !killed; number++) {
        const name = `w${writer}-${number}`;
        const size = number % 5 === 0 ? 400_000 : 500;
        try {
          const { text } = await client.call(createMessage(mimeOf(name, name.repeat(size / name.length))));
          if (codes(text)[0] === 'NoError') acknowledged.push(name);
        } catch {
          return;
        }
        if (acknowledged.length >= 60 && !killed) {
          killed = true;
          running.child.kill('SIGKILL');
        }
      }
    });
    await Promise.all(writers);
    await restart('SIGKILL');
    const page = '<m:IndexedPageItemView MaxEntriesReturned="1000" Offset="0" BasePoint="Beginning"/>';
    const { text } = await client.call(findItem('inbox', '', page));
    expect(texts(text, 'Subject')).toEqual(expect.arrayContaining(acknowledged));
    const mimes = await client.call(
      getItem(
        itemIds(text),
        '<t:BaseShape>IdOnly</t:BaseShape><t:IncludeMimeContent>true</t:IncludeMimeContent>',
      ),
    );
    const bodies = texts(mimes.text, 'MimeContent').map((each) => Buffer.from(each, 'base64').toString());
    for (const name of acknowledged)
      expect(
        bodies.some((body) => body.includes(`Subject: ${name}\r\n`) && body.endsWith(`${name}\r\n`)),
      ).toBe(true);
  });

  it('cuts off a half-written transaction and goes on', async () => {
    const before = texts((await client.call(findItem('inbox'))).text, 'Subject').length;
    client.close();
    await running.end('SIGKILL');
    const [mailbox = ''] = readdirSync(join(data, 'mailboxes'));
    appendFileSync(join(data, 'mailboxes', mailbox, 'journal.jsonl'), '[{"t":"item","item":{"counter":99');
    await start();
    await client.call(createMessage(mimeOf('after')));
    await restart('SIGKILL');
    expect(texts((await client.call(findItem('inbox'))).text, 'Subject')).toHaveLength(before + 1);
  });

  it('ends well on SIGTERM and keeps mailbox, password and certificate authority', async () => {
    expect(await restart('SIGTERM')).toBe(0);
    expect((await client.call(findItem('inbox'))).status).toBe(200);
  });

  it('takes and gives an item of 40 MB without holding it', async () => {
    await control('PUT', '/policy', { requestLimitBytes: 256 * 1024 * 1024 });
    const line = Buffer.from(`${'QUJD'.repeat(19)}\r\n`);
    const content = Buffer.concat([
      Buffer.from(
        'Subject: big\r\nMIME-Version: 1.0\r\nContent-Type: application/octet-stream; name=big.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n',
      ),
      ...Array<Buffer>(520_000).fill(line),
    ]);
    const [head = '', tail = ''] = envelope(createMessage('SPLIT')).split(
      Buffer.from('SPLIT').toString('base64'),
    );
    function* body(): Generator<Buffer> {
      yield Buffer.from(head);
      for (let at = 0; at < content.length; at += 3_000_000)
        yield Buffer.from(content.subarray(at, at + 3_000_000).toString('base64'));
      yield Buffer.from(tail);
    }
    const created = await client.post(body());
    expect(codes(created.text)).toEqual(['NoError']);
    const { text } = await client.call(
      getItem(
        itemIds(created.text),
        '<t:BaseShape>IdOnly</t:BaseShape><t:IncludeMimeContent>true</t:IncludeMimeContent>',
      ),
    );
    expect(texts(text, 'MimeContent')[0]?.length).toBe(Math.ceil(content.length / 3) * 4);
    expect(running.peakBytes()).toBeLessThan(200 * 1024 * 1024);
  });
});
