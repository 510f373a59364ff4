/**
 * The row tells how this migration ended, or was deleted: Temporal or the database was set back to an earlier moment. The run ends without
 * changing the row or telling anybody.
 */
export class Overtaken extends Error {
  override readonly name = 'Overtaken';
}
