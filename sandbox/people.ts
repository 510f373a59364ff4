/** A person of the sample organisation. */
export interface Person {
  firstName: string;
  lastName: string;
  /** What stands before the @ of both addresses. */
  localPart: string;
}

const FIRST_NAMES = [
  'Amélie',
  'Bashir',
  'Chiara',
  'Daniel',
  'Elif',
  'Farah',
  'Goran',
  'Hannah',
  'Ines',
  'Jakub',
  'Kavita',
  'Lars',
  'Maya',
  'Noah',
  'Olga',
  'Pedro',
  'Quentin',
  'Rosa',
  'Sven',
  'Thandi',
  'Usha',
  'Viktor',
  'Wanda',
  'Xavier',
  'Yuki',
  'Zoë',
];
const LAST_NAMES = [
  'Andersson',
  'Bianchi',
  'Castillo',
  'Dubois',
  'Eriksen',
  'Fischer',
  'García',
  'Hoffmann',
  'Ivanova',
  'Johansson',
  'Kowalski',
  'Lehmann',
  'Müller',
  'Novák',
  'O’Brien',
  'Petrov',
  'Quist',
  'Rossi',
  'Schröder',
  'Takahashi',
  'Ünal',
  'Vasquez',
  'Wójcik',
  'Xu',
  'Yılmaz',
  'Zimmermann',
];

/** The people whose mailboxes are there from the first start on, with how much is in them. */
export const firstPeople: readonly (Person & {
  items: number;
  bytes: number;
  largestBytes: number;
  seed: number;
})[] = [
  { ...named('Anna', 'Keller'), items: 350, bytes: 25e6, largestBytes: 6e6, seed: 1 },
  { ...named('Tomás', 'Rivera'), items: 900, bytes: 40e6, largestBytes: 9e6, seed: 2 },
  { ...named('Mei-Lin', 'Chen'), items: 1600, bytes: 60e6, largestBytes: 12e6, seed: 3 },
];

/** The first `count` people of an endless list whose local parts are not in `taken`. */
export function furtherPeople(count: number, taken: ReadonlySet<string>): Person[] {
  const people: Person[] = [];
  for (let number = 0; people.length < count; number += 1) {
    const person = personNumber(number);
    if (!taken.has(person.localPart)) people.push(person);
  }
  return people;
}

function personNumber(number: number): Person {
  const pairs = FIRST_NAMES.length * LAST_NAMES.length;
  const round = Math.floor(number / pairs);
  const place = number % pairs;
  const first = FIRST_NAMES[place % FIRST_NAMES.length] as string;
  // The second list is shifted with each walk through the first, so that all pairs come before one comes again.
  const last = LAST_NAMES[(place + Math.floor(place / FIRST_NAMES.length)) % LAST_NAMES.length] as string;
  const person = named(first, last);
  return round === 0 ? person : { ...person, localPart: `${person.localPart}${round + 1}` };
}

function named(firstName: string, lastName: string): Person {
  return { firstName, lastName, localPart: `${plain(firstName)}.${plain(lastName)}` };
}

/** Latin letters alone, as mail administrators make addresses. */
function plain(name: string): string {
  return name
    .normalize('NFD')
    .toLowerCase()
    .replace(/ı/g, 'i')
    .replace(/[^a-z-]/g, '');
}
