import { folderLabel, readFolderLabel } from '../../src/domain/folder-label';

describe('the label of a folder', () => {
  it('is its well-known name, or its place in the plan counted from 1', () => {
    expect(folderLabel(0, 'inbox')).toBe('inbox');
    expect(folderLabel(15)).toBe('folder 16');
  });

  it('is read back, so that pages can say it in words of their own', () => {
    expect(readFolderLabel(folderLabel(0, 'sentItems'))).toEqual({ wellKnown: 'sentItems' });
    expect(readFolderLabel(folderLabel(15))).toEqual({ place: '16' });
  });
});
