import type { Kind } from './deeds';
import { faultsOfParts } from './faults-of-parts';
import { faultsOfPeople } from './faults-of-people';
import { faultsOfServers } from './faults-of-servers';

/** Every fault of the campaign. */
export const catalogue = { ...faultsOfParts, ...faultsOfServers, ...faultsOfPeople };

export type FaultKind = keyof typeof catalogue;
export const faultKinds = Object.keys(catalogue) as FaultKind[];
export const kindOf = (kind: FaultKind): Kind => catalogue[kind];
