/** As much of a row as says whether it has a report. */
interface Reported {
  /** Absent before its folders were planned first, and once its report was deleted. */
  pairId?: string;
  reportPurgedAt?: Date;
}

/** When the report of a row was deleted; `undefined` where there is one, or never was. */
export function reportPurgedAt({ pairId, reportPurgedAt }: Reported): Date | undefined {
  return pairId === undefined ? reportPurgedAt : undefined;
}
