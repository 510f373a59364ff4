import { EwsRefusal } from '../refusal';
import { child, descend, textOf, type Element } from './element';

const responseCode = /^[A-Za-z][A-Za-z0-9]{0,80}$/;

/** The refusal a response message or SOAP fault states; undefined where it states success or a mere warning. */
export function refusalOf(message: Element): EwsRefusal | undefined {
  if (message.name === 'Fault') return faultOfSoap(message);
  const code = textOf(message, 'ResponseCode')?.trim() ?? '';
  const failed = message.attributes['ResponseClass'] === 'Error' || code === 'ErrorBatchProcessingStopped';
  if (!failed) return undefined;
  return new EwsRefusal(codeFrom(code), { ofOneItem: true, ...valuesOf(child(message, 'MessageXml')) });
}

/** @see SOAP 1.1 section 4.4; Exchange puts its response code into the detail and, prefixed, into faultcode */
function faultOfSoap(fault: Element): EwsRefusal {
  const detail = child(fault, 'detail');
  const stated = textOf(detail, 'ResponseCode') ?? textOf(fault, 'faultcode')?.replace(/^.*:/, '') ?? '';
  return new EwsRefusal(codeFrom(stated.trim()), {
    ofOneItem: false,
    ...valuesOf(child(detail, 'MessageXml')),
  });
}

/** A code goes into logs and pages, so that only what looks like one is taken. */
function codeFrom(stated: string): string {
  return responseCode.test(stated) ? stated : 'UnknownResponseCode';
}

function valuesOf(messageXml: Element | undefined): { backOffMs?: number; innerCode?: string } {
  const named = (name: string) =>
    messageXml?.children
      .find((each) => each.name === 'Value' && each.attributes['Name'] === name)
      ?.text.trim();
  const backOff = Number(named('BackOffMilliseconds') ?? NaN);
  const inner = named('InnerErrorResponseCode');
  return {
    ...(Number.isFinite(backOff) && backOff >= 0 ? { backOffMs: backOff } : {}),
    ...(inner === undefined ? {} : { innerCode: codeFrom(inner) }),
  };
}

/** Id and change key of the first item or folder in a response message. */
export function idOf(element: Element | undefined): { id: string; changeKey: string } | undefined {
  const found = child(element, 'ItemId') ?? child(element, 'FolderId');
  const id = found?.attributes['Id'];
  return id === undefined ? undefined : { id, changeKey: found?.attributes['ChangeKey'] ?? '' };
}

/** What a response message holds under `Items` or `Folders`. */
export function contents(message: Element): Element[] {
  return (descend(message, 'Items') ?? descend(message, 'Folders'))?.children ?? [];
}

export function isTrue(text: string | undefined): boolean {
  return text?.trim() === 'true' || text?.trim() === '1';
}
