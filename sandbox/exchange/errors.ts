/**
 * An answer that Exchange gives with a response code: within one response message, or as a SOAP fault where the whole
 * request is refused. @see ResponseCodeType
 */
export class EwsError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly values: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

/** The whole request is refused with HTTP 500 and a SOAP fault. */
export class SoapFault extends EwsError {}

export function schemaFault(message: string): SoapFault {
  return new SoapFault('ErrorSchemaValidation', `The request failed schema validation: ${message}`);
}

export function itemNotFound(): EwsError {
  return new EwsError('ErrorItemNotFound', 'The specified object was not found in the store.');
}

export function folderNotFound(): EwsError {
  return new EwsError('ErrorFolderNotFound', 'The specified folder could not be found in the store.');
}
