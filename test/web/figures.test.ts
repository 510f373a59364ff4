import mongoose from 'mongoose';
import { createFigures } from '../../src/web/admin/figures';
import { Slots } from '../../src/models/slots';
import { aConnector, aMailUser, startAdmin, type AdminApp } from './admin-app';

let app: AdminApp;
beforeAll(async () => {
  // No moment passes.
  app = await startAdmin(createFigures(() => 0));
});
afterAll(async () => {
  mongoose.set('debug', false);
  await app.end();
});

/** How often the database is asked this while something is done. */
async function askedDuring(asked: [string, string], work: () => Promise<unknown>): Promise<number> {
  let times = 0;
  mongoose.set('debug', (collection: string, method: string) => {
    if (collection === asked[0] && method === asked[1]) times += 1;
  });
  await work();
  mongoose.set('debug', false);
  return times;
}

/** What it is asked of all mail users. */
const aggregationsDuring = (work: () => Promise<unknown>) => askedDuring(['mailUsers', 'aggregate'], work);

describe('the figures of all mail users', () => {
  it('are read once for all pages that ask again within a moment, and anew for whoever opens one', async () => {
    const pair = { source: await aConnector('source'), target: await aConnector('target') };
    for (const batch of ['Berlin', 'Berlin', 'Paris']) await aMailUser(pair, { batch });
    const viewers = [await app.signedIn(), await app.signedIn(), await app.signedIn()];
    const refresh = async (path: string, part: string) => {
      const pages = await Promise.all(viewers.map((viewer) => viewer.get(path).set('hx-request', 'true')));
      for (const { text } of pages) expect(text).toContain(part);
    };
    const refreshAll = () =>
      Promise.all([
        refresh('/admin', '<a href="/admin/users">3</a>'),
        refresh('/admin/batches', 'Berlin'),
        refresh('/admin/batches/Paris', '1 user'),
        refresh('/admin/users', 'Berlin'),
      ]);
    // The states of all batches, and the sums of the figures.
    expect(await aggregationsDuring(refreshAll)).toBe(2);
    expect(await aggregationsDuring(refreshAll)).toBe(0);
    await aMailUser(pair, { batch: 'Rome' });
    const [viewer] = viewers;
    expect((await viewer?.get('/admin'))?.text).toContain('<a href="/admin/users">4</a>');
    expect(await aggregationsDuring(() => refresh('/admin/batches', 'Rome'))).toBe(0);
  });

  it('have the places of all that wait with them, for the pages of users too', async () => {
    const pair = { source: await aConnector('source'), target: await aConnector('target') };
    const row = await aMailUser(pair, { state: 'scheduled', batch: 'Waiting' });
    await Slots.create({
      _id: row._id.toHexString(),
      ticket: 't',
      epoch: 1,
      sourceConnectorId: pair.source._id.toHexString(),
      targetConnectorId: pair.target._id.toHexString(),
      since: new Date(),
      seenAt: new Date(),
    });
    const viewers = [await app.signedIn(), await app.signedIn()];
    const refreshAll = async () => {
      for (const viewer of viewers)
        for (const path of ['/admin/users?batch=Waiting', `/admin/users/${row._id.toHexString()}`])
          expect((await viewer.get(path).set('hx-request', 'true')).text).toContain('Next in the queue');
      expect((await app.visitor().get(app.path(row))).text).toContain('is the next');
    };
    // All that wait, and those of them that wait for a worker.
    expect(await askedDuring(['slots', 'find'], refreshAll)).toBe(2);
    expect(await askedDuring(['slots', 'find'], refreshAll)).toBe(0);
  });
});
