import { randomUUID } from 'node:crypto';
import { directWire } from '../../src/connectors/memory';
import { Fault } from '../../src/domain/faults';
import { ConnectorChecks } from '../../src/models/connector-checks';
import { Connectors, type ConnectorDocument } from '../../src/models/connectors';
import type { MailUser } from '../../src/models/mail-users';
import { Slots } from '../../src/models/slots';
import { checkStart, signals, workflowTypes } from '../../workflows/messages';
import { administrator, eventually, House, type RunningWorker } from './house';

let house: House;
let worker: RunningWorker;
beforeAll(async () => {
  house = await House.open();
  worker = await house.startWorker();
  await house.startGate();
});
afterAll(() => house.close());
afterEach(() => {
  house.servers.wire = directWire;
  house.servers.beforeOpen = () => undefined;
  house.servers.beforeCheck = () => undefined;
});

const text = { code: 'HTTP 503', remedy: 'wait' as const, message: 'The server asks for a pause.' };
const askedOfAll = (retryAfterMs: number) =>
  new Fault({ kind: 'throttled', retryAfterMs, scope: 'connector' }, text, true);

async function read(connector: ConnectorDocument): Promise<ConnectorDocument | null> {
  return Connectors.findById(connector._id).lean<ConnectorDocument>();
}

describe('mailboxes of a connector whose server asked everybody to wait', () => {
  async function rowsOf(count: number): Promise<MailUser[]> {
    const source = await house.connector('source');
    const target = await house.connector('target');
    const rows = await Promise.all(Array.from({ length: count }, () => house.row({ source, target })));
    for (const row of rows) house.servers.fill(row.source.address, 1, 5);
    return rows;
  }
  const grants = (rows: MailUser[]) =>
    Slots.countDocuments({
      _id: { $in: rows.map(({ _id }) => _id.toHexString()) },
      grantedAt: { $exists: true },
    });
  const stop = async (rows: MailUser[]) => {
    for (const row of rows) await house.handle(row).signal(signals.stop, { by: administrator });
    await Promise.all(rows.map((row) => house.untilEnded(row)));
  };

  it('ask nothing until a short wait is over, then go on one after the other', async () => {
    const rows = await rowsOf(4);
    const asked: number[] = [];
    let told = 0;
    house.servers.wire = {
      send: async (request, signal) => {
        const isOfSource = ['listFolders', 'listChanges', 'readItems'].includes(request.kind);
        if (told > 0 && isOfSource) asked.push(Date.now() - told);
        else if (request.kind === 'readItems') {
          told = Date.now();
          throw askedOfAll(3_000);
        }
        return directWire.send(request, signal);
      },
    };
    await house.sendForm(rows[0] as MailUser);
    for (const row of rows.slice(1)) await house.sendForm(row);
    const ended = await Promise.all(rows.map((row) => house.untilEnded(row)));
    expect(ended.map(({ projection }) => projection?.state)).toEqual(rows.map(() => 'completed'));
    // The target was not told to wait: what is in the target's hands may be finished. What had left already may arrive.
    expect(told).toBeGreaterThan(0);
    expect(asked.filter((ms) => ms > 1_000 && ms < 3_000)).toEqual([]);
    expect(Math.max(...asked)).toBeGreaterThan(3_000);
  });

  it('give their slots back where the wait is long, also those that were not told themselves, until another server is named', async () => {
    const rows = await rowsOf(2);
    let asking = 0;
    let isTold = false;
    house.servers.wire = {
      send: async (request, signal) => {
        if (request.kind === 'listChanges' && !isTold) {
          asking += 1;
          // Both are at work when the first of them is told.
          await eventually(
            async () => (asking === 2 || isTold ? true : undefined),
            () => asking,
          );
          if (isTold) return directWire.send(request, signal);
          isTold = true;
          throw askedOfAll(3_600_000);
        }
        return directWire.send(request, signal);
      },
    };
    for (const row of rows) await house.sendForm(row);
    const seen = await Promise.all(rows.map((row) => house.until(row, 'throttled')));
    for (const { projection } of seen)
      expect(projection?.throttledUntil?.getTime()).toBeGreaterThan(Date.now() + 3_500_000);
    await eventually(
      async () => ((await grants(rows)) === 0 ? true : undefined),
      () => grants(rows),
    );
    // An edit that leaves the servers as they are ends no wait; one that names another, of which they are told, does.
    for (const row of rows) await house.handle(row).signal(signals.planChanged, {});
    for (const row of rows) await house.eventuallyTaken(row, signals.planChanged);
    for (const row of rows) expect((await house.read(row)).projection?.state).toBe('throttled');
    await Connectors.updateOne(
      { _id: rows[0]?.source.connectorId },
      { $set: { 'exchange.serverName': 'other.contoso.example' }, $unset: { throttled: true } },
    );
    for (const row of rows) await house.handle(row).signal(signals.planChanged, {});
    const ended = await Promise.all(rows.map((row) => house.untilEnded(row)));
    expect(ended.map(({ projection }) => projection?.state)).toEqual(['completed', 'completed']);
  });

  it('are given no slot while it lasts, and are let in afterwards', async () => {
    const rows = await rowsOf(2);
    const _id = rows[0]?.source.connectorId;
    await Connectors.updateOne({ _id }, { $set: { mailboxesAtOnce: 0 } });
    for (const row of rows) await house.sendForm(row);
    await Promise.all(rows.map((row) => house.until(row, 'scheduled')));
    const hour = 3_600_000;
    const throttled = { until: new Date(Date.now() + hour), waitMs: hour, code: 'HTTP 503' };
    await Connectors.updateOne({ _id }, { $set: { throttled, mailboxesAtOnce: 20 } });
    // Whoever comes later, by way of other servers, is let in: the gate has looked.
    const [later] = (await rowsOf(1)) as [MailUser];
    await house.sendForm(later);
    await house.untilEnded(later);
    expect(await grants(rows)).toBe(0);
    await Connectors.updateOne({ _id }, { $set: { 'throttled.until': new Date() } });
    const ended = await Promise.all(rows.map((row) => house.untilEnded(row)));
    expect(ended.map(({ projection }) => projection?.state)).toEqual(['completed', 'completed']);
  });

  it('have no sign-in tried while it lasts', async () => {
    const [row] = (await rowsOf(1)) as [MailUser];
    const hour = 3_600_000;
    const throttled = { until: new Date(Date.now() + hour), waitMs: hour, code: 'HTTP 503' };
    await Connectors.updateOne({ _id: row.source.connectorId }, { $set: { throttled } });
    const { connectorWaits } = worker.deps;
    await eventually(
      () => connectorWaits.of(row.source.connectorId.toHexString(), 'any'),
      () => Connectors.findById(row.source.connectorId),
    );
    await house.sendForm(row);
    const { projection } = await house.until(row, (now) => now.projection?.refusal?.side === 'source');
    expect(projection?.refusal).toMatchObject({ outcome: 'unreachable', text: { code: 'HTTP 503' } });
    expect(house.servers.tried.filter((tried) => tried.startsWith(`source ${row.source.address}`))).toEqual(
      [],
    );
    await stop([row]);
  });
});

describe('Test connection', () => {
  const hour = 3_600_000;
  async function test(connector: ConnectorDocument) {
    const [checkId, connectorId] = [randomUUID(), connector._id.toHexString()];
    await ConnectorChecks.create({ _id: checkId, connectorId, askedAt: new Date() });
    await house.client.workflow.execute(workflowTypes.checkConnector, checkStart({ checkId, connectorId }));
    return ConnectorChecks.findById(checkId).orFail().lean();
  }

  it('asks nothing of a server that has everybody wait, says until when, and leaves what was found before', async () => {
    const connector = await house.connector('source');
    const throttled = { until: new Date(Date.now() + hour), waitMs: hour, code: 'HTTP 503' };
    const lastCheck = { at: new Date(), report: { usable: true, steps: [] } };
    await Connectors.updateOne({ _id: connector._id }, { $set: { throttled, lastCheck } });
    const before = house.servers.checks;
    const { report, heldUntil } = await test(connector);
    expect(house.servers.checks).toBe(before);
    expect(report).toBeUndefined();
    expect(Math.abs((heldUntil?.getTime() ?? 0) - throttled.until.getTime())).toBeLessThan(100);
    expect((await read(connector))?.lastCheck).toMatchObject(lastCheck);
  });

  it('has all others wait where the server asks for it during the test', async () => {
    const connector = await house.connector('source');
    house.servers.beforeCheck = () => {
      throw askedOfAll(hour);
    };
    const { heldUntil } = await test(connector);
    expect(heldUntil?.getTime()).toBeGreaterThan(Date.now() + hour - 60_000);
    const throttled = await eventually(
      async () => (await read(connector))?.throttled,
      () => read(connector),
    );
    expect(throttled).toMatchObject({ waitMs: hour, code: 'HTTP 503' });
  });
});
