import type { Random } from '../random';
import type { Mailbox, NewItem } from '../store/mailbox';
import { bodyOf, fieldsOf, newItem, property, someCategories } from './records';
import { isoSeconds, pastDate, sentence, words } from './words';

const DAY_S = 86_400;

export function task(mailbox: Mailbox, random: Random, folder: number, number: number): NewItem {
  const created = pastDate(random);
  const start = Math.floor(Date.parse(created) / 1000 / DAY_S) * DAY_S;
  const status = random.pick(['NotStarted', 'InProgress', 'Completed', 'WaitingOnOthers', 'Deferred']);
  const done = status === 'Completed';
  const recurring = number % 6 === 2 && !done;
  const pattern = property('DailyRecurrence', [property('Interval', '2')]);
  const range = property('NumberedRecurrence', [
    property('StartDate', `${isoSeconds(start).slice(0, 10)}Z`),
    property('NumberOfOccurrences', '10'),
  ]);
  const fields = fieldsOf([
    property('Subject', sentence(random)),
    someCategories(random, 0.3),
    random.chance(0.2) ? property('Importance', 'High') : undefined,
    property('ReminderIsSet', 'false'),
    done ? property('CompleteDate', isoSeconds(start + DAY_S)) : undefined,
    random.chance(0.7) ? property('DueDate', isoSeconds(start + random.int(1, 90) * DAY_S)) : undefined,
    property('PercentComplete', done ? '100' : status === 'InProgress' ? '50' : '0'),
    recurring ? property('Recurrence', [pattern, range]) : undefined,
    property('StartDate', isoSeconds(start)),
    property('Status', status),
    random.chance(0.2) ? property('TotalWork', '480') : undefined,
  ]);
  return newItem(random, {
    folder,
    element: 'Task',
    itemClass: 'IPM.Task',
    created,
    fields,
    body: bodyOf(mailbox, random, random.chance(0.3)),
  });
}

const NOTES = '0006200e-0000-0000-c000-000000000046';

/** A sticky note: to EWS a message of another class with its colour and place in named properties. @see MS-OXONOTE */
export function note(mailbox: Mailbox, random: Random, folder: number): NewItem {
  const created = pastDate(random);
  const ext = {
    [`${NOTES}/0x8b00:Integer`]: String(random.int(0, 4)),
    [`${NOTES}/0x8b02:Integer`]: '200',
    [`${NOTES}/0x8b03:Integer`]: '166',
    [`${NOTES}/0x8b04:Integer`]: String(random.int(0, 900)),
    [`${NOTES}/0x8b05:Integer`]: String(random.int(0, 900)),
    '0x1080:Integer': '771',
  };
  const fields = fieldsOf([property('Subject', words(random, 4)), someCategories(random, 0.2)]);
  return newItem(random, {
    folder,
    element: 'Message',
    itemClass: 'IPM.StickyNote',
    created,
    fields,
    ext,
    body: bodyOf(mailbox, random, false),
  });
}

/** A discussion's entry in a mail folder. */
export function post(mailbox: Mailbox, random: Random, folder: number): NewItem {
  const created = pastDate(random);
  const topic = sentence(random);
  const fields = fieldsOf([
    property('Subject', topic),
    property('ConversationTopic', topic),
    property('PostedTime', created),
  ]);
  return newItem(random, {
    folder,
    element: 'PostItem',
    itemClass: 'IPM.Post',
    created,
    fields,
    body: bodyOf(mailbox, random, true),
  });
}
