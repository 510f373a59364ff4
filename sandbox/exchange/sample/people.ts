import { createHash } from 'node:crypto';
import type { Random } from '../random';
import type { Mailbox, NewItem } from '../store/mailbox';
import { bodyOf, fieldsOf, mailboxOf, newItem, property, someCategories } from './records';
import { isoSeconds, pastDate, person, words } from './words';

const entry = (key: string, value: string): ReturnType<typeof property> =>
  property('Entry', value, { Key: key });

/** A contact with addresses, numbers, dates, notes and sometimes a photo. */
export function contact(mailbox: Mailbox, random: Random, folder: number): NewItem {
  const created = pastDate(random);
  const who = person(random);
  const other = person(random);
  const street = property(
    'Entry',
    [
      property('Street', `${words(random, 2)} ${random.int(1, 200)}`),
      property('City', random.pick(['Köln', 'Zürich', '東京', 'Łódź'])),
      property('CountryOrRegion', 'Contosoland'),
      property('PostalCode', String(random.int(10_000, 99_999))),
    ],
    { Key: 'Business' },
  );
  const fields = fieldsOf([
    property('Subject', who.name),
    someCategories(random, 0.2),
    property('FileAs', `${who.family}, ${who.given}`),
    property('DisplayName', who.name),
    property('GivenName', who.given),
    random.chance(0.2) ? property('MiddleName', 'X.') : undefined,
    property('CompanyName', random.pick(['Contoso GmbH & Co. KG', 'Northwind', '株式会社ファブリカム'])),
    property('EmailAddresses', [
      entry('EmailAddress1', who.address),
      ...(random.chance(0.4) ? [entry('EmailAddress2', other.address)] : []),
    ]),
    property('PhysicalAddresses', [street]),
    property('PhoneNumbers', [
      entry('BusinessPhone', `+49 221 ${random.int(100_000, 999_999)}`),
      entry('MobilePhone', `+41 79 ${random.int(1_000_000, 9_999_999)}`),
    ]),
    random.chance(0.3)
      ? property('Birthday', isoSeconds(random.int(-20, 35) * 31_557_600).slice(0, 10) + 'T11:59:00Z')
      : undefined,
    random.chance(0.3) ? property('Department', 'R&D') : undefined,
    property('JobTitle', words(random, 2)),
    property('Surname', who.family),
  ]);
  const photo = random.chance(0.15) ? { attachments: [photoOf(mailbox, random, created)] } : {};
  return newItem(random, {
    folder,
    element: 'Contact',
    itemClass: 'IPM.Contact',
    created,
    fields,
    ...photo,
    ...(random.chance(0.4) ? { body: bodyOf(mailbox, random, false) } : {}),
  });
}

function photoOf(mailbox: Mailbox, random: Random, modified: string): NewItem['attachments'][number] {
  const content = mailbox.contents.append(
    Buffer.concat([Buffer.from('ffd8ffe000104a464946', 'hex'), random.bytes(random.int(1500, 6000))]),
  );
  const key = createHash('md5').update(`${content.f}/${content.o}`).digest('hex');
  return {
    key,
    name: 'ContactPicture.jpg',
    contentType: 'image/jpeg',
    inline: false,
    photo: true,
    sizeBytes: content.l,
    modified,
    data: { content, encoding: 'none' },
  };
}

export function distributionList(mailbox: Mailbox, random: Random, folder: number): NewItem {
  const created = pastDate(random);
  const name = `List ${words(random, 2)}`;
  const members = Array.from({ length: random.int(2, 12) }, () =>
    property('Member', [mailboxOf(person(random)), property('Status', 'Normal')]),
  );
  const fields = fieldsOf([
    property('Subject', name),
    property('DisplayName', name),
    property('FileAs', name),
    property('Members', members),
  ]);
  return newItem(random, {
    folder,
    element: 'DistributionList',
    itemClass: 'IPM.DistList',
    created,
    fields,
    body: bodyOf(mailbox, random, false),
  });
}
