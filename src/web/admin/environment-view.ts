import type { Response } from 'express';
import type { WebConfig } from '../../config';
import type { Language } from '../../locales';
import { durationText } from '../for-people';

/** The settings that are shown, by group. None of them is a secret; what is not named here is not shown. */
const groups = {
  organisation: ['ORGANISATION', 'CONTACT', 'DEFAULT_LANGUAGE', 'TIME_ZONE'],
  mail: ['PUBLIC_URL', 'MAIL_FROM', 'INVITATIONS_PER_MINUTE'],
  lives: ['LINK_LIFE', 'CREDENTIAL_LIFE', 'RETRY_LIFE', 'REPORT_LIFE'],
  server: ['TEMPORAL_ADDRESS', 'TEMPORAL_NAMESPACE', 'TEMPORAL_UI_URL', 'TRUST_PROXY', 'LOG_LEVEL'],
} as const satisfies Record<string, readonly (keyof WebConfig)[]>;

export interface SettingsGroup {
  group: keyof typeof groups;
  settings: {
    name: (typeof groups)[keyof typeof groups][number];
    /** For people; absent where it is not set. */
    value?: string;
  }[];
}

/** What the environment told this web server when it started, as far as it is nobody's secret. */
export function environmentView(config: WebConfig, response: Response): SettingsGroup[] {
  const language = response.locals['language'] as Language;
  return (Object.keys(groups) as (keyof typeof groups)[]).map((group) => ({
    group,
    settings: groups[group].map((name) => {
      const value = config[name];
      if (value === undefined) return { name };
      return { name, value: group === 'lives' ? durationText(Number(value), language) : String(value) };
    }),
  }));
}
