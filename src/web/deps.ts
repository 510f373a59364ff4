import type { Client } from '@temporalio/client';
import type { Connection } from 'mongoose';
import type { WebConfig } from '../config';
import type { Logger } from '../log';
import type { Seal } from '../secrets/seal';
import type { Figures } from './admin/figures';

/** What the pages stand on; `server.ts` and the tests wire it. */
export interface WebDeps {
  config: WebConfig;
  /** The connection of the models; sessions are kept in the same database. */
  database: Connection;
  temporal: Client;
  seal: Seal;
  log: Logger;
  /** Shared by all pages of the process. */
  figures: Figures;
}
