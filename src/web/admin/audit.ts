import { Router } from 'express';
import { listAudit } from '../../models/audit-log';
import { fieldsOf } from '../forms';
import { idOf } from './request';

const linesPerPage = 100;

/** Who did what, newest first. */
export function auditRoutes(): Router {
  const router = Router();
  router.get('/', async (request, response) => {
    const { before } = fieldsOf(request.query);
    const found = await listAudit(linesPerPage + 1, before === undefined ? {} : { before: idOf(before) });
    const entries = found.slice(0, linesPerPage);
    const last = entries.at(-1);
    response.render('admin/audit', {
      title: 'admin.audit.title',
      entries,
      next:
        found.length > linesPerPage && last !== undefined
          ? `/admin/audit?before=${last._id.toHexString()}`
          : undefined,
      beginning: before === undefined ? undefined : '/admin/audit',
    });
  });
  return router;
}
