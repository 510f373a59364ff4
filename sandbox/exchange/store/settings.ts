import type { StoreIdentity } from './ids';

export type AccountState = 'ok' | 'locked' | 'expired' | 'mustChange';

/** Out-of-office as EWS shows it. */
export interface OutOfOffice {
  readonly state: 'Disabled' | 'Enabled' | 'Scheduled';
  readonly externalAudience: 'None' | 'Known' | 'All';
  readonly start?: string;
  readonly end?: string;
  readonly internalReply: string;
  readonly externalReply: string;
}

/** What is kept about a mailbox beside its folders and items. */
export interface MailboxSettings extends StoreIdentity {
  readonly address: string;
  readonly displayName: string;
  readonly password: string;
  readonly account: AccountState;
  /** No items are taken beyond it; absent means no limit. */
  readonly quotaBytes?: number;
  /** False answers 403 as a mailbox does for which EWS is switched off. */
  readonly ewsEnabled: boolean;
  /** Addresses with full access to this mailbox. */
  readonly fullAccess: readonly string[];
  /** Whether this account may impersonate every other. */
  readonly mayImpersonate: boolean;
  readonly oof: OutOfOffice;
}
