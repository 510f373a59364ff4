/** Time zones that the simulator offers: standard time only. `bias` is what has to be added to local time to get UTC. */
export interface Zone {
  readonly id: string;
  readonly name: string;
  readonly bias: string;
}

export const ZONES: readonly Zone[] = [
  { id: 'UTC', name: '(UTC) Coordinated Universal Time', bias: 'PT0S' },
  { id: 'GMT Standard Time', name: '(UTC+00:00) Dublin, Edinburgh, Lisbon, London', bias: 'PT0S' },
  {
    id: 'W. Europe Standard Time',
    name: '(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna',
    bias: '-PT1H',
  },
  { id: 'Romance Standard Time', name: '(UTC+01:00) Brussels, Copenhagen, Madrid, Paris', bias: '-PT1H' },
  {
    id: 'FLE Standard Time',
    name: '(UTC+02:00) Helsinki, Kyiv, Riga, Sofia, Tallinn, Vilnius',
    bias: '-PT2H',
  },
  { id: 'India Standard Time', name: '(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi', bias: '-PT5H30M' },
  { id: 'Tokyo Standard Time', name: '(UTC+09:00) Osaka, Sapporo, Tokyo', bias: '-PT9H' },
  { id: 'Eastern Standard Time', name: '(UTC-05:00) Eastern Time (US & Canada)', bias: 'PT5H' },
  { id: 'Pacific Standard Time', name: '(UTC-08:00) Pacific Time (US & Canada)', bias: 'PT8H' },
];
