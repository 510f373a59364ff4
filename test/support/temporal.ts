import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { prepareNamespace } from '../../sandbox/namespace';
import { sharedPart } from './parts-door';

/** A namespace of the test file's own on the run's shared server, with Mailporter's search attributes. */
export interface FreshNamespace {
  /** host:port */
  readonly address: string;
  readonly namespace: string;
  /** For tests and for what the web does. */
  readonly client: Client;
  /** For workers. */
  readonly nativeConnection: NativeConnection;
  /** Closes the connections; end the workers first. */
  end(): Promise<void>;
}

/** Makes a namespace that no other test uses. */
export async function freshNamespace(): Promise<FreshNamespace> {
  const address = await sharedPart('temporal');
  const namespace = `test-${randomUUID().slice(0, 13)}`;
  const connection = await Connection.connect({ address });
  await prepareNamespace(connection, { namespace, retentionHours: 24 });
  const nativeConnection = await NativeConnection.connect({ address });
  return {
    address,
    namespace,
    client: new Client({ connection, namespace }),
    nativeConnection,
    async end() {
      await nativeConnection.close();
      await connection.close();
    },
  };
}
