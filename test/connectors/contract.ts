import { describeSource } from './contract-source';
import { describeTarget } from './contract-target';
import type { ConnectorHarness } from './harness';

/**
 * What every back end does, whatever its server: one suite for all. Cases are left out by capability, and where the harness cannot
 * do what they need, never by name. A bug found on one back end becomes a case for all.
 *
 * @param make a harness with two mailboxes that nothing else uses, empty but for their well-known folders
 */
export function describeConnector(name: string, make: () => Promise<ConnectorHarness>): void {
  describe(name, () => {
    describe('as a source', () => describeSource(make));
    describe('as a target', () => describeTarget(make));
  });
}
