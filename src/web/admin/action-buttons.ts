import type { RowAction } from '../../domain/administrator-actions';

export interface ActionButton {
  value: RowAction;
  icon: string;
}

/** The group **Migration**, in its order. */
export const actionButtons: readonly ActionButton[] = [
  { value: 'start', icon: 'player-play' },
  { value: 'pause', icon: 'player-pause' },
  { value: 'resume', icon: 'player-track-next' },
  { value: 'retry', icon: 'reload' },
  { value: 'stop', icon: 'player-stop' },
  { value: 'delta', icon: 'refresh' },
  { value: 'cutOver', icon: 'flag-check' },
  { value: 'resend', icon: 'mail-forward' },
  { value: 'giveCredentials', icon: 'key' },
  { value: 'delete', icon: 'trash' },
];

/** What can be asked for a whole batch from its page; the rest is done in the list. */
export const batchButtons = actionButtons.filter(
  ({ value }) => value !== 'giveCredentials' && value !== 'delete' && value !== 'resend',
);
