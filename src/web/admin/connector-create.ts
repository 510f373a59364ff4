import type { Router } from 'express';
import { z } from 'zod';
import type { Side } from '../../domain/mailbox';
import { Connectors, type ConnectorDocument } from '../../models/connectors';
import type { WebDeps } from '../deps';
import { fieldsOf, formView, parseForm } from '../forms';
import { checkAndSay } from './connector-checks';
import { connectorForm, newConnectorFields } from './connector-form';
import { base, frame, showConnectorForm } from './connector-page';
import { nameTaken, typedFields, unlessNameTaken } from './connector-write';
import { audit, notify, textsOf } from './request';

const kindForm = z.object({
  kind: z.enum(['exchange'], 'admin.faults.choose'),
  name: z.string().trim().min(1, 'admin.connectors.faults.name').max(100, 'admin.faults.tooLong'),
});

export function connectorCreation(router: Router, deps: WebDeps, side: Side): void {
  router.get('/new', (request, response) => {
    const asked = fieldsOf(request.query);
    const form = parseForm(kindForm, asked);
    if ('name' in asked && form.ok) {
      showConnectorForm(response, side, newConnectorFields(form.value.name, deps.config.TIME_ZONE));
      return;
    }
    const faults = 'name' in asked && !form.ok ? form.faults : [];
    const view = formView({ kind: 'exchange', ...asked }, faults);
    response.status(faults.length > 0 ? 422 : 200).render('admin/connectors/kind', {
      ...frame(side),
      ...view,
      title: `admin.connectors.${side}s.new`,
    });
  });
  router.post('/', async (request, response) => {
    const fields = typedFields(request);
    const form = parseForm(connectorForm, fields);
    const faults = form.ok ? [] : form.faults;
    if (form.ok) {
      const created = await unlessNameTaken(() =>
        Connectors.create({ side, kind: 'exchange', ...form.value, revision: 1, createdAt: new Date() }),
      );
      if (created !== undefined) {
        const connectorId = created._id.toHexString();
        await audit(request, 'connectorCreated', form.value.name, { connectorId });
        await checkAndSay(deps, request, response, created.toObject<ConnectorDocument>());
        notify(request, 'success', textsOf(response)('admin.connectors.created', { name: form.value.name }));
        response.redirect(303, `${base(side)}/${connectorId}`);
        return;
      }
    }
    showConnectorForm(response.status(422), side, fields, form.ok ? [nameTaken] : faults);
  });
}
