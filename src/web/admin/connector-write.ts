import type { Request } from 'express';
import { fieldsOf, type FieldFault } from '../forms';
import { withWindowDays } from './start-window-form';

export const nameTaken: FieldFault = { field: 'name', key: 'admin.connectors.faults.nameTaken' };

/** A certificate comes as a file or as text; the file wins. */
export function typedFields(request: Request): Record<string, string> {
  const fields = withWindowDays(fieldsOf(request.body), request.body);
  const { upload } = request;
  if (upload === undefined || upload.content.length === 0) return fields;
  return { ...fields, certificateAuthority: upload.content.toString('utf8').slice(0, 200_001) };
}

/** @returns undefined where the name is taken */
export async function unlessNameTaken<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if ((error as { code?: unknown }).code === 11000) return undefined;
    throw error;
  }
}
