import mongoose from 'mongoose';
import { createFigures } from '../../src/web/admin/figures';
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

/** What the database is asked of all mail users while something is done. */
async function aggregationsDuring(work: () => Promise<unknown>): Promise<number> {
  let asked = 0;
  mongoose.set('debug', (collection: string, method: string) => {
    if (collection === 'mailUsers' && method === 'aggregate') asked += 1;
  });
  await work();
  mongoose.set('debug', false);
  return asked;
}

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
});
