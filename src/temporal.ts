import { Client, Connection, defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client';
import type { ConnectionOptions } from '@temporalio/client';

export interface TemporalAddress {
  /** host:port of the frontend. */
  address: string;
  namespace: string;
}

/** The calls to Temporal that no client wraps. */
export type TemporalServices = Pick<Connection, 'operatorService'>;

export interface Temporal {
  client: Client;
  services: TemporalServices;
  /** Ends the connection; calls that are under way reject. */
  close(): Promise<void>;
}

type Interceptor = NonNullable<ConnectionOptions['interceptors']>[number];

/** Waiting for a workflow's result is a long poll that the server ends. */
const longPoll = /\/GetWorkflowExecutionHistory$/;

/**
 * A client that connects with its first call and again by itself, so that a process starts and lives on while Temporal is away.
 * A call rejects when it has found no server within `callMs`.
 */
export function connectTemporal({ address, namespace }: TemporalAddress, callMs = 10_000): Temporal {
  const retry = makeGrpcRetryInterceptor(defaultGrpcRetryOptions());
  const inTime: Interceptor = (options, next) =>
    retry(
      longPoll.test(options.method_definition.path) ? options : { ...options, deadline: Date.now() + callMs },
      next,
    );
  const connection = Connection.lazy({ address, interceptors: [inTime] });
  const client = new Client({ connection, namespace });
  return { client, services: connection, close: () => connection.close() };
}

/** Rejects where Temporal does not answer. */
export async function reachTemporal({ connection }: Client): Promise<void> {
  await connection.workflowService.getSystemInfo({});
}
