import { closeSync, openSync, rmSync, writeSync } from 'node:fs';

/** Content up to this many bytes stays in memory while a request is read; the rest goes to a file of its own. */
export const SPOOL_MEMORY_BYTES = 256 * 1024;

const NOT_BASE64 = /[^A-Za-z0-9+/=]/;

/** Takes base64 text in pieces and keeps the decoded bytes: small ones in memory, big ones in a file. */
export class Spool {
  private readonly pieces: Buffer[] = [];
  private file: { path: string; descriptor: number } | undefined;
  private carry = '';
  private ended = false;
  sizeBytes = 0;
  /** False where the text held characters that are no base64. */
  wellFormed = true;

  constructor(private readonly newPath: () => string) {}

  /** Takes the next piece of base64 text; white space may stand anywhere. */
  writeBase64(piece: string): void {
    const clean = piece.replace(/\s+/g, '');
    if (NOT_BASE64.test(clean)) this.wellFormed = false;
    const text = this.carry + clean;
    const usable = text.length - (text.length % 4);
    this.carry = text.slice(usable);
    if (usable > 0) this.writeBytes(Buffer.from(text.slice(0, usable), 'base64'));
  }

  writeBytes(bytes: Buffer): void {
    this.sizeBytes += bytes.length;
    if (!this.file && this.sizeBytes > SPOOL_MEMORY_BYTES) this.moveToFile();
    if (this.file) writeWhole(this.file.descriptor, bytes);
    else this.pieces.push(bytes);
  }

  /** No more is coming. */
  end(): void {
    if (this.ended) return;
    this.ended = true;
    if (this.carry) this.writeBytes(Buffer.from(this.carry, 'base64'));
    if (this.file) closeSync(this.file.descriptor);
  }

  /** Where the bytes are once `end` was called. */
  held(): { path: string } | { bytes: Buffer } {
    return this.file ? { path: this.file.path } : { bytes: Buffer.concat(this.pieces) };
  }

  /** Forgets the content; harmless after its file has been moved away. */
  discard(): void {
    this.end();
    if (this.file) rmSync(this.file.path, { force: true });
  }

  private moveToFile(): void {
    const path = this.newPath();
    this.file = { path, descriptor: openSync(path, 'wx') };
    for (const piece of this.pieces.splice(0)) writeWhole(this.file.descriptor, piece);
  }
}

/** Writes all bytes; a single write may take fewer. */
export function writeWhole(descriptor: number, bytes: Buffer): void {
  let done = 0;
  while (done < bytes.length) done += writeSync(descriptor, bytes, done, bytes.length - done);
}
