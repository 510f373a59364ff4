import { z } from 'zod';
import { leastPasswordLength } from './passwords';

/** A password that an administrator chooses. */
export const newPassword = z
  .string()
  .min(leastPasswordLength, 'admin.faults.shortPassword')
  .max(200, 'admin.faults.tooLong');

/** What makes an administrator. */
export const administratorForm = z.object({
  email: z.string().trim().pipe(z.email('admin.faults.address')),
  password: newPassword,
});
