import { condition } from '@temporalio/workflow';
import { short } from '../proxies';
import type { Migration } from './migration';

/** Credentials that nobody wants, and grants that nobody waits for: the ones are destroyed, the others given back. */
export class Leavings {
  private readonly credentialIds: string[] = [];
  private readonly tickets: string[] = [];
  private working = false;

  constructor(private readonly m: Migration) {}

  discard(credentialId: string): void {
    this.credentialIds.push(credentialId);
    this.m.version += 1;
  }

  giveBack(ticket: string): void {
    this.tickets.push(ticket);
    this.m.version += 1;
  }

  /** Clears them away as long as the migration lives. */
  async keepClearing(): Promise<void> {
    for (;;) {
      await condition(() => this.credentialIds.length > 0 || this.tickets.length > 0);
      this.working = true;
      const credentialIds = this.credentialIds.splice(0);
      if (credentialIds.length > 0) await short.destroyCredentials({ credentialIds });
      const { mailUserId } = this.m;
      for (const ticket of this.tickets.splice(0)) await short.releaseSlot({ mailUserId, ticket });
      this.working = false;
    }
  }

  /** Waits until none is left. */
  async cleared(): Promise<void> {
    await condition(() => this.areCleared || this.m.crash !== undefined);
  }

  get areCleared(): boolean {
    return !this.working && this.credentialIds.length === 0 && this.tickets.length === 0;
  }
}
