import { schemaVersion } from './schema-version';

/** A stored document, as some release wrote it. */
export interface StoredDocument {
  _id: unknown;
  schemaVersion?: number;
  [field: string]: unknown;
}

/** What takes the documents of one collection from the version before to `to`. */
export interface SchemaStep {
  to: number;
  collection: string;
  /** In words, for the log. */
  what: string;
  /**
   * The fields to be set, which only adds to what the version before reads: its processes may still run. `while` names the fields by
   * their values on which the answer rests; a document in which they have changed meanwhile is read again.
   */
  readonly upgrade: (document: StoredDocument) => {
    set: Record<string, unknown>;
    while: Record<string, unknown>;
  };
}

/** In order; one is never changed once a release has it. */
export const schemaSteps: readonly SchemaStep[] = [
  {
    to: 2,
    collection: 'mailUsers',
    what: 'starts that are asked for and not yet handled can be looked up',
    upgrade(row) {
      const asked = row.asked as { startId?: string } | undefined;
      const { handledStartId } = (row.projection ?? {}) as { handledStartId?: string };
      const isPending = asked?.startId !== undefined && asked.startId !== handledStartId;
      return {
        set: isPending ? { 'asked.startPending': true } : {},
        while: {
          'asked.startId': asked?.startId ?? null,
          'projection.handledStartId': handledStartId ?? null,
        },
      };
    },
  },
];

/** The steps for a database of version `from`. The newest is always among them: a process of the release before may have written since. */
export function stepsFrom(from: number, steps: readonly SchemaStep[] = schemaSteps): readonly SchemaStep[] {
  return steps.filter(({ to }) => to > Math.min(from, schemaVersion - 1));
}
