import type { Operation } from '../call';
import { EwsError, schemaFault } from '../errors';
import type { OutOfOffice } from '../store/settings';
import type { Element } from '../xml/element';
import { child, childText } from '../xml/element';
import type { Call } from '../call';
import type { Mailbox } from '../store/mailbox';

function mailboxFor(call: Call, request: Element): Mailbox {
  const wrapper = child(request, 'Mailbox');
  const mailbox = call.mailboxes.byMailAddress((wrapper && childText(wrapper, 'Address')) ?? '');
  if (mailbox !== call.mailbox)
    throw new EwsError('ErrorAccessDenied', 'Access is denied. Check credentials and try again.');
  return call.mailbox;
}

/** @see MS-OXWSOOF GetUserOofSettings */
export const getUserOofSettings: Operation = async (call, request, answer) => {
  const { oof } = mailboxFor(call, request).settings;
  answer.raw(
    '<m:ResponseMessage ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode></m:ResponseMessage>',
  );
  answer.open('t:OofSettings');
  answer.element('t:OofState', oof.state);
  answer.element('t:ExternalAudience', oof.externalAudience);
  answer.open('t:Duration');
  answer.element('t:StartTime', (oof.start ?? '2000-01-01T00:00:00Z').replace(/Z$/, ''));
  answer.element('t:EndTime', (oof.end ?? '2000-01-02T00:00:00Z').replace(/Z$/, ''));
  answer.close('t:Duration');
  for (const [name, text] of [
    ['InternalReply', oof.internalReply],
    ['ExternalReply', oof.externalReply],
  ] as const) {
    answer.open(`t:${name}`);
    answer.element('t:Message', text);
    answer.close(`t:${name}`);
  }
  answer.close('t:OofSettings');
  answer.element('m:AllowExternalOof', 'All');
  await answer.relieve();
};

/** @see MS-OXWSOOF SetUserOofSettings */
export const setUserOofSettings: Operation = async (call, request, answer) => {
  const mailbox = mailboxFor(call, request);
  const given = child(request, 'UserOofSettings');
  if (!given) throw schemaFault("The element 'SetUserOofSettingsRequest' has incomplete content.");
  call.mailboxes.change(mailbox, { oof: parse(given) });
  answer.raw(
    '<m:ResponseMessage ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode></m:ResponseMessage>',
  );
  await answer.relieve();
};

function parse(given: Element): OutOfOffice {
  const pick = <T extends string>(name: string, values: readonly T[]): T => {
    const found = values.find((each) => each === childText(given, name));
    if (!found) throw schemaFault(`The '${name}' element is invalid.`);
    return found;
  };
  const duration = child(given, 'Duration');
  const text = (name: string): string => {
    const wrapper = child(given, name);
    return (wrapper && child(wrapper, 'Message')?.text) ?? '';
  };
  const start = duration && childText(duration, 'StartTime');
  const end = duration && childText(duration, 'EndTime');
  return {
    state: pick('OofState', ['Disabled', 'Enabled', 'Scheduled']),
    externalAudience: pick('ExternalAudience', ['None', 'Known', 'All']),
    internalReply: text('InternalReply'),
    externalReply: text('ExternalReply'),
    ...(start ? { start } : {}),
    ...(end ? { end } : {}),
  };
}
