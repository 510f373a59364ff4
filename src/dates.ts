/** The English of the catalogue is the one that writes the day first, which nobody reads as a month. */
export function dateLocale(language: string): string {
  return language === 'en' ? 'en-GB' : language;
}

/** `14 March 2026` in this zone. */
export function longDate(at: Date, language: string, timeZone: string): string {
  return new Intl.DateTimeFormat(dateLocale(language), { dateStyle: 'long', timeZone }).format(at);
}

/** `14 March 2026 at 15:30 UTC`: a deadline, which may be hours away. */
export function longMoment(at: Date, language: string, timeZone: string): string {
  return new Intl.DateTimeFormat(dateLocale(language), {
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'short',
    timeZone,
  }).format(at);
}
