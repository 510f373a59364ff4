import argon2 from 'argon2';

/** OWASP's second choice for argon2id: 19 MiB, two passes. */
const options = { type: argon2.argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** The shortest password an administrator may choose. */
export const leastPasswordLength = 12;

/** An argon2id hash in PHC form. */
export const hashPassword = (password: string): Promise<string> => argon2.hash(password, options);

let decoy: Promise<string> | undefined;

/** Whether the password is the one; takes as long where nobody has that name, so that names cannot be found out. */
export async function isPassword(hash: string | undefined, password: string): Promise<boolean> {
  decoy ??= hashPassword('nobody has this password');
  const same = await argon2.verify(hash ?? (await decoy), password);
  return same && hash !== undefined;
}
