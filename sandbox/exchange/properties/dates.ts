/** How dates leave: UTC with `Z`, or with the offset of the server's zone where MIME was asked for, as Exchange does. */
export function formatDate(iso: string, zoneOffsetMinutes: number | undefined): string {
  if (zoneOffsetMinutes === undefined) return iso;
  const time = Date.parse(iso);
  if (Number.isNaN(time)) return iso;
  const local = new Date(time + zoneOffsetMinutes * 60_000).toISOString().slice(0, 19);
  const sign = zoneOffsetMinutes < 0 ? '-' : '+';
  const minutes = Math.abs(zoneOffsetMinutes);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${local}${sign}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** An ISO 8601 duration, as calendar:Duration shows it. */
export function formatDuration(milliseconds: number): string {
  const minutes = Math.round(milliseconds / 60_000);
  const days = Math.floor(minutes / 1440);
  const hours = Math.floor((minutes % 1440) / 60);
  const rest = minutes % 60;
  const time = `${hours ? `${hours}H` : ''}${rest ? `${rest}M` : ''}`;
  return `P${days ? `${days}D` : ''}${time || !days ? `T${time || '0S'}` : ''}`;
}
