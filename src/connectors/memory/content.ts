import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';

/** What an item holds. Two contents are the same where their digests are. */
export interface MemoryContent {
  readonly sizeBytes: number;
  /** SHA-256 of the bytes, hexadecimal. */
  readonly digest: string;
  /** The bytes, in chunks of 64 KiB at most; empty where only the digest was kept. */
  chunks(): Iterable<Buffer>;
}

const chunkBytes = 64 * 1024;
/** Greater contents are kept as their digest alone once they have arrived. */
const keptBytes = 4 * 1024 * 1024;

export function textContent(text: string): MemoryContent {
  return bytesContent(Buffer.from(text));
}

function bytesContent(bytes: Buffer): MemoryContent {
  return {
    sizeBytes: bytes.length,
    digest: createHash('sha256').update(bytes).digest('hex'),
    *chunks() {
      for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
    },
  };
}

/** `sizeBytes` made as they are read, so that an item of any size takes no memory. */
export function generatedContent(sizeBytes: number, seed: number): MemoryContent {
  function* chunks(): Generator<Buffer> {
    for (let at = 0; at < sizeBytes; at += chunkBytes) {
      yield Buffer.alloc(Math.min(chunkBytes, sizeBytes - at), (seed + at / chunkBytes) % 256);
    }
  }
  let digest: string | undefined;
  return {
    sizeBytes,
    get digest() {
      if (digest === undefined) {
        const hash = createHash('sha256');
        for (const chunk of chunks()) hash.update(chunk);
        digest = hash.digest('hex');
      }
      return digest;
    },
    chunks,
  };
}

/** What goes before the bytes of an item in the format `memory`. */
export interface ItemHeader {
  itemClass: string;
  read: boolean;
  date?: string;
}

/** The format `memory`: one line of JSON, then the bytes. */
export function itemStream(header: ItemHeader, content: MemoryContent): Readable {
  function* parts(): Generator<Buffer> {
    yield Buffer.from(`${JSON.stringify(header)}\n`);
    yield* content.chunks();
  }
  return Readable.from(parts(), { objectMode: false });
}

/** Takes a stream in the format `memory` apart. Big contents are not kept, only counted and hashed. */
export class ItemReader {
  private line = Buffer.alloc(0);
  private header?: ItemHeader;
  private readonly hash = createHash('sha256');
  private readonly kept: Buffer[] = [];
  private size = 0;

  write(chunk: Buffer): void {
    if (this.header) return this.body(chunk);
    this.line = Buffer.concat([this.line, chunk]);
    const end = this.line.indexOf(10);
    if (end < 0) return;
    this.header = JSON.parse(this.line.subarray(0, end).toString()) as ItemHeader;
    this.body(this.line.subarray(end + 1));
  }

  /** @throws Error where the stream broke off before its header was whole */
  end(): { header: ItemHeader; content: MemoryContent } {
    if (!this.header) throw new Error('the item has no header');
    if (this.size <= keptBytes)
      return { header: this.header, content: bytesContent(Buffer.concat(this.kept)) };
    const content = { sizeBytes: this.size, digest: this.hash.digest('hex'), chunks: () => [] };
    return { header: this.header, content };
  }

  private body(chunk: Buffer): void {
    this.size += chunk.length;
    this.hash.update(chunk);
    if (this.size <= keptBytes) this.kept.push(chunk);
    else this.kept.length = 0;
  }
}
