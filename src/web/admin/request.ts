import type { Request, Response } from 'express';
import { Types } from 'mongoose';
import type { Actor } from '../../domain/migration';
import { AuditLog, type AuditEntry, type AuditedAction } from '../../models/audit-log';
import type { Translate } from '../../locales';
import { PageFault } from '../faults';
import type { Notice } from '../sessions';

/** The administrator who sent this request. */
export function actorOf(request: Request): Actor {
  return { kind: 'administrator', email: request.session.email ?? '' };
}

/** An id of the address; one that cannot be one is a page that is not there. */
export function idOf(text: string | undefined): Types.ObjectId {
  if (text === undefined || !/^[0-9a-f]{24}$/.test(text)) throw new PageFault('notFound');
  return new Types.ObjectId(text);
}

/** The texts in the language of this answer. */
export function textsOf(response: Response): Translate {
  return response.locals['t'] as Translate;
}

/** A sentence on the next page. */
export function notify(request: Request, tone: Notice['tone'], text: string): void {
  request.session.notices = [...(request.session.notices ?? []), { tone, text }];
}

/** Writes who did what to the audit log. */
export async function audit(
  request: Request,
  action: AuditedAction,
  subject: string,
  about: Pick<AuditEntry, 'mailUserId' | 'connectorId' | 'bulkId'> = {},
): Promise<void> {
  await AuditLog.create({ at: new Date(), by: actorOf(request), action, subject, ...about });
}
