import type { ControlState, MailboxState } from '../../sandbox/exchange/control';
import { createMessage, findItem, mimeOf, texts } from './ews-client';
import { ADA, openSimulator } from './simulator';
import type { Simulator } from './simulator';

describe('the control API', () => {
  let simulator: Simulator;
  beforeEach(async () => {
    simulator = await openSimulator({ controlPort: 0 });
  });
  afterEach(() => simulator.close());

  async function ask<T>(method: string, path: string, body?: unknown): Promise<{ status: number; value: T }> {
    const response = await fetch(`${simulator.exchange.control}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, value: (text ? JSON.parse(text) : undefined) as T };
  }

  it('makes, changes and removes mailboxes', async () => {
    const carol = '/mailboxes/carol%40contoso.example';
    const made = await ask<MailboxState>('POST', '/mailboxes', {
      address: 'carol@contoso.example',
      password: 'x',
      sample: { items: 30, seed: 1 },
    });
    expect([made.status, made.value.items]).toEqual([201, 30]);
    expect(
      (await ask('POST', '/mailboxes', { address: 'CAROL@contoso.example', password: 'x' })).status,
    ).toBe(409);
    expect((await ask<MailboxState>('PUT', carol, { account: 'locked', password: 'y' })).value.account).toBe(
      'locked',
    );
    expect((await ask('DELETE', carol)).status).toBe(204);
    expect((await ask('DELETE', carol)).status).toBe(204);
    expect((await ask('PUT', carol, {})).status).toBe(404);
  });

  it('says what is wrong with a body that does not fit', async () => {
    const { status, value } = await ask<{ error: string }>('POST', '/mailboxes', {
      address: 'no address',
      password: 1,
    });
    expect(status).toBe(400);
    expect(value.error).toMatch(/address[\s\S]*password/);
    expect((await ask('POST', '/faults', { kind: 'nothing' })).status).toBe(400);
    expect((await ask('PUT', '/policy', { requestLimitBytes: -1 })).status).toBe(400);
    expect((await ask('GET', '/nothing')).status).toBe(404);
  });

  it('refuses what a page in a browser sends', async () => {
    const headers = { Origin: 'https://evil.example' };
    const response = await fetch(`${simulator.exchange.control}/faults`, { method: 'DELETE', headers });
    expect(response.status).toBe(403);
  });

  it('shows mailboxes, policy, requests and faults', async () => {
    await ask('PUT', '/policy', { requestLimitBytes: 1_000_000 });
    await ask('POST', '/faults', [{ kind: 'latency', ms: 1 }]);
    await simulator.ada.call(findItem('inbox'));
    const { value } = await ask<ControlState>('GET', '/state');
    expect(value.policy).toMatchObject({ requestLimitBytes: 1_000_000, maxConcurrency: 27 });
    expect(value.requests).toEqual({ FindItem: 1 });
    expect(value.faults).toMatchObject([{ struck: 1 }]);
    expect(value.mailboxes.map(({ address }) => address)).toContain(ADA.user);
    await ask('DELETE', '/faults');
    expect((await ask<ControlState>('GET', '/state')).value.faults).toEqual([]);
  });

  it('does what a user does meanwhile', async () => {
    const act = (actions: unknown) =>
      ask<{ id?: string }[]>('POST', `/mailboxes/${ADA.user}/actions`, actions);
    const inbox = async () => texts((await simulator.ada.call(findItem('inbox'))).text, 'Subject').sort();
    const made = await act([
      { do: 'createFolder', parent: '/Inbox', name: 'a/b' },
      { do: 'createItem', folder: 'inbox', subject: 'one' },
      { do: 'createItem', folder: '/Inbox', subject: 'two', text: 'hello' },
      { do: 'copyItem', item: { folder: 'inbox', subject: 'two' }, to: '/Inbox/a\\/b' },
    ]);
    expect(made.status).toBe(200);
    expect(await inbox()).toEqual(['one', 'two']);
    await act([
      { do: 'changeItem', item: { id: made.value[1]?.id }, subject: 'one, changed' },
      { do: 'deleteItem', item: { folder: 'inbox', subject: 'two' } },
      { do: 'moveItem', item: { folder: '/Inbox/a\\/b', subject: 'two' }, to: 'inbox' },
      { do: 'renameFolder', folder: '/Inbox/a\\/b', name: 'c' },
      { do: 'moveFolder', folder: '/Inbox/c', to: 'msgfolderroot' },
      { do: 'deleteFolder', folder: '/c' },
    ]);
    expect(await inbox()).toEqual(['one, changed', 'two']);
    expect((await act({ do: 'deleteFolder', folder: '/c' })).status).toBe(400);
  });

  it('tells by their properties which items went with a folder', async () => {
    const act = (action: unknown) => ask('POST', `/mailboxes/${ADA.user}/actions`, action);
    const set = '11111111-2222-3333-4444-555555555555';
    const mark = `<t:ExtendedFieldURI PropertySetId="${set}" PropertyName="mark" PropertyType="String"/>`;
    const property = `<t:ExtendedProperty>${mark}<t:Value>mine</t:Value></t:ExtendedProperty>`;
    await simulator.ada.call(createMessage(mimeOf('one'), property));
    await act([
      { do: 'createFolder', parent: 'inbox', name: 'above' },
      { do: 'createFolder', parent: '/Inbox/above', name: 'below' },
      { do: 'copyItem', item: { folder: 'inbox', subject: 'one' }, to: '/Inbox/above/below' },
      { do: 'deleteFolder', folder: '/Inbox/above', how: 'HardDelete' },
    ]);
    const { value } = await ask<MailboxState>('GET', `/mailboxes/${ADA.user}`);
    expect(value.goneWithFolders).toEqual([expect.objectContaining({ [`${set}/mark:String`]: 'mine' })]);
  });
});
