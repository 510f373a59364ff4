import { searchAttributes } from '../workflows/names';
import type { TemporalServices } from './temporal';

/** `temporal.api.enums.v1.IndexedValueType`, INDEXED_VALUE_TYPE_KEYWORD. */
const keyword = 2;
/** What asking again does not mend: INVALID_ARGUMENT, PERMISSION_DENIED, UNIMPLEMENTED, UNAUTHENTICATED of gRPC. */
const refusals: readonly unknown[] = [3, 7, 12, 16];
const alreadyExists = 6;

/**
 * Makes the search attributes that migrations write, where the namespace lacks them: without them no workflow of this service gets
 * beyond its first step. Harmless when repeated.
 *
 * @throws Error with the command for an administrator, where they are missing and this process may not make them
 * @throws what gRPC says while Temporal, or the namespace, is not there; to be tried again
 */
export async function ensureSearchAttributes(temporal: TemporalServices, namespace: string): Promise<void> {
  const missing = await missingIn(temporal, namespace);
  if (missing.length === 0) return;
  const wanted = Object.fromEntries(missing.map((name) => [name, keyword]));
  try {
    await temporal.operatorService.addSearchAttributes({ namespace, searchAttributes: wanted });
  } catch (refusal) {
    if (codeOf(refusal) === alreadyExists) return;
    if (!refusals.includes(codeOf(refusal))) throw refusal;
    throw new SearchAttributesMissing(namespace, missing, refusal);
  }
}

/** Somebody with the right to do it must add search attributes to the namespace. */
export class SearchAttributesMissing extends Error {
  override readonly name = 'SearchAttributesMissing';

  constructor(namespace: string, missing: readonly string[], cause: unknown) {
    const options = missing.map((name) => `--name ${name} --type Keyword`).join(' ');
    super(
      `Temporal's namespace ${namespace} lacks search attributes, and this worker may not add them. Have them added with: ` +
        `temporal operator search-attribute create --namespace ${namespace} ${options}`,
      { cause },
    );
  }
}

/** None where the server does not let them be listed, as hosted ones do: who looks after such a namespace has added them. */
async function missingIn({ operatorService }: TemporalServices, namespace: string): Promise<string[]> {
  const names = Object.values(searchAttributes);
  try {
    const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
    return names.filter((name) => Number(customAttributes[name]) !== keyword);
  } catch (refusal) {
    if (!refusals.includes(codeOf(refusal))) throw refusal;
    return [];
  }
}

function codeOf(fault: unknown): unknown {
  return typeof fault === 'object' && fault !== null && 'code' in fault ? fault.code : undefined;
}
