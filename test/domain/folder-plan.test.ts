import { kindOfFolderClass, parentsFirst } from '../../src/domain/folder-plan';

describe('parentsFirst', () => {
  const keys = (folders: { key: string; parentKey?: string }[]) =>
    parentsFirst(folders).map(({ key }) => key);

  it('puts each folder after its parent and else keeps the order', () => {
    expect(
      keys([{ key: 'c', parentKey: 'b' }, { key: 'x' }, { key: 'b', parentKey: 'a' }, { key: 'a' }]),
    ).toEqual(['a', 'b', 'c', 'x']);
  });

  it('holds nobody up for a parent that is not there or its own ancestor', () => {
    expect(keys([{ key: 'a', parentKey: 'gone' }])).toEqual(['a']);
    expect(
      keys([
        { key: 'a', parentKey: 'b' },
        { key: 'b', parentKey: 'a' },
      ]).sort(),
    ).toEqual(['a', 'b']);
  });
});

describe('kindOfFolderClass', () => {
  it('tells what a folder is for', () => {
    const classes = [
      'IPF.Note',
      '',
      'ipf.appointment',
      'IPF.Contact.MOC',
      'IPF.Task',
      'IPF.StickyNote',
      'IPF.Journal',
    ];
    const kinds = ['mail', 'mail', 'calendar', 'contacts', 'tasks', 'notes', 'other'];
    expect(classes.map(kindOfFolderClass)).toEqual(kinds);
  });
});
