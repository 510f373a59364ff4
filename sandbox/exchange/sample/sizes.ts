import type { Random } from '../random';

/** What a mail weighs without attachments, on average. */
const PLAIN_MAIL_BYTES = 3000;
/** MIME makes 78 characters of 57 bytes. */
const ENCODED = 78 / 57;
const DEFAULT_LARGEST_BYTES = 4_000_000;
const SHARE_WITH_ATTACHMENT = 0.25;

/**
 * Decoded attachment bytes of each of so many mails, so that all together weigh about `bytes` and the greatest about
 * `largestBytes`. Without `bytes` a quarter of the mails has attachments of the usual sizes.
 */
export function attachmentSizes(
  random: Random,
  mails: number,
  bytes: number | undefined,
  largestBytes: number | undefined,
): number[] {
  const greatest = Math.floor((largestBytes ?? DEFAULT_LARGEST_BYTES) / ENCODED);
  const weights = Array.from({ length: mails }, () =>
    random.chance(SHARE_WITH_ATTACHMENT) ? (-Math.log(1 - random.next())) ** 3 : 0,
  );
  const largest = largestBytes !== undefined && mails > 0 ? Math.floor(mails / 2) : -1;
  const sizes =
    bytes === undefined
      ? weights.map((weight) => Math.min(greatest, Math.floor(weight * 60_000)))
      : scaled(
          weights,
          (bytes - mails * PLAIN_MAIL_BYTES) / ENCODED - (largest >= 0 ? greatest : 0),
          greatest,
          largest,
        );
  if (largest >= 0) sizes[largest] = Math.max(0, greatest - PLAIN_MAIL_BYTES);
  return sizes;
}

/** Shares a budget out by weight; what exceeds the greatest size goes to the others, at last to mails without attachments. */
function scaled(weights: readonly number[], budget: number, greatest: number, skip: number): number[] {
  const sizes = weights.map(() => 0);
  let left = Math.max(0, budget);
  for (let round = 0; round < 8 && left > weights.length; round++) {
    const open = weights.map((weight, index) =>
      index === skip || (sizes[index] ?? 0) >= greatest ? 0 : weight || (round > 3 ? 0.5 : 0),
    );
    const total = open.reduce((sum, each) => sum + each, 0);
    if (total === 0) continue;
    let given = 0;
    for (const [index, weight] of open.entries()) {
      const add = Math.min(greatest - (sizes[index] ?? 0), Math.floor((left * weight) / total));
      sizes[index] = (sizes[index] ?? 0) + add;
      given += add;
    }
    left -= given;
  }
  return sizes;
}
