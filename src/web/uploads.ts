import busboy from 'busboy';
import type { Request, RequestHandler } from 'express';
import { PageFault } from './faults';

/** A file of a form, held in memory; `truncated` where it was larger than `greatestUploadBytes`. */
export interface Upload {
  fileName: string;
  content: Buffer;
  truncated: boolean;
}

declare module 'express-serve-static-core' {
  interface Request {
    /** The form's one file, where it had one with a name or a content. */
    upload?: Upload;
  }
}

export const greatestUploadBytes = 5_000_000;

const limits = {
  files: 1,
  // Some hundred ticked rows among them.
  fields: 300,
  parts: 305,
  fileSize: greatestUploadBytes,
  fieldSize: greatestUploadBytes,
  fieldNameSize: 100,
};

/**
 * Reads forms that carry a file into `request.body` and `request.upload`, for signed-in administrators only;
 * others' are left unread and fail the token check.
 */
export const readUploads: RequestHandler = (request, _response, next) => {
  if (
    request.method !== 'POST' ||
    !request.is('multipart/form-data') ||
    request.session.administratorId === undefined
  ) {
    next();
    return;
  }
  read(request).then(() => {
    next();
  }, next);
};

async function read(request: Request): Promise<void> {
  const fields = new Map<string, string[]>();
  await new Promise<void>((resolve, reject) => {
    const parser = parserOf(request);
    parser.on('field', (name, value) => {
      fields.set(name, [...(fields.get(name) ?? []), value]);
    });
    parser.on('file', (_name, stream, { filename }) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('close', () => {
        const content = Buffer.concat(chunks);
        if (filename || content.length > 0)
          request.upload = { fileName: filename ?? '', content, truncated: stream.truncated === true };
      });
    });
    parser.on('error', () => {
      reject(new PageFault('badRequest'));
    });
    parser.on('close', resolve);
    request.on('aborted', () => {
      reject(new PageFault('badRequest'));
    });
    request.pipe(parser);
  });
  // As other forms are read: a field that was sent once is its text, one that was sent several times the texts.
  request.body = Object.fromEntries(
    [...fields].map(([name, values]) => [name, values.length === 1 ? values[0] : values]),
  );
}

function parserOf(request: Request): busboy.Busboy {
  try {
    return busboy({ headers: request.headers, limits, defParamCharset: 'utf8' });
  } catch {
    throw new PageFault('badRequest');
  }
}
