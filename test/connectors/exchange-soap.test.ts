import fc from 'fast-check';
import {
  AnswerParser,
  MalformedAnswer,
  OversizeAnswer,
  type Part,
} from '../../src/connectors/exchange/soap/answer';
import { child, descend, textOf, writeElement } from '../../src/connectors/exchange/soap/element';
import { refusalOf } from '../../src/connectors/exchange/soap/message';
import { escapeAttribute, escapeText, MarkupFilter } from '../../src/connectors/exchange/soap/text';

const namespaces =
  'xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" ' +
  'xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages" ' +
  'xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"';

function answer(items: string): string {
  return (
    `<?xml version="1.0" encoding="utf-8"?><s:Envelope ${namespaces}><s:Header>` +
    '<t:ServerVersionInfo MajorVersion="15" MinorVersion="2"/></s:Header><s:Body><m:GetItemResponse>' +
    `<m:ResponseMessages>${items}</m:ResponseMessages></m:GetItemResponse></s:Body></s:Envelope>`
  );
}

const message = (inner: string) =>
  `<m:GetItemResponseMessage ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode><m:Items>${inner}</m:Items></m:GetItemResponseMessage>`;

/** An answer that has come so far. */
const upTo = (inner: string) => Buffer.from(answer(message(`${inner}@@@`)).split('@@@')[0] ?? '');

/** Reads an answer cut into pieces; bulk of one element is joined. */
function read(bytes: Buffer, cuts: readonly number[] = []): Part[] {
  const parser = new AnswerParser();
  const parts: Part[] = [];
  const places = [0, ...[...cuts].sort((a, b) => a - b), bytes.length];
  for (let at = 1; at < places.length; at += 1)
    parts.push(...parser.write(bytes.subarray(places[at - 1], places[at])));
  return [...parts, ...parser.end()];
}

const bulkOf = (parts: readonly Part[], name: string) =>
  Buffer.concat(
    parts.flatMap((each) => (each.kind === 'bulk' && each.of.name === name ? [each.bytes] : [])),
  ).toString();
const messages = (parts: readonly Part[]) =>
  parts.flatMap((each) => (each.kind === 'message' ? [each.message] : []));

const whole = Buffer.from(
  answer(
    message(
      '<t:Message><t:MimeContent CharacterSet="UTF-8">QUJD\r\nREVG&#xD;\n</t:MimeContent><t:ItemId Id="id &amp; 1" ChangeKey="k"/>' +
        '<t:Subject>  padded \u00a0&#x1;\u0001 ünï 🎄 &nbsp; </t:Subject><t:Body BodyType="HTML">&lt;p&gt;1 > 0 &amp;&#2; ]]></t:Body></t:Message>',
    ) + message('<t:Message><t:ItemId Id="2" ChangeKey="k2"/></t:Message>'),
  ),
);

describe('reading an answer', () => {
  it('yields messages in order, bulk elements past them, and the server version', () => {
    const parts = read(whole);
    expect(parts[0]).toMatchObject({ kind: 'version', version: { attributes: { MajorVersion: '15' } } });
    const [first, second] = messages(parts).map((each) => descend(each, 'Items', 'Message'));
    expect(child(first, 'ItemId')?.attributes).toEqual({ Id: 'id & 1', ChangeKey: 'k' });
    expect(child(second, 'ItemId')?.attributes['Id']).toBe('2');
    expect(bulkOf(parts, 'MimeContent').replace(/&#13;|\s/g, '')).toBe('QUJDREVG');
  });

  it('keeps blanks as they are and drops only what XML cannot carry', () => {
    const item = descend(messages(read(whole))[0], 'Items', 'Message');
    expect(textOf(item, 'Subject')).toBe('  padded \u00a0 ünï 🎄 &nbsp; ');
    expect(bulkOf(read(whole), 'Body')).toBe('&lt;p&gt;1 &gt; 0 &amp; ]]&gt;');
  });

  it('reads the same however the bytes are cut', () => {
    const plain = JSON.stringify(messages(read(whole)));
    const cut = fc.array(fc.nat({ max: whole.length }), { maxLength: 12 });
    fc.assert(
      fc.property(cut, (cuts) => {
        const parts = read(whole, cuts);
        expect(JSON.stringify(messages(parts))).toBe(plain);
        expect(bulkOf(parts, 'Body')).toBe('&lt;p&gt;1 &gt; 0 &amp; ]]&gt;');
        expect(bulkOf(parts, 'MimeContent').replace(/&#13;|\s/g, '')).toBe('QUJDREVG');
      }),
    );
    const each = Array.from({ length: whole.length }, (_, index) => index);
    expect(JSON.stringify(messages(read(whole, each)))).toBe(plain);
  });

  it('takes an answer that ends early for an error, wherever it ends', () => {
    const last = whole.lastIndexOf('>');
    for (let length = 60; length <= last; length += 7) {
      expect(() => read(whole.subarray(0, length))).toThrow(MalformedAnswer);
    }
  });

  it('hands base64 on in the pieces in which it comes', () => {
    const parser = new AnswerParser();
    parser.write(upTo('<t:Message><t:MimeContent>'));
    for (let piece = 0; piece < 200; piece += 1) {
      const parts = parser.write(Buffer.alloc(65536, 'A'));
      expect(parts).toHaveLength(1);
    }
  });

  it('refuses what is no SOAP, what is ill-formed, and document types', () => {
    const texts = [
      '',
      '<html><body>Sign in</body></html>',
      'gone',
      whole.toString().replace('</t:Message>', '</t:Massage>'),
    ];
    const bomb = whole.toString().replace('<s:Envelope', '<!DOCTYPE a [<!ENTITY b "bb">]><s:Envelope');
    for (const text of [...texts, bomb]) expect(() => read(Buffer.from(text))).toThrow(MalformedAnswer);
  });

  it('refuses an answer that is nested without end', () => {
    const deep = '<t:a>'.repeat(100) + '</t:a>'.repeat(100);
    expect(() => read(Buffer.from(answer(message(deep))))).toThrow(MalformedAnswer);
  });

  it('refuses a value that does not end', () => {
    const parser = new AnswerParser();
    parser.write(upTo('<t:Message><t:Subject>'));
    const flood = () => {
      for (let piece = 0; piece < 1000; piece += 1) parser.write(Buffer.alloc(65536, 'A'));
    };
    expect(flood).toThrow(OversizeAnswer);
  });

  it('finds the code and the pause in a SOAP fault and in a message', () => {
    const xml =
      '<m:MessageXml><t:Value xmlns:t="x" Name="BackOffMilliseconds">297749</t:Value></m:MessageXml>';
    const fault =
      `<s:Envelope ${namespaces}><s:Body><s:Fault><faultcode>a:ErrorServerBusy</faultcode><faultstring>busy</faultstring>` +
      `<detail><e:ResponseCode xmlns:e="e">ErrorServerBusy</e:ResponseCode>${xml}</detail></s:Fault></s:Body></s:Envelope>`;
    const [found] = messages(read(Buffer.from(fault)));
    expect(found && refusalOf(found)).toMatchObject({
      code: 'ErrorServerBusy',
      details: { backOffMs: 297749, ofOneItem: false },
    });
    const single = answer(
      `<m:GetItemResponseMessage ResponseClass="Error"><m:ResponseCode>ErrorItemCorrupt</m:ResponseCode></m:GetItemResponseMessage>`,
    );
    const [error] = messages(read(Buffer.from(single)));
    expect(error && refusalOf(error)).toMatchObject({
      code: 'ErrorItemCorrupt',
      details: { ofOneItem: true },
    });
  });
});

describe('writing XML', () => {
  it('reads back as any text that XML can carry, and can hold no markup of its own', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 80 }),
        fc.string({ unit: 'binary', maxLength: 20 }),
        (text, attribute) => {
          const xml = `<t:Subject Name="${escapeAttribute(attribute)}">${escapeText(text)}</t:Subject>`;
          const [found] = messages(read(Buffer.from(answer(message(`<t:Message>${xml}</t:Message>`)))));
          const subject = child(descend(found, 'Items', 'Message'), 'Subject');
          const legal = text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '');
          expect(subject?.text).toBe(legal);
          expect(subject && writeElement(subject)).toContain('<t:Subject');
        },
      ),
      { numRuns: 40 },
    );
  });

  it('cleans markup text the same however it is cut', () => {
    const pieces = fc.array(
      fc.constantFrom(
        '&',
        '&#x1;',
        '&#65;',
        '&amp;',
        'x',
        '&lt',
        ';',
        '&#xD;',
        '&#x110000;',
        '🎄',
        '\ud83c',
        '\udf84',
        '\u0002',
      ),
    );
    fc.assert(
      fc.property(pieces, (parts) => {
        const filter = new MarkupFilter();
        const cut = parts.map((each) => filter.write(each)).join('') + filter.end();
        const one = new MarkupFilter();
        expect(cut).toBe(one.write(parts.join('')) + one.end());
        expect(cut).not.toMatch(/&(?!(amp|lt|gt|quot|apos|#\d+);)/);
      }),
      { examples: [[['&lt', '\u0002', ';']]] },
    );
  });
});
