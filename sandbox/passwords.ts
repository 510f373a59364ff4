import { randomInt } from 'node:crypto';

const LETTERS = 'abcdefghjkmnpqrstuvwxyz';
const DIGITS = '23456789';

/** A random password that can be read out and typed, such as `Kqv-tmwx-4829-rzhd`. */
export function readablePassword(): string {
  const word = (letters: string, length: number) =>
    Array.from({ length }, () => letters[randomInt(letters.length)]).join('');
  const first = word(LETTERS, 4);
  return `${first[0]?.toUpperCase()}${first.slice(1)}-${word(LETTERS, 4)}-${word(DIGITS, 4)}-${word(LETTERS, 4)}`;
}
