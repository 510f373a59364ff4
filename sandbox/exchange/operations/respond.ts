import type { Call } from '../call';
import { EwsError, SoapFault } from '../errors';
import type { Answer } from '../xml/answer';

/** Writes what a successful response message holds after its response code. */
export type WriteContent = () => Promise<void> | void;

/**
 * Writes one response message per input, in order. `handle` does the work and may throw EwsError, which becomes an error
 * of this input alone; what it returns writes the content.
 * @param emptyContent element that Exchange leaves empty in an error's response message, such as `m:Items`
 */
export async function respondEach<T>(
  call: Call,
  answer: Answer,
  operation: string,
  inputs: readonly T[],
  emptyContent: string | undefined,
  handle: (input: T, index: number) => Promise<WriteContent> | WriteContent,
): Promise<void> {
  const message = `m:${operation}ResponseMessage`;
  answer.open('m:ResponseMessages');
  const whole = call.faults.wholeBatchError();
  if (whole) writeError(answer, message, whole, emptyContent);
  for (const [index, input] of whole ? [] : inputs.entries()) {
    if (call.faults.stopsBatchAt(index)) {
      writeStopped(answer, message, emptyContent);
      continue;
    }
    try {
      const injected = call.faults.itemError(index);
      if (injected) throw injected;
      const write = await handle(input, index);
      answer.raw(`<${message} ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>`);
      await write();
      answer.close(message);
    } catch (error) {
      if (!(error instanceof EwsError) || error instanceof SoapFault) throw error;
      writeError(answer, message, error, emptyContent);
    }
    await answer.relieve();
  }
  answer.close('m:ResponseMessages');
}

function writeError(
  answer: Answer,
  message: string,
  error: EwsError,
  emptyContent: string | undefined,
): void {
  answer.open(message, { ResponseClass: 'Error' });
  writeErrorBody(answer, error);
  if (emptyContent) answer.empty(emptyContent);
  answer.close(message);
}

function writeStopped(answer: Answer, message: string, emptyContent: string | undefined): void {
  answer.open(message, { ResponseClass: 'Warning' });
  writeErrorBody(
    answer,
    new EwsError('ErrorBatchProcessingStopped', 'Processing of the batch stopped before this item.'),
  );
  if (emptyContent) answer.empty(emptyContent);
  answer.close(message);
}

export function writeErrorBody(answer: Answer, error: EwsError): void {
  answer.element('m:MessageText', error.message);
  answer.element('m:ResponseCode', error.code);
  answer.element('m:DescriptiveLinkKey', '0');
  const values = Object.entries(error.values);
  if (values.length === 0) return;
  answer.open('m:MessageXml');
  for (const [name, value] of values) answer.element('t:Value', value, { Name: name });
  answer.close('m:MessageXml');
}
