import type { SampleUser } from '../../sandbox/samples';

/** Which end of a migration. */
export type Side = 'source' | 'target';

/** The simulator of a side, as its parts and ports are called. */
export const serverOf = { source: 'contoso', target: 'fabrikam' } as const;

/** A person with his two mailboxes, and the passwords that he has now. */
export type Mover = SampleUser;
