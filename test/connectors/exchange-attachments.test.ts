import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpAnswer } from '../../src/connectors/exchange/http';
import { attachmentsXml } from '../../src/connectors/exchange/item/attachments';
import { soapAnswer, type Session } from '../../src/connectors/exchange/session';
import type { Element } from '../../src/connectors/exchange/soap/element';
import { never } from './exchange-servers';

const element = (name: string, given: Partial<Element> = {}): Element => ({
  ...{ name, attributes: {}, children: [], text: '' },
  ...given,
});

const itemWith = (name: 'FileAttachment' | 'ItemAttachment') => {
  const id = element('AttachmentId', { attributes: { Id: 'a' } });
  return element('CalendarItem', {
    children: [element('Attachments', { children: [element(name, { children: [id] })] })],
  });
};

describe('an attachment that nobody waits for any more', () => {
  it.each(['FileAttachment', 'ItemAttachment'] as const)(
    'gives its connection back though its answer had not come yet: %s',
    async (name) => {
      let isDestroyed = false;
      const answer: HttpAnswer = {
        status: 200,
        headers: { 'content-type': 'text/xml' },
        body: Readable.from([Buffer.from('<s:Envelope xmlns:s="s"><s:Body>')]),
        destroy: () => void (isDestroyed = true),
      };
      let come = () => {};
      const headers = new Promise<void>((resolve) => (come = resolve));
      const call = () => headers.then(() => soapAnswer(answer, 'nothing'));
      const session = { settings: { serverVersion: 'Exchange2013' }, call } as unknown as Session;
      const stream = Readable.from(attachmentsXml(session, itemWith(name), never), { objectMode: false });
      stream.on('error', () => undefined).resume();
      await sleep(5);
      stream.destroy();
      come();
      await sleep(5);
      expect(isDestroyed).toBe(true);
    },
  );
});
