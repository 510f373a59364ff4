/** How a connector makes the name that signs in. */
export type SignInName = { kind: 'address' } | { kind: 'pattern'; pattern: string } | { kind: 'ask' };

/**
 * The name that signs in to the mailbox of `address`.
 * @param typed what the user or the administrator gave; it wins wherever it is there
 * @returns `undefined` where the connector asks the user and nothing was typed
 */
export function signInNameOf(rule: SignInName, address: string, typed?: string): string | undefined {
  const given = typed?.trim();
  if (given) return given;
  switch (rule.kind) {
    case 'address':
      return address;
    case 'pattern': {
      const [local = '', domain = ''] = address.split('@');
      const parts: Record<string, string> = { '{local}': local, '{domain}': domain, '{address}': address };
      return rule.pattern.replaceAll(/\{(?:local|domain|address)\}/g, (place) => parts[place] ?? place);
    }
    case 'ask':
      return undefined;
  }
}
