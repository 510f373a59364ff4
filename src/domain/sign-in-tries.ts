/** So many refused sign-ins on one mailbox in this time make it wait: servers lock accounts for less. */
export const signInTries = { most: 3, withinMs: 30 * 60 * 1000 } as const;
