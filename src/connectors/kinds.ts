/** The kinds of server Mailporter can move between: names, forms and defaults for the pages. Data only. */

export const connectorKinds = ['exchange'] as const;
export type ConnectorKind = (typeof connectorKinds)[number];

export interface FormField {
  /** Name of the setting, as in the kind's settings. */
  name: string;
  label: string;
  input: 'text' | 'choice' | 'number' | 'multiline';
  required: boolean;
  /** What a new connector begins with; empty for nothing. */
  default: string;
  /** Of a choice. */
  choices?: readonly { value: string; label: string }[];
  /** Of a number. */
  least?: number;
  most?: number;
  help?: string;
  /** Folded away until asked for. */
  advanced?: boolean;
}

export interface KindForm {
  kind: ConnectorKind;
  name: string;
  fields: readonly FormField[];
}

export const kindForms: readonly KindForm[] = [
  {
    kind: 'exchange',
    name: 'Exchange',
    fields: [
      {
        name: 'serverName',
        label: 'Server name',
        input: 'text',
        required: true,
        default: 'outlook.office365.com',
        help: 'A host such as mail.example.com, or the https address of its EWS service.',
      },
      {
        name: 'serverVersion',
        label: 'Server version',
        input: 'choice',
        required: true,
        default: 'Exchange2013',
        choices: [
          { value: 'Exchange2013', label: 'Exchange 2013' },
          { value: 'Exchange2013_SP1', label: 'Exchange 2013 SP1' },
          { value: 'Exchange2016', label: 'Exchange 2016 and later' },
        ],
        help: 'What is asked for; Exchange 2013 works with every later server.',
      },
      {
        name: 'connectionsPerMailbox',
        label: 'Connections per mailbox',
        input: 'number',
        required: true,
        default: '3',
        least: 1,
        most: 27,
        help: 'A user’s Outlook shares the server’s allowance with the move; three leave it room.',
        advanced: true,
      },
      {
        name: 'mailboxesAtOnce',
        label: 'Mailboxes at once',
        input: 'number',
        required: true,
        default: '20',
        least: 1,
        most: 1000,
        advanced: true,
      },
      {
        name: 'certificateAuthority',
        label: 'Certificate authority',
        input: 'multiline',
        required: false,
        default: '',
        help: 'PEM of a private authority that signed the server’s certificate; trusted beside the usual ones.',
        advanced: true,
      },
    ],
  },
];

/** The form of a kind. */
export function formOf(kind: ConnectorKind): KindForm {
  const form = kindForms.find((each) => each.kind === kind);
  if (!form) throw new Error(`no form for the kind ${kind}`);
  return form;
}
