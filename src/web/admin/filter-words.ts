import { listConnectors } from '../../models/connector-list';
import type { MailUserFilter } from '../../models/mail-user-filter';
import type { Translate } from '../../locales';

/** A filter as a person reads it: what it is narrowed to, one after another; empty where it matches everybody. */
export async function filterWords(filter: MailUserFilter, t: Translate): Promise<string> {
  const { states, batch, sourceConnectorId, targetConnectorId, text } = filter;
  const names = new Map((await listConnectors()).map(({ _id, name }) => [_id.toHexString(), name]));
  const named = (part: 'state' | 'batch' | 'source' | 'target' | 'text', value: string | undefined) =>
    value === undefined ? [] : [t(`admin.users.filterWords.${part}`, { value })];
  const connector = (id: string | undefined) => (id === undefined ? undefined : (names.get(id) ?? id));
  return [
    ...named('state', states?.map((state) => t(`states.${state}`)).join(', ')),
    ...named('batch', batch),
    ...named('source', connector(sourceConnectorId)),
    ...named('target', connector(targetConnectorId)),
    ...named('text', text),
  ].join('; ');
}
