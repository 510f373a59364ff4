import type { CheckConnectorInput } from './messages';
import { checking } from './proxies';

/** **Test connection**: the pages read its report from the check's document. Answers whether the connector can be used; absent where that is not known. */
export async function checkConnector(input: CheckConnectorInput): Promise<{ usable: boolean } | undefined> {
  return checking.checkConnector(input);
}
