import { directWire } from '../../src/connectors/memory';
import { signals, type CredentialSignal } from '../../workflows/messages';
import { eventually, House, type RunningWorker } from './house';

let house: House;
let worker: RunningWorker;
beforeAll(async () => {
  house = await House.open();
  worker = await house.startWorker();
  await house.startGate();
});
afterAll(() => house.close());

const restartWorker = async () => {
  await worker.end();
  worker = await house.startWorker();
};

describe('while the sealing key is rotated', () => {
  it('a migration under way goes on, and what is sealed for a key that no worker has yet waits for it', async () => {
    const running = await house.row({ invitation: 'none' });
    house.servers.fill(running.source.address, 2, 30);
    let letPass = () => {};
    const held = new Promise<void>((resolve) => (letPass = resolve));
    house.servers.wire = {
      send: async (request, signal) => {
        if (request.kind === 'putItems') await Promise.race([held, aborted(signal)]);
        return directWire.send(request, signal);
      },
    };
    await house.sendForm(running);
    await house.until(running, 'working');

    house.addKey();
    const typing = await house.row({ invitation: 'none' });
    house.servers.fill(typing.source.address, 1, 5);
    await house.sendForm(typing);
    const waiting = await house.until(typing, ({ projection }) => projection?.refusal !== undefined);
    expect(waiting.projection).toMatchObject({
      state: 'verifying',
      refusal: { outcome: 'unreachable', text: { code: 'SealKeyMissing' } },
    });

    await restartWorker();
    letPass();
    for (const row of [running, typing]) {
      const { projection } = await house.untilEnded(row);
      expect(projection?.state).toBe('completed');
      expect(projection?.timeline.map(({ state }) => state)).not.toContain('signInNeeded');
    }
    expect(house.servers.countItems('target', running.target.address)).toBe(60);
    expect(house.servers.tried.filter((line) => line.includes(typing.source.address))).not.toEqual([]);
  });

  it('what was sealed for a key that was taken away opens no more: it is destroyed, and its user asked again', async () => {
    const row = await house.row({ invitation: 'none' });
    house.servers.fill(row.source.address, 1, 5);
    await house.start(row);
    await house.until(row, 'awaitingSignIn');
    const twoDaysAgo = new Date(Date.now() - 2 * 24 * 60 * 60_000);
    const old = await house.keep(row, 'source', undefined, twoDaysAgo);
    house.addKey();
    house.takeOldKeysAway();
    await restartWorker();
    await house.handle(row).signal<[CredentialSignal]>(signals.credential, old);
    const { projection } = await house.until(
      row,
      (now) => now.projection?.state === 'awaitingSignIn' && now.projection.refusal !== undefined,
    );
    expect(projection?.refusal).toMatchObject({ outcome: 'refused', text: { code: 'CredentialClosed' } });
    await eventually(
      async () => ((await house.credentialsOf(row)) === 0 ? true : undefined),
      () => house.read(row),
    );
    await house.signIn(row, 'source');
    await house.signIn(row, 'target');
    expect((await house.untilEnded(row)).projection?.state).toBe('completed');
  });
});

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
  );
}
