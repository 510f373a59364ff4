import { z } from 'zod';

/** How the simulated server is set up; every value can be changed while it runs (`PUT /policy`). */
export const policySchema = z.object({
  /** Greatest request body in bytes, chunked or not. IIS: maxAllowedContentLength, 64 MB. */
  requestLimitBytes: z.number().int().positive().default(67_108_864),
  /** How a greater one is refused: an HTTP status, or the connection is reset. */
  overLimit: z.enum(['413', '404', 'reset']).default('413'),
  /** Greatest item in bytes, as a mailbox's MaxReceiveSize bounds it; absent: none. */
  messageLimitBytes: z.number().int().positive().optional(),
  /** What 401 offers. Only where Basic is among them can anybody sign in. */
  authenticate: z.array(z.enum(['Basic', 'NTLM', 'Negotiate'])).default(['Basic']),
  /** NetBIOS name of the domain for sign-in as DOMAIN\\local; absent: only the mail address is a user name. */
  domain: z.string().optional(),
  /** False answers 403 with X-EWS-Policy-Reason to everybody. */
  ewsEnabled: z.boolean().default(true),
  /** Requests of one mailbox at the same time. @see EWSMaxConcurrency, 27 */
  maxConcurrency: z.number().int().positive().default(27),
  requestsPerMinute: z.number().int().positive().optional(),
  bytesPerFiveMinutes: z.number().int().positive().optional(),
  /** How fast a request's body is taken, each connection by itself; absent: as fast as it comes. */
  takesBytesPerSecond: z.number().int().positive().optional(),
  /** How fast an answer is given, likewise. */
  givesBytesPerSecond: z.number().int().positive().optional(),
  /** Zone in which dates leave where MIME is asked for, minutes east of UTC. */
  zoneOffsetMinutes: z.number().int().min(-840).max(840).default(60),
});

export type Policy = z.infer<typeof policySchema>;

export const DEFAULT_POLICY: Policy = policySchema.parse({});
