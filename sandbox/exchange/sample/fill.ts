import { z } from 'zod';
import type { Mailbox } from '../store/mailbox';

/** How much a generated mailbox holds. */
export const sampleSchema = z.object({
  /** Items over all folders. */
  items: z.number().int().min(0).max(1_000_000),
  /** Bytes of all items together; absent: what such items weigh. */
  bytes: z.number().int().positive().optional(),
  /** Bytes of the greatest item. */
  largestBytes: z.number().int().positive().optional(),
  /** The same seed makes the same mailbox. */
  seed: z.number().int(),
});
export type Sample = z.infer<typeof sampleSchema>;

export async function fillMailbox(_mailbox: Mailbox, _sample: Sample): Promise<void> {}
