import { wellKnownFolders, type WellKnownFolder } from './mailbox';

/** What Temporal's history and the counters call a folder: its well-known name or its place in the plan, never its name. */
export function folderLabel(position: number, wellKnown?: WellKnownFolder): string {
  return wellKnown ?? `folder ${position + 1}`;
}

/** What {@link folderLabel} was made from; the place counts from 1. */
export function readFolderLabel(
  label: string,
): { wellKnown: WellKnownFolder; place?: never } | { wellKnown?: never; place: string } {
  const wellKnown = wellKnownFolders.find((name) => name === label);
  return wellKnown === undefined ? { place: label.replace(/^folder /, '') } : { wellKnown };
}
