import { codes, folderIds, texts } from './ews-client';
import type { Id } from './ews-client';
import { openSimulator } from './simulator';
import type { Simulator } from './simulator';

const ROOT = '<t:DistinguishedFolderId Id="msgfolderroot"/>';
const STAMP =
  '<t:ExtendedFieldURI PropertySetId="c11ff724-aa03-4555-9952-8fa248a11c3e" PropertyName="Folder" PropertyType="String"/>';
const shape = (additional = '', base = 'IdOnly') =>
  `<m:FolderShape><t:BaseShape>${base}</t:BaseShape>${additional && `<t:AdditionalProperties>${additional}</t:AdditionalProperties>`}</m:FolderShape>`;

describe('folders of the simulator', () => {
  let simulator: Simulator;
  beforeEach(async () => {
    simulator = await openSimulator();
  });
  afterEach(() => simulator.close());

  const call = async (operation: string) => (await simulator.ada.call(operation)).text;

  async function make(name: string, parent = ROOT, element = 'Folder', extra = ''): Promise<Id> {
    const text = await call(
      `<m:CreateFolder><m:ParentFolderId>${parent}</m:ParentFolderId><m:Folders><t:${element}><t:DisplayName>${name}</t:DisplayName>${extra}</t:${element}></m:Folders></m:CreateFolder>`,
    );
    const [id] = folderIds(text);
    if (!id) throw new Error(text);
    return id;
  }

  const byId = ({ id }: Id) => `<t:FolderId Id="${id}"/>`;
  const find = (more: string, traversal: string, view = '') =>
    call(
      `<m:FindFolder Traversal="${traversal}">${shape('<t:FieldURI FieldURI="folder:DisplayName"/>')}${view}${more}<m:ParentFolderIds>${ROOT}</m:ParentFolderIds></m:FindFolder>`,
    );

  it('are listed shallow, deep and in pages', async () => {
    const outer = await make('outer');
    await make('inner', byId(outer));
    expect(texts(await find('', 'Shallow'), 'DisplayName')).not.toContain('inner');
    const deep = texts(await find('', 'Deep'), 'DisplayName');
    expect(deep).toEqual(expect.arrayContaining(['Inbox', 'outer', 'inner']));
    const paged: string[] = [];
    for (let offset = 0; ; offset += 5) {
      const page = await find(
        '',
        'Deep',
        `<m:IndexedPageFolderView MaxEntriesReturned="5" Offset="${offset}" BasePoint="Beginning"/>`,
      );
      paged.push(...texts(page, 'DisplayName'));
      if (page.includes('IncludesLastItemInRange="true"')) break;
    }
    expect(paged).toEqual(deep);
  });

  it('have the class of their element and keep a property of ours, by which they are found', async () => {
    const mark = `<t:ExtendedProperty>${STAMP}<t:Value>key-1</t:Value></t:ExtendedProperty>`;
    const made = await make('Kalender', ROOT, 'CalendarFolder', mark);
    const text = await call(
      `<m:GetFolder>${shape(`<t:FieldURI FieldURI="folder:FolderClass"/>${STAMP}`, 'Default')}<m:FolderIds>${byId(made)}</m:FolderIds></m:GetFolder>`,
    );
    expect(texts(text, 'FolderClass')).toEqual(['IPF.Appointment']);
    expect(texts(text, 'Value')).toEqual(['key-1']);
    const restriction = `<m:Restriction><t:IsEqualTo>${STAMP}<t:FieldURIOrConstant><t:Constant Value="key-1"/></t:FieldURIOrConstant></t:IsEqualTo></m:Restriction>`;
    expect(texts(await find(restriction, 'Deep'), 'DisplayName')).toEqual(['Kalender']);
  });

  it('are synchronised: made, renamed, moved and deleted with all below them', async () => {
    const sync = (state = '') =>
      call(
        `<m:SyncFolderHierarchy>${shape('<t:FieldURI FieldURI="folder:DisplayName"/>')}<m:SyncFolderId>${ROOT}</m:SyncFolderId><m:SyncState>${state}</m:SyncState></m:SyncFolderHierarchy>`,
      );
    const kinds = (text: string) =>
      [...text.matchAll(/<t:(Create|Update|Delete)>/g)].map((match) => match[1]);
    const first = await sync();
    expect(texts(first, 'DisplayName')).toContain('Inbox');
    const outer = await make('outer');
    const inner = await make('inner', byId(outer));
    const second = await sync(texts(first, 'SyncState')[0]);
    expect(kinds(second)).toEqual(['Create', 'Create']);
    await call(
      `<m:UpdateFolder><m:FolderChanges><t:FolderChange>${byId(inner)}<t:Updates><t:SetFolderField><t:FieldURI FieldURI="folder:DisplayName"/><t:Folder><t:DisplayName>renamed</t:DisplayName></t:Folder></t:SetFolderField></t:Updates></t:FolderChange></m:FolderChanges></m:UpdateFolder>`,
    );
    const third = await sync(texts(second, 'SyncState')[0]);
    expect([kinds(third), texts(third, 'DisplayName')]).toEqual([['Update'], ['renamed']]);
    await call(
      `<m:DeleteFolder DeleteType="HardDelete"><m:FolderIds>${byId(outer)}</m:FolderIds></m:DeleteFolder>`,
    );
    const fourth = await sync(texts(third, 'SyncState')[0]);
    expect(kinds(fourth)).toEqual(['Delete', 'Delete']);
    expect(
      folderIds(fourth)
        .map(({ id }) => id)
        .sort(),
    ).toEqual([outer.id, inner.id].sort());
  });

  it('refuse what cannot be: deleting a well-known folder, moving one into itself', async () => {
    const remove =
      '<m:DeleteFolder DeleteType="HardDelete"><m:FolderIds><t:DistinguishedFolderId Id="inbox"/></m:FolderIds></m:DeleteFolder>';
    expect(codes(await call(remove))).toEqual(['ErrorDeleteDistinguishedFolder']);
    const outer = await make('outer');
    const inner = await make('inner', byId(outer));
    const move = `<m:MoveFolder><m:ToFolderId>${byId(inner)}</m:ToFolderId><m:FolderIds>${byId(outer)}</m:FolderIds></m:MoveFolder>`;
    expect(codes(await call(move))).toEqual(['ErrorMoveCopyFailed']);
  });

  it('have ids that convert to MAPI entry ids and back', async () => {
    const made = await make('made');
    const convert = (id: string, from: string, to: string) =>
      call(
        `<m:ConvertId DestinationFormat="${to}"><m:SourceIds><t:AlternateId Format="${from}" Id="${id}" Mailbox="ada@contoso.example"/></m:SourceIds></m:ConvertId>`,
      );
    const idIn = (text: string) => /<m:AlternateId[^>]* Id="([^"]*)"/.exec(text)?.[1] ?? '';
    const hex = idIn(await convert(made.id, 'EwsId', 'HexEntryId'));
    expect(hex).toMatch(/^[0-9A-F]{92}$/);
    expect(idIn(await convert(hex, 'HexEntryId', 'EwsId'))).toBe(made.id);
    expect(codes(await convert('AAMk', 'EwsId', 'EntryId'))).toEqual(['ErrorInvalidIdMalformed']);
    const entry = await call(
      `<m:GetFolder>${shape('<t:ExtendedFieldURI PropertyTag="0x0FFF" PropertyType="Binary"/>')}<m:FolderIds>${byId(made)}</m:FolderIds></m:GetFolder>`,
    );
    expect(
      Buffer.from(texts(entry, 'Value')[0] ?? '', 'base64')
        .toString('hex')
        .toUpperCase(),
    ).toBe(hex);
  });
});
