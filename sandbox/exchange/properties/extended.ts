import { schemaFault } from '../errors';
import type { ExtendedValue } from '../store/records';
import type { Element } from '../xml/element';
import { child, children } from '../xml/element';

/** PSETID_Appointment. */
export const APPOINTMENT = '00062002-0000-0000-c000-000000000046';

/** Property sets that EWS knows by name. @see DistinguishedPropertySetType */
const PROPERTY_SETS: Readonly<Record<string, string>> = {
  Meeting: '6ed8da90-450b-101b-98da-00aa003f1305',
  Appointment: APPOINTMENT,
  Common: '00062008-0000-0000-c000-000000000046',
  PublicStrings: '00020329-0000-0000-c000-000000000046',
  Address: '00062004-0000-0000-c000-000000000046',
  InternetHeaders: '00020386-0000-0000-c000-000000000046',
  CalendarAssistant: '11000e07-b51b-40d6-af21-caa85edab1d0',
  UnifiedMessaging: '4442858e-a9e3-4e80-b900-317a210cc15b',
  Task: '00062003-0000-0000-c000-000000000046',
  Sharing: '00062040-0000-0000-c000-000000000046',
};

/** The key under which a category list is kept: the same thing as item:Categories. */
export const KEYWORDS = `${PROPERTY_SETS['PublicStrings']}/Keywords:StringArray`;

export interface ExtendedUri {
  /** `0x0e07:Integer`, `<set guid>/<name or 0x8530>:<type>`. */
  readonly key: string;
  readonly type: string;
  /** The tag as `0x0e07`; absent for named properties. */
  readonly tag?: string;
  /** What goes back to the client, as Exchange writes it. */
  readonly attrs: Readonly<Record<string, string>>;
}

const TYPES =
  /^(ApplicationTime|Binary|Boolean|CLSID|Currency|Double|Error|Float|Integer|Long|Null|Object|Short|String|SystemTime)(Array)?$/;

/** @throws SoapFault where the attributes do not name a property */
export function parseExtendedUri(element: Element): ExtendedUri {
  const { PropertyTag, PropertyType, PropertySetId, DistinguishedPropertySetId, PropertyName, PropertyId } =
    element.attrs;
  if (!PropertyType || !TYPES.test(PropertyType))
    throw schemaFault(
      `The 'PropertyType' attribute is invalid - The value '${PropertyType ?? ''}' is invalid.`,
    );
  if (PropertyTag !== undefined) {
    const number = Number(PropertyTag);
    if (!Number.isInteger(number) || number < 1 || number > 0xfffe)
      throw schemaFault(`The 'PropertyTag' attribute is invalid - The value '${PropertyTag}' is invalid.`);
    const tag = `0x${number.toString(16).padStart(4, '0')}`;
    return {
      key: `${tag}:${PropertyType}`,
      type: PropertyType,
      tag,
      attrs: { PropertyTag: `0x${number.toString(16)}`, PropertyType },
    };
  }
  const set = DistinguishedPropertySetId
    ? PROPERTY_SETS[DistinguishedPropertySetId]
    : PropertySetId?.toLowerCase();
  const name =
    PropertyName ?? (PropertyId === undefined ? undefined : `0x${Number(PropertyId).toString(16)}`);
  if (!set || name === undefined)
    throw schemaFault('The ExtendedFieldURI names neither a property tag nor a named property.');
  const attrs: Record<string, string> = DistinguishedPropertySetId
    ? { DistinguishedPropertySetId }
    : { PropertySetId: set };
  if (PropertyName !== undefined) attrs['PropertyName'] = PropertyName;
  else if (PropertyId !== undefined) attrs['PropertyId'] = PropertyId;
  return { key: `${set}/${name}:${PropertyType}`, type: PropertyType, attrs: { ...attrs, PropertyType } };
}

/** The value of an ExtendedProperty element of a request. */
export function extendedValue(property: Element, uri: ExtendedUri): ExtendedValue {
  const values = child(property, 'Values');
  if (values) return children(values, 'Value').map((each) => canonical(uri.type, each.text));
  const value = canonical(uri.type, child(property, 'Value')?.text ?? '');
  return uri.type.endsWith('Array') ? [value] : value;
}

function canonical(type: string, text: string): string {
  if (type.startsWith('SystemTime')) return canonicalDate(text);
  if (type.startsWith('Boolean')) return /^(true|1)$/i.test(text.trim()) ? 'true' : 'false';
  return text;
}

/** A date of a request as kept: UTC, whole seconds. A text that is no date stays as it is. */
export function canonicalDate(text: string): string {
  const trimmed = text.trim();
  const zoned = /T.*(Z|[+-]\d\d:?\d\d)$/.test(trimmed)
    ? trimmed
    : /T/.test(trimmed)
      ? `${trimmed}Z`
      : trimmed;
  const time = Date.parse(zoned.replace(/^(\d{4}-\d\d-\d\d)(?:Z|[+-]\d\d:\d\d)$/, '$1'));
  return Number.isNaN(time) ? text : new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');
}
