import { codes, createMessage, envelope, findItem, mimeOf } from './ews-client';
import { ADA, openSimulator } from './simulator';
import type { Simulator } from './simulator';

describe('limits of the simulator', () => {
  let simulator: Simulator;
  beforeEach(async () => {
    simulator = await openSimulator({ policy: { requestLimitBytes: 100_000 } });
  });
  afterEach(() => simulator.close());

  const big = () => envelope(createMessage(mimeOf('too big', 'x'.repeat(200_000))));
  const itemsInInbox = () => simulator.exchange.mailbox(ADA.user).folderByName('inbox')?.items.size;

  function* inChunks(text: string): Generator<Buffer> {
    for (let at = 0; at < text.length; at += 20_000) yield Buffer.from(text.slice(at, at + 20_000));
  }

  it('is 64 MB for a request by default', async () => {
    const other = await openSimulator();
    expect(other.exchange.state.policy.requestLimitBytes).toBe(64 * 1024 * 1024);
    await other.close();
  });

  it.each([['413', 413] as const, ['404', 404] as const])(
    'refuses a greater request with %s, announced or in chunks',
    async (overLimit, status) => {
      simulator.exchange.setPolicy({ overLimit });
      expect((await simulator.ada.post(big())).status).toBe(status);
      expect((await simulator.ada.post(inChunks(big()))).status).toBe(status);
      expect(itemsInInbox()).toBe(0);
    },
  );

  it('resets the connection where it is told to', async () => {
    simulator.exchange.setPolicy({ overLimit: 'reset' });
    await expect(simulator.ada.post(big())).rejects.toThrow();
    expect(itemsInInbox()).toBe(0);
  });

  it('takes a request in chunks below the limit', async () => {
    expect(
      (await simulator.ada.post(inChunks(envelope(createMessage(mimeOf('in chunks', 'y'.repeat(50_000)))))))
        .status,
    ).toBe(200);
    expect(itemsInInbox()).toBe(1);
  });

  it('answers ErrorExceededConnectionCount beyond the mailbox connections', async () => {
    simulator.exchange.setPolicy({ maxConcurrency: 2 });
    simulator.exchange.addFault({ kind: 'latency', ms: 300 });
    const answers = await Promise.all(Array.from({ length: 4 }, () => simulator.ada.call(findItem('inbox'))));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(2);
    const refused = answers.filter(({ status }) => status === 500);
    expect(refused.flatMap(({ text }) => codes(text))).toEqual([
      'ErrorExceededConnectionCount',
      'ErrorExceededConnectionCount',
    ]);
  });

  it('answers ErrorServerBusy with the time to wait once requests or bytes are used up', async () => {
    simulator.exchange.setPolicy({ requestsPerMinute: 2 });
    const answers = [];
    for (let request = 0; request < 3; request++) answers.push(await simulator.ada.call(findItem('inbox')));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 500]);
    expect(answers[2]?.text).toMatch(/<t:MessageXml[^>]*><t:Value Name="BackOffMilliseconds">\d+<\/t:Value>/);
    simulator.exchange.setPolicy({ requestsPerMinute: 1000, bytesPerFiveMinutes: 5000 });
    const statuses = [];
    for (let put = 0; put < 3; put++)
      statuses.push((await simulator.ada.call(createMessage(mimeOf('bytes', 'z'.repeat(4000))))).status);
    expect(statuses).toEqual([200, 500, 500]);
  });

  it('answers ErrorMessageSizeExceeded for an item beyond the message limit', async () => {
    simulator.exchange.setPolicy({ messageLimitBytes: 10_000 });
    const { text } = await simulator.ada.call(createMessage([mimeOf('a', 'a'.repeat(15_000)), mimeOf('b')]));
    expect(codes(text)).toEqual(['ErrorMessageSizeExceeded', 'NoError']);
  });

  it('answers ErrorQuotaExceeded for the items that do not fit', async () => {
    simulator.exchange.mailboxes.change(simulator.exchange.mailbox(ADA.user), { quotaBytes: 25_000 });
    const { text } = await simulator.ada.call(
      createMessage([mimeOf('a', 'a'.repeat(15_000)), mimeOf('b', 'b'.repeat(15_000)), mimeOf('c')]),
    );
    expect(codes(text)).toEqual(['NoError', 'ErrorQuotaExceeded', 'NoError']);
  });
});
