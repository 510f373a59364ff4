import * as credentials from '../src/models/credentials';

/** To destroy a credential is to delete its document; each of these is harmless when repeated. */
export const credentialActivities = {
  /** Destroys these. */
  async destroyCredentials({ credentialIds }: { credentialIds: string[] }): Promise<void> {
    await credentials.destroyCredentials(credentialIds);
  },

  /**
   * Destroys all that a mail user has, except `keep`, which live until `until` (ISO 8601) or the first of their own ends, whichever is
   * soonest. Answers when they are destroyed (ISO 8601); absent where none is left.
   */
  async purgeCredentials(input: {
    mailUserId: string;
    keep: string[];
    until?: string;
  }): Promise<{ destroyAt?: string }> {
    await credentials.purgeCredentials(input.mailUserId, input.keep);
    if (input.until === undefined || input.keep.length === 0) return {};
    const destroyAt = await credentials.keepCredentials(input.keep, new Date(input.until));
    return destroyAt === undefined ? {} : { destroyAt: destroyAt.toISOString() };
  },
};
