import { Schema, model } from 'mongoose';
import type { CheckReport } from '../connectors/connector';
import { versioned } from './schema-version';

/**
 * One **Test connection**. The web writes it and starts the workflow `checkConnector`; an activity writes the report; pages read it.
 * Where it was not begun 30 s after `askedAt` no worker is running.
 */
export interface ConnectorCheck {
  /** The check's id. */
  _id: string;
  connectorId: string;
  askedAt: Date;
  /** Written when a worker has taken it. */
  begunAt?: Date;
  report?: CheckReport;
  /** Instead of a report: until then the server asked everybody to wait, and nothing was found out. */
  heldUntil?: Date;
}

const schema = new Schema<ConnectorCheck>(
  {
    _id: { type: String, required: true },
    connectorId: { type: String, required: true },
    askedAt: { type: Date, required: true },
    begunAt: Date,
    report: { type: Schema.Types.Mixed },
    heldUntil: Date,
  },
  { collection: 'connectorChecks', minimize: false, versionKey: false },
);

schema.plugin(versioned);
export const ConnectorChecks = model<ConnectorCheck>('ConnectorCheck', schema);
