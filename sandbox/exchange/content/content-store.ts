import {
  closeSync,
  createReadStream,
  mkdirSync,
  openSync,
  readSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { Spool, writeWhole } from './spool';

/** Where bytes stand: in an append-only pack of small contents, or in a file of their own. */
export interface ContentRef {
  /** File name in the content directory. */
  readonly f: string;
  /** Offset in bytes. */
  readonly o: number;
  /** Length in bytes. */
  readonly l: number;
}

const PACK_BYTES = 1024 * 1024 * 1024;

/** The contents of one mailbox on disk. Nothing is ever overwritten, so a reference stays good for life. */
export class ContentStore {
  private pack: { name: string; descriptor: number; sizeBytes: number } | undefined;
  private readonly readers = new Map<string, number>();

  constructor(private readonly directory: string) {
    mkdirSync(directory, { recursive: true });
  }

  newSpool(): Spool {
    return new Spool(() => join(this.directory, `own-${randomUUID()}`));
  }

  /** Keeps what a spool holds; the bytes are with the kernel when it returns. */
  take(spool: Spool): ContentRef {
    const held = spool.held();
    if ('bytes' in held) return this.append(held.bytes);
    const name = `own-${randomUUID()}`;
    renameSync(held.path, join(this.directory, name));
    return { f: name, o: 0, l: spool.sizeBytes };
  }

  append(bytes: Buffer): ContentRef {
    const pack = this.writablePack();
    writeWhole(pack.descriptor, bytes);
    const ref = { f: pack.name, o: pack.sizeBytes, l: bytes.length };
    pack.sizeBytes += bytes.length;
    return ref;
  }

  /** All bytes at once: for small contents. */
  read(ref: ContentRef, offset = 0, length = ref.l - offset): Buffer {
    const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(length, ref.l - offset)));
    let done = 0;
    while (done < bytes.length) {
      const got = readSync(this.reader(ref.f), bytes, done, bytes.length - done, ref.o + offset + done);
      if (got === 0) throw new Error(`content ${ref.f} is shorter than recorded`);
      done += got;
    }
    return bytes;
  }

  /** The bytes as a stream of chunks, each a multiple of three long but the last, so that base64 can be written piece by piece. */
  async *stream(ref: ContentRef): AsyncGenerator<Buffer> {
    if (ref.l === 0) return;
    const chunkBytes = 3 * 128 * 1024;
    const start = ref.o;
    const source = createReadStream(join(this.directory, ref.f), {
      start,
      end: start + ref.l - 1,
      highWaterMark: chunkBytes,
    });
    let carry: Buffer = Buffer.alloc(0);
    for await (const piece of source as AsyncIterable<Buffer>) {
      const joined = carry.length > 0 ? Buffer.concat([carry, piece]) : piece;
      const usable = joined.length - (joined.length % 3);
      carry = joined.subarray(usable);
      if (usable > 0) yield joined.subarray(0, usable);
    }
    if (carry.length > 0) yield carry;
  }

  /** Removes files of their own that nothing refers to: what a killed process was still receiving. */
  prune(used: ReadonlySet<string>): void {
    for (const name of readdirSync(this.directory)) {
      if (name.startsWith('own-') && !used.has(name)) rmSync(join(this.directory, name), { force: true });
    }
  }

  close(): void {
    if (this.pack) closeSync(this.pack.descriptor);
    this.pack = undefined;
    for (const descriptor of this.readers.values()) closeSync(descriptor);
    this.readers.clear();
  }

  private reader(name: string): number {
    const known = this.readers.get(name);
    if (known !== undefined) return known;
    if (this.readers.size > 64) {
      for (const descriptor of this.readers.values()) closeSync(descriptor);
      this.readers.clear();
    }
    const descriptor = openSync(join(this.directory, name), 'r');
    this.readers.set(name, descriptor);
    return descriptor;
  }

  private writablePack(): { name: string; descriptor: number; sizeBytes: number } {
    if (this.pack && this.pack.sizeBytes < PACK_BYTES) return this.pack;
    if (this.pack) closeSync(this.pack.descriptor);
    const packs = readdirSync(this.directory).filter((name) => name.startsWith('pack-')).length;
    const last = `pack-${packs}`;
    const reusable = !this.pack && packs > 0 && statSync(join(this.directory, last)).size < PACK_BYTES;
    const name = reusable ? last : `pack-${packs + 1}`;
    const path = join(this.directory, name);
    const descriptor = openSync(path, 'a');
    this.pack = { name, descriptor, sizeBytes: statSync(path).size };
    return this.pack;
  }
}
