import type { MailUser } from '../../src/models/mail-users';
import { Slots, type SlotDocument } from '../../src/models/slots';
import { sayRoom, WorkerRooms } from '../../src/models/worker-rooms';
import { aProjection } from './self-service-app';
import {
  aConnector,
  aMailUser,
  aPair,
  idOf,
  startAdmin,
  type AdminApp,
  type Agent,
  type Pair,
} from './admin-app';

let app: AdminApp;
let agent: Agent;
let pair: Pair;
beforeAll(async () => {
  app = await startAdmin();
  agent = await app.signedIn();
  pair = await aPair();
});
afterAll(() => app.end());

/** Somebody who has asked for slots. */
async function waiting(
  of: Pair,
  batch: string,
  since: number,
  granted?: Pick<SlotDocument, 'grantedAt' | 'takenAt' | 'begunAt'>,
): Promise<MailUser> {
  const row = await aMailUser(of, { state: 'scheduled', batch });
  await Slots.create({
    _id: idOf(row),
    ticket: 't',
    epoch: 1,
    sourceConnectorId: row.source.connectorId.toHexString(),
    targetConnectorId: row.target.connectorId.toHexString(),
    since: new Date(since),
    seenAt: new Date(),
    ...granted,
  });
  return row;
}

const rowOf = (text: string, row: MailUser) =>
  text.slice(text.indexOf(`id="row-${idOf(row)}"`)).split('</tr>')[0];

describe('the list', () => {
  it('says why somebody is scheduled: his start window, or his place among those of the same full connector', async () => {
    const full = { source: pair.source, target: await aConnector('target', { mailboxesAtOnce: 1 }) };
    const other = { source: await aConnector('source'), target: full.target };
    await waiting(full, 'Queue', 0, { grantedAt: new Date(), begunAt: new Date() });
    const first = await waiting(full, 'Queue', 1);
    const second = await waiting(other, 'Queue', 2);
    const third = await waiting(full, 'Queue', 3);
    const elsewhere = await waiting(pair, 'Queue', 4);
    const until = new Date('2099-01-01T18:00:00Z');
    const waitsFor = { kind: 'startWindow', until } as const;
    await aMailUser(pair, { projection: aProjection({ state: 'scheduled', waitsFor }), batch: 'Queue' });
    const { text } = await agent.get('/admin/users?batch=Queue').expect(200);
    expect(rowOf(text, first)).toContain('Next in the queue');
    expect(rowOf(text, second)).toContain('Place 2 in the queue');
    expect(rowOf(text, third)).toContain('Place 3 in the queue');
    expect(rowOf(text, elsewhere)).toContain('Next in the queue');
    expect(text).toContain('Its start window opens <time datetime="2099-01-01T18:00:00.000Z"');
  });

  it('tells a place in the order in which batches take turns, not by who asked first', async () => {
    await Slots.deleteMany();
    await waiting(pair, 'Turns', 1, { grantedAt: new Date(), begunAt: new Date() });
    const first = await waiting(pair, 'Turns', 2);
    const second = await waiting(pair, 'Turns', 3);
    const small = await waiting(pair, 'Turns of few', 4);
    const list = async (batch: string) => (await agent.get('/admin/users').query({ batch }).expect(200)).text;
    expect(rowOf(await list('Turns of few'), small)).toContain('Next in the queue');
    expect(rowOf(await list('Turns'), first)).toContain('Place 2 in the queue');
    expect(rowOf(await list('Turns'), second)).toContain('Place 3 in the queue');
  });

  it('counts a place among all that wait where workers, and not their connectors, are full', async () => {
    const other = { source: await aConnector('source'), target: pair.target };
    await Slots.deleteMany();
    const granted = { grantedAt: new Date(), takenAt: new Date() };
    await sayRoom({ _id: 'worker', capacity: 4, open: 3 });
    const turn = await waiting(pair, 'Full', 1, granted);
    const [first, elsewhere] = [await waiting(pair, 'Full', 2), await waiting(other, 'Full', 3)];
    const list = async () => (await agent.get('/admin/users?batch=Full').expect(200)).text;
    const full = await list();
    expect(rowOf(full, first)).toContain('Next in the queue');
    expect(rowOf(full, elsewhere)).toContain('Place 2 in the queue');
    expect(rowOf(full, turn)).toContain('when a worker has room');
    const page = await agent.get(`/admin/users/${idOf(elsewhere)}`).expect(200);
    expect(page.text).toContain('Place 2 in the queue');
    await sayRoom({ _id: 'worker', capacity: 4, open: 2 });
    expect(rowOf(await list(), elsewhere)).toContain('Next in the queue');
    await WorkerRooms.deleteMany();
  });

  it('is paged by key, forth and back, and its filters are in the address', async () => {
    const page = { source: await aConnector('source'), target: pair.target };
    const rows = await Promise.all(Array.from({ length: 120 }, () => aMailUser(page, { batch: 'Paged' })));
    const first = await agent.get('/admin/users?batch=Paged').expect(200);
    expect(first.text).toContain('120 users');
    const ids = (text: string) => [...text.matchAll(/id="row-([0-9a-f]{24})"/g)].map(([, id]) => id);
    const link = (text: string, rel: string) =>
      new RegExp(`href="([^"]+)" rel="${rel}"`)
        .exec(text)?.[1]
        ?.replaceAll('&amp;', '&')
        .replaceAll('&#x3D;', '=') ?? '';
    const second = await agent.get(link(first.text, 'next')).expect(200);
    const third = await agent.get(link(second.text, 'next')).expect(200);
    const all = [...ids(first.text), ...ids(second.text), ...ids(third.text)];
    expect(new Set(all)).toEqual(new Set(rows.map(idOf)));
    expect(all).toHaveLength(120);
    expect(ids((await agent.get(link(second.text, 'prev')).expect(200)).text)).toEqual(ids(first.text));
  });

  it('finds by part of an address or a name, and takes nothing typed as a pattern', async () => {
    const row = await aMailUser(pair, { lastName: 'Zyx(w' });
    expect((await agent.get('/admin/users?q=ZYX(W').expect(200)).text).toContain(`row-${idOf(row)}`);
    expect((await agent.get('/admin/users?q=.*').expect(200)).text).toContain('Nobody matches this filter');
  });

  it('understands no filter, place or order that it did not make, and stays whole', async () => {
    await agent
      .get('/admin/users?state=nonsense&source=1&after=nonsense&order=sideways&batch[]=x')
      .expect(200);
  });
});
