import { z } from 'zod';

const longest = 200;

/** The name of a batch, as a form gives it. */
export const batchName = z
  .string()
  .trim()
  .min(1, 'admin.batches.faults.name')
  .max(longest, 'admin.faults.tooLong');
