import type { Operation } from '../call';
import { EwsError } from '../errors';
import { respondEach } from './respond';

/** No mailbox of the simulator has configuration objects. @see MS-OXWSCONFIG GetUserConfiguration */
export const getUserConfiguration: Operation = async (call, request, answer) => {
  await respondEach(call, answer, 'GetUserConfiguration', [request], undefined, () => {
    throw new EwsError(
      'ErrorItemNotFound',
      'The specified object was not found in the store., The configuration object was not found.',
    );
  });
};
