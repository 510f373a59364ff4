import { mostRows, readList, type ReadList } from '../../src/web/admin/import-read';

const header = 'FirstName;LastName;SourceEmail;TargetEmail;SourceRecipientType;TargetRecipientType;BatchName';
const utf8 = (text: string): Buffer => Buffer.from(text, 'utf8');
function listOf(content: Buffer | string): ReadList {
  const read = readList(typeof content === 'string' ? utf8(content) : content);
  if (!read.ok) throw new Error(read.why.kind);
  return read.list;
}
const whyOf = (content: Buffer | string) => {
  const read = readList(typeof content === 'string' ? utf8(content) : content);
  return read.ok ? undefined : read.why;
};

describe('a list of mail users', () => {
  it.each([[';'], [','], ['\t']])('is read with %j between its cells', (separator) => {
    const text = `${header}\r\nAnna;Berger;a@b.example;c@d.example;;;Berlin\r\n`.replaceAll(';', separator);
    expect(listOf(text).rows).toEqual([
      {
        line: 2,
        firstName: 'Anna',
        lastName: 'Berger',
        source: { address: 'a@b.example', recipientType: 'Standard' },
        target: { address: 'c@d.example', recipientType: 'Standard' },
        batch: 'Berlin',
      },
    ]);
  });

  it('is read in UTF-8 with and without a byte order mark, and in Windows-1252', () => {
    const text = 'SourceEmail;TargetEmail;LastName\na@b.example;c@d.example;Müller';
    expect(listOf(text).rows[0]?.lastName).toBe('Müller');
    expect(listOf(`\ufeff${text}`).rows[0]?.lastName).toBe('Müller');
    const windows = listOf(Buffer.from(text, 'latin1'));
    expect(windows).toMatchObject({ encoding: 'Windows-1252', rows: [{ lastName: 'Müller' }] });
  });

  it('has its columns in any order, quoted cells, empty lines and lines of any ending', () => {
    const text = 'targetemail,LASTNAME,SourceEmail\r\rc@d.example,"Berger, Anna",a@b.example\r\n\r\n';
    expect(listOf(text).rows).toMatchObject([
      { lastName: 'Berger, Anna', source: { address: 'a@b.example' } },
    ]);
  });

  it('names each bad row with its line and every reason', () => {
    const list = listOf(
      `${header}\n;;a@b.example;c@d.example;;;\n\n;;nobody;;Archive;;\n;;e@f.example;g@h.example;;;;;extra\n`,
    );
    expect(list.rows.map(({ line }) => line)).toEqual([2]);
    expect(list.faulty.map(({ line, faults }) => [line, faults.map(({ kind }) => kind)])).toEqual([
      [4, ['addressBad', 'archiveNotYet', 'addressMissing']],
      [5, ['columnsWrong']],
    ]);
  });

  it('faults the second row of a source mailbox and tells of two rows into one target', () => {
    const list = listOf(
      'SourceEmail;TargetEmail\na@b.example;x@y.example\nA@B.example;z@y.example\nc@b.example;X@Y.example\n',
    );
    expect(list.faulty).toMatchObject([{ line: 3, faults: [{ kind: 'sourceTwice', value: '2' }] }]);
    expect(list.sharedTargets).toEqual([{ address: 'x@y.example', lines: [2, 4] }]);
  });

  it('names columns that are not known', () => {
    expect(listOf('SourceEmail;TargetEmail;Phone\na@b.example;c@d.example;1').unknownColumns).toEqual([
      'Phone',
    ]);
  });

  it('of several thousand rows is read, one row more is not', () => {
    const rows = (count: number) =>
      [
        'SourceEmail;TargetEmail',
        ...Array.from({ length: count }, (_, n) => `u${n}@b.example;u${n}@d.example`),
      ].join('\n');
    expect(listOf(rows(mostRows)).rows).toHaveLength(mostRows);
    expect(whyOf(rows(mostRows + 1))).toEqual({ kind: 'tooManyRows', rows: mostRows + 1 });
  });

  it.each([
    ['nothing', '', 'empty'],
    ['only a header', `${header}\n`, 'empty'],
    ['no header', 'a@b.example;c@d.example\ne@f.example;g@h.example', 'noHeader'],
    ['no target', 'SourceEmail\na@b.example', 'columnsMissing'],
    [
      'a column twice',
      'SourceEmail;TargetEmail;TargetEmail\na@b.example;c@d.example;e@f.example',
      'columnsTwice',
    ],
    ['quotes that do not match', 'SourceEmail;TargetEmail\n"a@b.example;c@d.example\n', 'quotes'],
  ])('with %s is refused with a reason', (_name, text, kind) => {
    expect(whyOf(text)?.kind).toBe(kind);
  });

  it.each([
    ['is never closed', 'SourceEmail;TargetEmail\na@b.example;c@d.example\n"e@f.example;g\nh\n', 3],
    ['is closed within a cell', 'SourceEmail;TargetEmail\n"a@b\n.example"x;c\ne;f\n', 2],
  ])('with a quote that %s is refused with the line on which it opens', (_name, text, line) => {
    expect(whyOf(text)).toEqual({ kind: 'quotes', line });
  });

  it.each([
    [
      'a spreadsheet file',
      Buffer.concat([Buffer.from('PK\x03\x04\x14\x00\x06\x00'), Buffer.alloc(400, 7)]),
      'binary',
    ],
    ['UTF-16 with a mark', Buffer.from(`\ufeff${header}`, 'utf16le'), 'utf16'],
    ['UTF-16 without a mark', Buffer.from(header, 'utf16le'), 'utf16'],
    ['control characters', Buffer.alloc(300, 1), 'binary'],
  ])('that is %s is refused with a reason', (_name, content, kind) => {
    expect(whyOf(content)?.kind).toBe(kind);
  });
});
