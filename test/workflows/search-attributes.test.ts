import { randomUUID } from 'node:crypto';
import { ensureSearchAttributes } from '../../src/search-attributes';
import { connectTemporal, type Temporal } from '../../src/temporal';
import { searchAttributes } from '../../workflows/names';
import { sharedPart } from '../support/parts-door';
import { Connection } from '@temporalio/client';

describe('the search attributes of a namespace', () => {
  const namespace = `bare-${randomUUID().slice(0, 13)}`;
  let temporal: Temporal;
  beforeAll(async () => {
    const address = await sharedPart('temporal');
    const connection = await Connection.connect({ address });
    const day = { seconds: 86_400 } as unknown as { seconds: Long };
    await connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: day });
    await connection.close();
    temporal = connectTemporal({ address, namespace });
  });
  afterAll(() => temporal.close());

  it('are made by a worker that finds none, and left as they are by the next one', async () => {
    await untilKnown(() => ensureSearchAttributes(temporal.services, namespace));
    await ensureSearchAttributes(temporal.services, namespace);
    const { customAttributes } = await temporal.services.operatorService.listSearchAttributes({ namespace });
    expect(Object.keys(customAttributes)).toEqual(expect.arrayContaining(Object.values(searchAttributes)));
  });

  it('end a worker that may not make them, with the command for whoever may', async () => {
    const refused = () => Promise.reject(Object.assign(new Error('not allowed'), { code: 7 }));
    const none = () => Promise.resolve({ customAttributes: {} });
    const operatorService = { listSearchAttributes: none, addSearchAttributes: refused };
    const services = { operatorService: operatorService as unknown as Connection['operatorService'] };
    await expect(ensureSearchAttributes(services, 'theirs')).rejects.toThrow(
      'temporal operator search-attribute create --namespace theirs --name MigrationState --type Keyword',
    );
  });
});

/** A server knows a new namespace everywhere only after a while. */
async function untilKnown(call: () => Promise<void>): Promise<void> {
  const giveUpAt = Date.now() + 30_000;
  for (;;) {
    try {
      return await call();
    } catch (fault) {
      if (Date.now() > giveUpAt) throw fault;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}
