import { findFolders } from '../../src/connectors/exchange/operations/find-folder';
import { UnevenAnswer } from '../../src/connectors/exchange/operations/get-item';
import type { Session } from '../../src/connectors/exchange/session';
import type { Element } from '../../src/connectors/exchange/soap/element';
import { never } from './exchange-servers';

const element = (name: string, attributes: Record<string, string>, children: Element[] = []): Element => ({
  ...{ name, attributes, children },
  text: '',
});

const folder = (id: string) =>
  element('Folder', {}, [
    element('FolderId', { Id: id, ChangeKey: 'k' }),
    element('ParentFolderId', { Id: 'root', ChangeKey: 'k' }),
  ]);

/** A server that lists these folders page by page, and what happens to them after a page. */
function listing(ids: string[], after: () => void = () => {}) {
  const numberIn = (xml: string, name: string) => Number(new RegExp(`${name}="(\\d+)"`).exec(xml)?.[1]);
  const session = {
    distinguished: () => '',
    messages: async (xml: string) => {
      const offset = numberIn(xml, 'Offset');
      const end = Math.min(ids.length, offset + numberIn(xml, 'MaxEntriesReturned'));
      const place = {
        IndexedPagingOffset: String(end),
        IncludesLastItemInRange: String(end === ids.length),
      };
      const page = element('Folders', {}, ids.slice(offset, end).map(folder));
      after();
      return [element('FindFolderResponseMessage', {}, [element('RootFolder', place, [page])])];
    },
  };
  return findFolders(session as unknown as Session, [], never);
}

const many = () => Array.from({ length: 1_200 }, (_, at) => `f${at}`);

describe('a list of folders', () => {
  it('is read over several pages', async () => {
    expect((await listing(many())).map(({ id }) => id)).toEqual(many());
  });

  it('is not taken for whole where a folder that went between two pages had another left out', async () => {
    const ids = many();
    await expect(listing(ids, () => ids.shift())).rejects.toMatchObject({
      kind: 'retryable',
      text: { code: 'ChangedWhileListed' },
    });
  });

  it('is not taken for whole where the server names no place to go on from', async () => {
    const root = element('RootFolder', { IndexedPagingOffset: '0', IncludesLastItemInRange: 'false' });
    const session = { messages: async () => [element('m', {}, [root])], distinguished: () => '' };
    await expect(findFolders(session as unknown as Session, [], never)).rejects.toThrow(UnevenAnswer);
  });
});
