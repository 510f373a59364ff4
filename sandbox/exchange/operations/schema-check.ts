import { schemaFault } from '../errors';
import type { Element } from '../xml/element';
import { NAMESPACES } from '../xml/element';

const prefixOf = (ns: string): string => (ns === NAMESPACES.t ? NAMESPACES.t : ns);

/**
 * Checks names and order of an element's children as Exchange's schema validation does.
 * @param required names that must be there
 * @throws SoapFault ErrorSchemaValidation
 */
export function checkSequence(
  element: Element,
  names: readonly string[],
  required: readonly string[] = [],
): void {
  let last = -1;
  for (const each of element.children) {
    const at = names.indexOf(each.name);
    if (at < 0 || at < last) throw invalidChild(element, each, names.slice(Math.max(0, last)));
    last = at;
  }
  for (const name of required) {
    if (!element.children.some((each) => each.name === name)) {
      throw schemaFault(
        `The element '${element.name}' in namespace '${prefixOf(element.ns)}' has incomplete content. List of possible elements expected: '${name}'.`,
      );
    }
  }
}

export function invalidChild(element: Element, child: Element, expected: readonly string[]): Error {
  const possible = expected.slice(0, 12).join(', ');
  return schemaFault(
    `The element '${element.name}' in namespace '${prefixOf(element.ns)}' has invalid child element '${child.name}' in namespace '${prefixOf(child.ns)}'. List of possible elements expected: '${possible}'.`,
  );
}

/** @throws SoapFault where the attribute is missing or has another value */
export function enumAttribute<T extends string>(
  element: Element,
  name: string,
  values: readonly T[],
  fallback?: T,
): T {
  const value = element.attrs[name] ?? fallback;
  const found = values.find((each) => each === value);
  if (found === undefined)
    throw schemaFault(
      value === undefined
        ? `The required attribute '${name}' is missing.`
        : `The '${name}' attribute is invalid - The value '${value}' is invalid according to its datatype - The Enumeration constraint failed.`,
    );
  return found;
}
