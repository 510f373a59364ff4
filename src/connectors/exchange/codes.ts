import type { Remedy } from '../../domain/faults';

/**
 * What Exchange's response codes mean for a migration. Codes that are not here are unknown and taken as passing.
 * @see MS-OXWSCDATA 2.2.5.24 ResponseCodeType
 */
export type Meaning =
  /** The server wants to be left in peace. */
  | 'busy'
  /** Passing; in a put it is not sure that nothing was done. */
  | 'passing'
  /** Passing, and smaller requests help. */
  | 'overburdened'
  | 'signIn'
  | 'noMailbox'
  | 'noAccess'
  | 'blocked'
  | 'quota'
  | 'folderGone'
  /** It is there and cannot be had. */
  | 'folderBad'
  /** The id names nothing, here or anywhere. */
  | 'idBad'
  | 'itemGone'
  | 'itemBad'
  | 'itemTooLarge'
  | 'requestBad'
  | 'conflict';

const codesByMeaning: Readonly<Record<Meaning, string>> = {
  busy: 'ErrorServerBusy ErrorExceededConnectionCount ErrorExceededFindCountLimit ErrorTooManyRequests',
  passing: `ErrorMailboxStoreUnavailable ErrorMailboxMoveInProgress ErrorMailboxFailover ErrorADUnavailable ErrorADOperation
    ErrorADSessionFilter ErrorConnectionFailed ErrorConnectionFailedTransientError ErrorClientDisconnected
    ErrorInternalServerError ErrorInternalServerTransientError ErrorInsufficientResources ErrorNotEnoughMemory
    ErrorNoRespondingCASInDestinationSite ErrorProxyRequestNotAllowed ErrorProxyCallFailed ErrorProxyGroupSidLimitExceeded
    ErrorProxyTokenExpired ErrorRequestAborted ErrorWrongServerVersion ErrorIncorrectSchemaVersion ErrorSyncRetry`,
  overburdened: 'ErrorTimeoutExpired ErrorTooManyObjectsOpened ErrorQueryTooComplex ErrorDataSourceOperation',
  signIn:
    'ErrorPasswordExpired ErrorPasswordChangeRequired ErrorAccountDisabled ErrorTokenSerializationDenied',
  noMailbox: `ErrorNonExistentMailbox ErrorMissingEmailAddress ErrorInvalidMailbox ErrorMailboxNotFound
    ErrorMailboxDataArrayEmpty ErrorInvalidSmtpAddress ErrorNonPrimarySmtpAddress ErrorNoPublicFolderServerAvailable`,
  noAccess: `ErrorAccessDenied ErrorImpersonateUserDenied ErrorImpersonationDenied ErrorImpersonationFailed
    ErrorCreateItemAccessDenied ErrorDelegateNoUser ErrorExternalSharing ErrorNotDelegate`,
  blocked:
    'ErrorMailboxConfiguration ErrorOrganizationAccessBlocked ErrorAccessModeSpecified ErrorClientIntentNotFound',
  quota: 'ErrorQuotaExceeded ErrorTotalQuotaExceeded ErrorFolderQuotaExceeded',
  folderGone: `ErrorFolderNotFound ErrorParentFolderNotFound ErrorSyncFolderNotFound ErrorToFolderNotFound
    ErrorParentFolderIdRequired`,
  folderBad: 'ErrorFolderCorrupt',
  idBad: 'ErrorInvalidIdMalformed ErrorInvalidId ErrorInvalidIdEmpty ErrorInvalidFolderId ErrorInvalidIdXml',
  itemGone: 'ErrorItemNotFound ErrorMessageDeleted',
  itemBad: `ErrorItemCorrupt ErrorCorruptData ErrorContentConversionFailed ErrorMimeContentInvalid
    ErrorMimeContentInvalidBase64String ErrorMimeContentConversionFailed ErrorUnsupportedMimeConversion
    ErrorPropertyValidationFailure ErrorPropertyUpdate ErrorInvalidPropertySet ErrorInvalidPropertyRequest
    ErrorInvalidExtendedProperty ErrorInvalidExtendedPropertyValue ErrorInvalidAttachmentSubfilter ErrorAttachmentNestLevelLimitExceeded
    ErrorCannotOpenFileAttachment ErrorCannotCreateCalendarItemInNonCalendarFolder ErrorCannotCreateContactInNonContactFolder
    ErrorCannotCreateTaskInNonTaskFolder ErrorCannotCreatePostItemInNonMailFolder ErrorObjectTypeChanged
    ErrorInvalidItemForOperationCreateItem ErrorItemSave ErrorItemSavePropertyError ErrorInvalidRecipients ErrorInvalidDelegate
    ErrorCalendarDurationIsTooLong ErrorCalendarEndDateIsEarlierThanStartDate ErrorCalendarInvalidRecurrence
    ErrorCalendarInvalidTimeZone ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange ErrorCalendarOutOfRange
    ErrorRecurrenceHasNoOccurrence ErrorRecurrenceEndDateTooBig ErrorTimeZone ErrorUnsupportedRecurrence
    ErrorUnsupportedTypeForConversion ErrorVirusDetected ErrorVirusMessageDeleted ErrorIllegalCharacter
    ErrorContactsInvalidFormat ErrorUnsupportedPropertyDefinition`,
  itemTooLarge:
    'ErrorMessageSizeExceeded ErrorDataSizeLimitExceeded ErrorAttachmentSizeLimitExceeded ErrorRequestStreamTooBig',
  requestBad:
    'ErrorSchemaValidation ErrorInvalidRequest ErrorInvalidServerVersion ErrorInvalidOperation ErrorUnsupportedOperation',
  conflict:
    'ErrorIrresolvableConflict ErrorStaleObject ErrorChangeKeyRequired ErrorChangeKeyRequiredForWriteOperations',
};

const meanings = new Map<string, Meaning>(
  (Object.entries(codesByMeaning) as [Meaning, string][]).flatMap(([meaning, codes]) =>
    codes.split(/\s+/).map((code): [string, Meaning] => [code, meaning]),
  ),
);

/** Undefined for a code that is not known. */
export function meaningOf(code: string): Meaning | undefined {
  return meanings.get(code);
}

interface Words {
  remedy: Remedy;
  message: string;
}

export const words: Readonly<Record<Meaning, Words>> = {
  busy: { remedy: 'wait', message: 'The server is busy and asks for a pause.' },
  passing: { remedy: 'wait', message: 'The server has a trouble that passes.' },
  overburdened: { remedy: 'wait', message: 'The server did not finish in time.' },
  signIn: { remedy: 'signInAgain', message: 'The server does not accept the sign-in any more.' },
  noMailbox: { remedy: 'checkMailboxExists', message: 'The server knows no mailbox with this address.' },
  noAccess: { remedy: 'grantAccess', message: 'The one who signed in has no right to this mailbox.' },
  blocked: { remedy: 'openEws', message: 'The server does not let this mailbox be reached over EWS.' },
  quota: { remedy: 'freeSpace', message: 'The mailbox is full.' },
  folderGone: { remedy: 'checkFolder', message: 'The folder is no longer there.' },
  folderBad: { remedy: 'checkFolder', message: 'The server cannot read this folder.' },
  idBad: { remedy: 'checkFolder', message: 'The server knows nothing by this id.' },
  itemGone: { remedy: 'none', message: 'The item is no longer there.' },
  itemBad: { remedy: 'checkItem', message: 'The server cannot read or store this item.' },
  itemTooLarge: { remedy: 'raiseRequestLimit', message: 'The item is larger than the server takes.' },
  requestBad: { remedy: 'askSupport', message: 'The server did not understand the request.' },
  conflict: { remedy: 'none', message: 'The item was changed by somebody else meanwhile.' },
};

/** Where the one who signed in has a right to the folder, and none to an item. */
export const readDenied: Words = {
  remedy: 'grantAccess',
  message: 'The one who signed in has no right to this item.',
};
export const writeDenied: Words = {
  remedy: 'checkItem',
  message: 'The server does not let the one who signed in write this item.',
};

/** What certificates are refused for, by the code of Node's TLS. @see openssl-verification-options(1) */
export const certificateFaults: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'The server shows a certificate that it signed itself.',
  SELF_SIGNED_CERT_IN_CHAIN:
    'The server’s certificate comes from a certificate authority that is not known here.',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'The server’s certificate comes from a certificate authority that is not known here.',
  UNABLE_TO_GET_ISSUER_CERT:
    'The server’s certificate comes from a certificate authority that is not known here.',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    'The server’s certificate comes from a certificate authority that is not known here.',
  CERT_UNTRUSTED: 'The server’s certificate comes from a certificate authority that is not trusted here.',
  CERT_HAS_EXPIRED: 'The server’s certificate has expired.',
  CERT_NOT_YET_VALID: 'The server’s certificate is not valid yet.',
  CERT_REVOKED: 'The server’s certificate was revoked.',
  ERR_TLS_CERT_ALTNAME_INVALID: 'The server’s certificate is made out to another name.',
};

/** The other side does not speak TLS, or none that is spoken here. */
export const notTls = new Set([
  'EPROTO',
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_UNSUPPORTED_PROTOCOL',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
]);
