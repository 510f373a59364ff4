import type { Stored } from '../store/records';

/**
 * The basics of the first VEVENT, which is what Exchange takes over from a calendar item's MIME: attendees and
 * attachments are lost. @see RFC 5545
 */
export function parseCalendar(mime: string): Record<string, Stored> {
  const unfolded = mime.replace(/\r?\n[ \t]/g, '');
  const event = /BEGIN:VEVENT([\s\S]*?)END:VEVENT/.exec(unfolded)?.[1] ?? '';
  const fields: Record<string, Stored> = {};
  const put = (n: string, v: string | undefined): void => {
    if (v !== undefined) fields[n] = { n, v };
  };
  const value = (name: string): string | undefined =>
    new RegExp(`^${name}(?:;[^:\\r\\n]*)?:(.*)$`, 'm').exec(event)?.[1]?.trim();
  const text = (name: string): string | undefined =>
    value(name)?.replace(/\\n/gi, '\n').replace(/\\(.)/g, '$1');
  put('Subject', text('SUMMARY'));
  put('Location', text('LOCATION'));
  put('UID', value('UID'));
  put('Start', dateTime(value('DTSTART')));
  put('End', dateTime(value('DTEND')));
  if (/^DTSTART;[^:]*VALUE=DATE:/m.test(event)) put('IsAllDayEvent', 'true');
  return fields;
}

function dateTime(value: string | undefined): string | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d))?/.exec(value ?? '');
  if (!match) return undefined;
  const [, year, month, day, hour = '00', minute = '00', second = '00'] = match;
  return `${year}-${month}-${day}T${hour}:${minute}:${second}Z`;
}
