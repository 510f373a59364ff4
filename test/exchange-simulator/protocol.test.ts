import {
  codes,
  createMessage,
  ewsClient,
  findItem,
  folderIds,
  getItem,
  INBOX,
  itemIds,
  mimeOf,
  syncItems,
  texts,
} from './ews-client';
import type { Id } from './ews-client';
import { ADA, BOB, openSimulator } from './simulator';
import type { Simulator } from './simulator';

const STAMP =
  '<t:ExtendedFieldURI PropertySetId="C11FF724-AA03-4555-9952-8FA248A11C3E" PropertyName="Stamp" PropertyType="String"/>';
const stamped = (value: string) =>
  `<t:ExtendedProperty>${STAMP}<t:Value>${value}</t:Value></t:ExtendedProperty>`;
const MIME_SHAPE = '<t:BaseShape>IdOnly</t:BaseShape><t:IncludeMimeContent>true</t:IncludeMimeContent>';

describe('the simulator as an EWS server', () => {
  let simulator: Simulator;
  beforeEach(async () => {
    simulator = await openSimulator();
  });
  afterEach(() => simulator.close());

  const call = async (operation: string) => (await simulator.ada.call(operation)).text;
  async function created(operation: string): Promise<Id> {
    const [id] = itemIds(await call(operation));
    if (!id) throw new Error('nothing was created');
    return id;
  }

  it('names its version in every answer, also in a fault', async () => {
    const good = await simulator.ada.call(findItem('inbox'));
    const bad = await simulator.ada.call('<m:FindItem/>');
    const none = await simulator.ada.call('<m:NoSuchThing/>');
    for (const { text } of [good, bad, none]) expect(text).toMatch(/<h:ServerVersionInfo MajorVersion="15"/);
    expect([bad.status, ...codes(bad.text)]).toEqual([500, 'ErrorSchemaValidation']);
    expect([none.status, ...codes(none.text)]).toEqual([500, 'ErrorInvalidOperation']);
  });

  it('refuses what the schema does not allow: wrong order, unknown names, characters that XML forbids, no XML at all', async () => {
    const wrongOrder =
      '<m:CreateItem MessageDisposition="SaveOnly"><m:Items><t:Message><t:Body BodyType="Text">b</t:Body><t:Subject>s</t:Subject></t:Message></m:Items></m:CreateItem>';
    const unknown = wrongOrder.replace(/<t:Body.*<\/t:Body>/, '<t:Nonsense/>');
    const control = wrongOrder.replace(/<t:Body.*<\/t:Body>/, '').replace('>s<', '>&#x1;<');
    for (const operation of [wrongOrder, unknown, control])
      expect(codes(await call(operation))).toEqual(['ErrorSchemaValidation']);
    expect(codes((await simulator.ada.post('this is no XML')).text)).toEqual(['ErrorSchemaValidation']);
    expect(codes((await simulator.ada.post('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')).text)).toEqual([
      'ErrorSchemaValidation',
    ]);
  });

  it('gives items opaque ids of 152 characters whose case matters, and folders ids of 120', async () => {
    const { id, changeKey } = await created(createMessage(mimeOf('a')));
    expect(id).toHaveLength(152);
    expect(changeKey).toHaveLength(40);
    const at = id.slice(80, 110).search(/[a-z]/) + 80;
    const flipped = id.slice(0, at) + id.charAt(at).toUpperCase() + id.slice(at + 1);
    expect(
      codes(
        await call(
          getItem([
            { id: flipped, changeKey },
            { id: 'AAMk', changeKey },
            { id, changeKey },
          ]),
        ),
      ),
    ).toEqual(['ErrorItemNotFound', 'ErrorInvalidIdMalformed', 'NoError']);
    const [root] = folderIds(
      await call(
        `<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:FolderIds>${INBOX}</m:FolderIds></m:GetFolder>`,
      ),
    );
    expect(root?.id).toHaveLength(120);
  });

  it('gives MIME back byte for byte, and dates with the offset of its zone when MIME is asked for', async () => {
    const mime = mimeOf('as it came', 'Größe ✓');
    const id = await created(createMessage(mime));
    const text = await call(
      getItem(
        [id],
        `${MIME_SHAPE}<t:AdditionalProperties><t:FieldURI FieldURI="item:DateTimeReceived"/></t:AdditionalProperties>`,
      ),
    );
    expect(Buffer.from(texts(text, 'MimeContent')[0] ?? '', 'base64').toString()).toBe(mime);
    expect(texts(text, 'DateTimeReceived')[0]).toMatch(/\+01:00$/);
    expect(texts(await call(getItem([id])), 'DateTimeReceived')[0]).toMatch(/Z$/);
  });

  it('writes control characters as references that XML 1.0 forbids, as Exchange does', async () => {
    const id = await created(createMessage(mimeOf('=?utf-8?Q?a=01b?=')));
    expect(await call(getItem([id]))).toContain('<t:Subject>a&#x1;b</t:Subject>');
  });

  it('makes a draft of a message without PR_MESSAGE_FLAGS and keeps dates and read state that are given', async () => {
    const tag = (id: string, type: string, value: string) =>
      `<t:ExtendedProperty><t:ExtendedFieldURI PropertyTag="${id}" PropertyType="${type}"/><t:Value>${value}</t:Value></t:ExtendedProperty>`;
    const draft = await created(createMessage(mimeOf('draft')));
    const sent = await created(
      createMessage(
        mimeOf('sent'),
        tag('0x0E07', 'Integer', '1') +
          tag('0x0E06', 'SystemTime', '2001-02-03T04:05:06Z') +
          tag('0x0039', 'SystemTime', '2001-02-03T04:00:00+01:00'),
      ),
    );
    const text = await call(getItem([draft, sent]));
    expect(texts(text, 'IsDraft')).toEqual(['true', 'false']);
    expect(texts(text, 'DateTimeReceived')[1]).toBe('2001-02-03T04:05:06Z');
    expect(texts(text, 'DateTimeSent').at(-1)).toBe('2001-02-03T03:00:00Z');
    expect(texts(text, 'IsRead')[1]).toBe('true');
  });

  it('lists what was created, changed, read and deleted since a state, with extended properties', async () => {
    const ids = await Promise.all(
      ['a', 'b', 'c', 'd'].map((name) => created(createMessage(mimeOf(name), stamped(`${name}&amp;`)))),
    );
    const first = await call(syncItems(INBOX, '', 3, STAMP));
    expect(texts(first, 'IncludesLastItemInRange')).toEqual(['false']);
    const second = await call(syncItems(INBOX, texts(first, 'SyncState')[0], 3, STAMP));
    expect([...texts(first, 'Value'), ...texts(second, 'Value')].sort()).toEqual([
      'a&amp;',
      'b&amp;',
      'c&amp;',
      'd&amp;',
    ]);
    const [a, b, c] = ids as [Id, Id, Id];
    await call(
      update(a, '<t:FieldURI FieldURI="item:Subject"/>', '<t:Subject>a2</t:Subject>', 'AlwaysOverwrite'),
    );
    await call(
      update(b, '<t:FieldURI FieldURI="message:IsRead"/>', '<t:IsRead>false</t:IsRead>', 'AlwaysOverwrite'),
    );
    await call(
      `<m:DeleteItem DeleteType="HardDelete"><m:ItemIds><t:ItemId Id="${c.id}"/></m:ItemIds></m:DeleteItem>`,
    );
    await created(createMessage(mimeOf('e')));
    const changes = await call(syncItems(INBOX, texts(second, 'SyncState')[0]));
    expect(
      [...changes.matchAll(/<t:(Create|Update|ReadFlagChange|Delete)>/g)].map((match) => match[1]),
    ).toEqual(['Create', 'Update', 'ReadFlagChange', 'Delete']);
    expect(
      texts(await call(syncItems(INBOX, texts(changes, 'SyncState')[0])), 'IncludesLastItemInRange'),
    ).toEqual(['true']);
  });

  it('misses nothing however a mailbox changes between the pages of a listing', async () => {
    const ids = await Promise.all(
      Array.from({ length: 12 }, (_, index) => created(createMessage(mimeOf(`m${index}`)))),
    );
    const seen = new Set<string>();
    let state = '';
    for (let page = 0; page < 20; page++) {
      const text = await call(syncItems(INBOX, state, 2));
      for (const { id } of itemIds(text.replace(/<t:Delete>.*?<\/t:Delete>/g, ''))) seen.add(id);
      state = texts(text, 'SyncState')[0] ?? '';
      const victim = ids[(page * 5) % ids.length];
      if (page < 6 && victim)
        await call(
          update(
            victim,
            '<t:FieldURI FieldURI="item:Subject"/>',
            `<t:Subject>changed ${page}</t:Subject>`,
            'AlwaysOverwrite',
          ),
        );
      if (page < 3) ids.push(await created(createMessage(mimeOf(`new ${page}`))));
    }
    expect(seen).toEqual(new Set(ids.map(({ id }) => id)));
  });

  it('answers ErrorInvalidSyncStateData to a state that is not of this folder', async () => {
    const state = texts(await call(syncItems(INBOX)), 'SyncState')[0];
    expect(codes(await call(syncItems('<t:DistinguishedFolderId Id="drafts"/>', state)))).toEqual([
      'ErrorInvalidSyncStateData',
    ]);
    expect(codes(await call(syncItems(INBOX, 'bm9uc2Vuc2U=')))).toEqual(['ErrorInvalidSyncStateData']);
  });

  it('finds items by a named property, pages, sorts and cuts long texts in views', async () => {
    for (const name of ['b', 'c', 'a'])
      await created(createMessage(mimeOf(name), stamped(name === 'c' ? 'x'.repeat(400) : name)));
    const equal = `<m:Restriction><t:Or><t:IsEqualTo>${STAMP}<t:FieldURIOrConstant><t:Constant Value="a"/></t:FieldURIOrConstant></t:IsEqualTo><t:IsEqualTo>${STAMP}<t:FieldURIOrConstant><t:Constant Value="b"/></t:FieldURIOrConstant></t:IsEqualTo></t:Or></m:Restriction>`;
    expect(texts(await call(findItem('inbox', equal)), 'Subject').sort()).toEqual(['a', 'b']);
    const sort =
      '<m:SortOrder><t:FieldOrder Order="Ascending"><t:FieldURI FieldURI="item:Subject"/></t:FieldOrder></m:SortOrder>';
    const page = await call(
      findItem(
        'inbox',
        sort,
        '<m:IndexedPageItemView MaxEntriesReturned="2" Offset="1" BasePoint="Beginning"/>',
      ),
    );
    expect(texts(page, 'Subject')).toEqual(['b', 'c']);
    expect(page).toContain('IndexedPagingOffset="3" TotalItemsInView="3" IncludesLastItemInRange="true"');
    const shaped = findItem('inbox').replace(
      '</t:BaseShape>',
      `</t:BaseShape><t:AdditionalProperties>${STAMP}</t:AdditionalProperties>`,
    );
    expect(Math.max(...texts(await call(shaped), 'Value').map((each) => each.length))).toBe(255);
  });

  it('refuses an update under a change key that is no longer the current one', async () => {
    const id = await created(createMessage(mimeOf('a')));
    const subject = (text: string) =>
      update(id, '<t:FieldURI FieldURI="item:Subject"/>', `<t:Subject>${text}</t:Subject>`, 'NeverOverwrite');
    const fresh = await call(subject('one'));
    expect(itemIds(fresh)[0]?.id).toBe(id.id);
    expect(itemIds(fresh)[0]?.changeKey).not.toBe(id.changeKey);
    expect(codes(await call(subject('two')))).toEqual(['ErrorIrresolvableConflict']);
    expect(codes(await call(subject('three').replace(/ ChangeKey="[^"]*"/, '')))).toEqual([
      'ErrorChangeKeyRequiredForWriteOperations',
    ]);
  });

  it('tells when an appointment is by its named properties too', async () => {
    const named = (id: number) =>
      `<t:ExtendedFieldURI DistinguishedPropertySetId="Appointment" PropertyId="${id}" PropertyType="SystemTime"/>`;
    const id = await created(
      '<m:CreateItem SendMeetingInvitations="SendToNone"><m:Items><t:CalendarItem><t:Start>2025-10-24T11:30:00Z</t:Start>' +
        '<t:End>2025-10-24T12:00:00Z</t:End></t:CalendarItem></m:Items></m:CreateItem>',
    );
    const shape = `<t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties>${named(0x820d)}${named(0x820e)}</t:AdditionalProperties>`;
    expect(texts(await call(getItem([id], shape)), 'Value')).toEqual([
      '2025-10-24T11:30:00Z',
      '2025-10-24T12:00:00Z',
    ]);
  });

  it('gives a moved item another id and leaves its search key', async () => {
    const key =
      '<t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties><t:ExtendedFieldURI PropertyTag="0x300B" PropertyType="Binary"/></t:AdditionalProperties>';
    const id = await created(createMessage(mimeOf('a')));
    const before = texts(await call(getItem([id], key)), 'Value');
    const [moved] = itemIds(
      await call(
        `<m:MoveItem><m:ToFolderId><t:DistinguishedFolderId Id="drafts"/></m:ToFolderId><m:ItemIds><t:ItemId Id="${id.id}"/></m:ItemIds></m:MoveItem>`,
      ),
    );
    expect(moved?.id).not.toBe(id.id);
    expect(texts(await call(getItem(moved ? [moved] : [], key)), 'Value')).toEqual(before);
    expect(codes(await call(getItem([id])))).toEqual(['ErrorItemNotFound']);
  });

  it('sends nothing, tells what it would have sent, and demands a choice for meetings', async () => {
    const meeting = (attribute: string) =>
      `<m:CreateItem ${attribute}><m:Items><t:CalendarItem><t:Subject>Meet</t:Subject><t:Start>2026-01-01T10:00:00Z</t:Start><t:End>2026-01-01T11:00:00Z</t:End><t:RequiredAttendees><t:Attendee><t:Mailbox><t:EmailAddress>x@northwind.example</t:EmailAddress></t:Mailbox></t:Attendee></t:RequiredAttendees></t:CalendarItem></m:Items></m:CreateItem>`;
    expect(codes(await call(meeting('')))).toEqual(['ErrorSendMeetingInvitationsRequired']);
    expect(codes(await call(meeting('SendMeetingInvitations="SendToNone"')))).toEqual(['NoError']);
    expect(simulator.exchange.sent()).toEqual([]);
    await call(meeting('SendMeetingInvitations="SendToAllAndSaveCopy"'));
    expect(simulator.exchange.sent()).toMatchObject([
      { operation: 'CreateItem', subject: 'Meet', recipients: ['x@northwind.example'] },
    ]);
  });

  it('keeps the mailboxes of others shut, until full access is given', async () => {
    const bobs = (name: string) =>
      `<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:FolderIds><t:DistinguishedFolderId Id="${name}"><t:Mailbox><t:EmailAddress>${BOB.user}</t:EmailAddress></t:Mailbox></t:DistinguishedFolderId></m:FolderIds></m:GetFolder>`;
    expect(codes(await call(bobs('msgfolderroot')))).toEqual(['ErrorItemNotFound']);
    expect(codes(await call(bobs('inbox')))).toEqual(['ErrorFolderNotFound']);
    expect(codes(await call(bobs('inbox').replace(BOB.user, 'nobody@contoso.example')))).toEqual([
      'ErrorNonExistentMailbox',
    ]);
    const bob = ewsClient(simulator.exchange, BOB);
    const [id] = itemIds((await bob.call(createMessage(mimeOf('private')))).text);
    bob.close();
    expect(codes(await call(getItem(id ? [id] : [])))).toEqual(['ErrorAccessDenied']);
    simulator.exchange.mailboxes.change(simulator.exchange.mailbox(BOB.user), { fullAccess: [ADA.user] });
    expect(codes(await call(bobs('inbox')))).toEqual(['NoError']);
    expect(texts(await call(getItem(id ? [id] : [])), 'Subject')).toEqual(['private']);
  });

  it('knows a mailbox by its store record key, whatever the folder and the address', async () => {
    const key =
      '<m:FolderShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties><t:ExtendedFieldURI PropertyTag="0x0FFA" PropertyType="Binary"/></t:AdditionalProperties></m:FolderShape>';
    const text = await call(
      `<m:GetFolder>${key}<m:FolderIds>${INBOX}<t:DistinguishedFolderId Id="msgfolderroot"/></m:FolderIds></m:GetFolder>`,
    );
    const [one, two] = texts(text, 'Value');
    expect(one).toBe(two);
    const bob = ewsClient(simulator.exchange, BOB);
    const other = texts(
      (await bob.call(`<m:GetFolder>${key}<m:FolderIds>${INBOX}</m:FolderIds></m:GetFolder>`)).text,
      'Value',
    )[0];
    bob.close();
    expect(other).not.toBe(one);
  });

  it('refuses a second folder of a name, in whatever case, and an empty name', async () => {
    const folder = (name: string) =>
      `<m:CreateFolder><m:ParentFolderId>${INBOX}</m:ParentFolderId><m:Folders><t:Folder><t:DisplayName>${name}</t:DisplayName></t:Folder></m:Folders></m:CreateFolder>`;
    expect(codes(await call(folder('A/B &amp; C')))).toEqual(['NoError']);
    expect(codes(await call(folder('a/b &amp; c')))).toEqual(['ErrorFolderExists']);
    expect(codes(await call(folder('')))).toEqual(['ErrorFolderSave']);
  });

  it('impersonates only for those who may', async () => {
    const soapHeader = `<t:RequestServerVersion Version="Exchange2013"/><t:ExchangeImpersonation><t:ConnectingSID><t:PrimarySmtpAddress>${BOB.user}</t:PrimarySmtpAddress></t:ConnectingSID></t:ExchangeImpersonation>`;
    const denied = await simulator.ada.call(findItem('inbox'), { soapHeader });
    expect([denied.status, ...codes(denied.text)]).toEqual([500, 'ErrorImpersonateUserDenied']);
    simulator.exchange.mailboxes.change(simulator.exchange.mailbox(ADA.user), { mayImpersonate: true });
    expect((await simulator.ada.call(findItem('inbox'), { soapHeader })).status).toBe(200);
  });
});

function update({ id, changeKey }: Id, path: string, value: string, resolution: string): string {
  return `<m:UpdateItem ConflictResolution="${resolution}" MessageDisposition="SaveOnly"><m:ItemChanges><t:ItemChange><t:ItemId Id="${id}" ChangeKey="${changeKey}"/><t:Updates><t:SetItemField>${path}<t:Message>${value}</t:Message></t:SetItemField></t:Updates></t:ItemChange></m:ItemChanges></m:UpdateItem>`;
}
