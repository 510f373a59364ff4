import type { Stored } from './records';

type Fields = Readonly<Record<string, Stored>>;

/** The text of a simple property; undefined where it is absent or has children. */
export function fieldText(fields: Fields, name: string): string | undefined {
  const value = fields[name]?.v;
  return typeof value === 'string' ? value : undefined;
}

/** The children of a property; none where it is absent or simple. */
export function fieldChildren(fields: Fields, name: string): readonly Stored[] {
  return childrenOf(fields[name]);
}

export function childrenOf(stored: Stored | undefined): readonly Stored[] {
  return stored && typeof stored.v !== 'string' ? stored.v : [];
}

/** The text of a child of a property, such as the Name of a Mailbox. */
export function partText(stored: Stored | undefined, name: string): string | undefined {
  const value = childrenOf(stored).find((each) => each.n === name)?.v;
  return typeof value === 'string' ? value : undefined;
}
