import { signals, type ResendSignal } from '../../workflows/messages';
import { Connectors, type ConnectorDocument } from '../../src/models/connectors';
import { administrator, eventually, House } from './house';
import { recordHistory } from './record-histories';
import { unreachable } from './mail-servers';
import { settledStates } from './settled-states';

let house: House;
beforeAll(async () => {
  house = await House.open();
  await house.startWorker();
  await house.startGate();
});
afterAll(() => house.close());
afterEach(() => {
  house.servers.beforeOpen = () => undefined;
});

const states = settledStates(() => house);

describe('signing in', () => {
  it('takes a wrong password and then the right one on the same link, and keeps the side that was accepted', async () => {
    const row = await house.row();
    await house.start(row);
    await house.until(row, 'emailSent');
    await house.signIn(row, 'target');
    await house.signIn(row, 'source', 'wrong');
    const refused = await house.until(
      row,
      (now) => now.projection?.refusal !== undefined && now.projection.state === 'emailSent',
    );
    expect(refused.projection).toMatchObject({
      signedIn: ['target'],
      wanted: ['source'],
      refusal: { side: 'source', outcome: 'refused', text: { remedy: 'checkNameAndPassword' } },
    });
    expect(refused.projection?.timeline.at(-1)).toMatchObject({
      state: 'emailSent',
      fault: { remedy: 'checkNameAndPassword' },
    });
    expect(refused.asked.credentialIds).toEqual([]);
    expect(await house.credentialsOf(row)).toBe(1);
    await house.signIn(row, 'source');
    const { projection } = await house.untilEnded(row);
    expect(projection?.state).toBe('completed');
    expect(projection?.refusals).toHaveLength(1);
    const sent = house.servers.tried.filter((line) => line.startsWith(`source ${row.source.address} wrong`));
    expect(sent).toHaveLength(1);
  });

  it('destroys a second credential for a side that is being checked, and one for a side that is not asked for', async () => {
    const row = await house.row();
    await house.start(row);
    await house.until(row, 'emailSent');
    let answer = () => {};
    house.servers.beforeOpen = () => new Promise((resolve) => (answer = () => resolve(undefined)));
    await house.signIn(row, 'source');
    await house.until(row, 'verifying');
    const second = await house.signIn(row, 'source');
    await house.until(
      row,
      (now) => now.projection?.handledCredentialIds.includes(second.credentialId) === true,
    );
    house.servers.beforeOpen = () => undefined;
    answer();
    await house.until(row, (now) => now.projection?.signedIn.includes('source') === true);
    const third = await house.signIn(row, 'source');
    await house.until(
      row,
      (now) => now.projection?.handledCredentialIds.includes(third.credentialId) === true,
    );
    expect(
      await eventually(
        async () => ((await house.credentialsOf(row)) === 1 ? true : undefined),
        () => house.credentialsOf(row),
      ),
    ).toBe(true);
    await house.handle(row).signal(signals.stop, { by: administrator });
    await house.untilEnded(row);
    expect(await house.credentialsOf(row)).toBe(0);
  });

  it('that was needed again takes its fault off the row as soon as nothing more is wanted', async () => {
    const row = await states.signInNeeded();
    const { projection: needed } = await house.until(row, 'signInNeeded');
    expect(needed?.fault?.text.remedy).toBe('signInAgain');
    await Connectors.updateOne({ _id: row.source.connectorId }, { $set: { mailboxesAtOnce: 0 } });
    await house.signIn(row, 'source');
    const { projection } = await house.until(row, 'scheduled');
    expect(projection?.fault).toBeUndefined();
    await house.handle(row).signal(signals.stop, { by: administrator });
    await house.untilEnded(row);
  });

  it('tries on while the server does not answer, and counts no refusal', async () => {
    const row = await house.row({ invitation: 'none' });
    await house.start(row);
    await house.until(row, 'awaitingSignIn');
    house.servers.beforeOpen = () => {
      throw unreachable();
    };
    await house.signIn(row, 'source');
    await house.signIn(row, 'target');
    const away = await house.until(row, (now) => now.projection?.refusal?.outcome === 'unreachable');
    expect(away.projection?.state).toBe('verifying');
    house.servers.beforeOpen = () => undefined;
    const { projection } = await house.untilEnded(row);
    expect(projection?.state).toBe('completed');
    expect(projection?.refusals ?? []).toEqual([]);
  });

  it('gives up a server that does not answer for too long, destroys the credential and asks again', async () => {
    const row = await house.row({ invitation: 'none' });
    await house.start(row, { verifyForMs: 500 });
    await house.until(row, 'awaitingSignIn');
    house.servers.beforeOpen = () => {
      throw unreachable();
    };
    await house.signIn(row, 'source');
    const back = await house.until(row, (now) => (now.projection?.refusals?.length ?? 0) > 0);
    expect(back.projection?.refusals?.[0]).toMatchObject({ side: 'source', outcome: 'unreachable' });
    await house.until(row, 'awaitingSignIn');
    await house.handle(row).signal(signals.stop, { by: administrator });
    await house.untilEnded(row);
  });

  it('takes no password after three refusals within half an hour on one mailbox, through whatever row', async () => {
    const first = await house.row();
    const target = await Connectors.findById(first.target.connectorId).lean<ConnectorDocument>();
    if (target === null) throw new Error('no target connector');
    const second = await house.row({ target, targetAddress: first.target.address });
    await Promise.all([house.start(first), house.start(second)]);
    for (const [row, refusals] of [
      [first, 1],
      [first, 2],
      [second, 1],
    ] as const) {
      await house.until(row, 'emailSent');
      await house.signIn(row, 'target', 'wrong');
      await house.until(
        row,
        (now) => now.projection?.refusals?.length === refusals && now.projection.state === 'emailSent',
      );
    }
    expect((await house.read(second)).projection?.refusal?.waitUntil).toBeInstanceOf(Date);
    const tried = house.servers.tried.length;
    await house.signIn(first, 'target');
    const refused = await house.until(first, (now) => now.projection?.refusals?.length === 3);
    expect(refused.projection?.refusal?.text.code).toBe('TooManySignIns');
    expect(house.servers.tried).toHaveLength(tried);
    for (const row of [first, second]) await house.handle(row).signal(signals.stop, { by: administrator });
    await Promise.all([house.untilEnded(first), house.untilEnded(second)]);
  });

  it('starts from Not started with the form alone, without an invitation', async () => {
    const row = await house.row({ invitation: 'both' });
    house.servers.fill(row.source.address, 1, 3);
    await house.sendForm(row);
    const { projection } = await house.untilEnded(row);
    expect(projection?.state).toBe('completed');
    expect(await house.states(row)).not.toContain('emailSent');
    const subjects = () =>
      Promise.all(
        house.inbox.recipients.flatMap((to, n) =>
          to === row.source.address || to === row.target.address
            ? [house.inbox.parsed(n).then(({ subject }) => subject)]
            : [],
        ),
      );
    // An invitation would have come before the mail that tells of the end.
    const sent = await eventually(async () => {
      const all = await subjects();
      return all.length > 0 ? all : undefined;
    }, subjects);
    for (const subject of sent) expect(subject).toContain('has moved');
    await house.handle(row).result();
    await recordHistory(house, house.handle(row).workflowId, 'form');
  });

  it('sends the invitation again when asked, and gives the time to sign in anew', async () => {
    const row = await house.row();
    await house.start(row);
    const first = await house.until(row, 'emailSent');
    await house
      .handle(row)
      .signal<[ResendSignal]>(signals.resendInvitation, { requestId: 'again', by: administrator });
    await house
      .handle(row)
      .signal<[ResendSignal]>(signals.resendInvitation, { requestId: 'again', by: administrator });
    const before = first.projection?.invitation?.sentAt?.getTime() ?? 0;
    await house.until(row, (now) => (now.projection?.invitation?.sentAt?.getTime() ?? 0) > before);
    expect(house.inbox.recipients.filter((to) => to === row.source.address)).toHaveLength(2);
    await house.handle(row).signal(signals.stop, { by: administrator });
    await house.untilEnded(row);
    await house.handle(row).result();
    await recordHistory(house, house.handle(row).workflowId, 'resent');
  });

  it('expires with its link, and begins a new epoch when the invitation is sent again', async () => {
    const row = await house.row();
    await house.start(row, { linkLifeMs: 700 });
    const expired = await house.until(row, 'expired');
    expect(expired.projection?.epoch).toBe(1);
    expect(await house.states(row)).toContain('emailSent');
    await house.handle(row).result();
    await recordHistory(house, house.handle(row).workflowId, 'expired');
    await house.start(row, {}, 'resend');
    const again = await house.until(row, 'emailSent');
    expect(again.projection).toMatchObject({ epoch: 2, wanted: ['source', 'target'] });
    expect(await house.states(row)).toEqual(expect.arrayContaining(['expired', 'starting', 'emailSent']));
    await house.handle(row).signal(signals.stop, { by: administrator });
    await house.untilEnded(row);
  });
});
