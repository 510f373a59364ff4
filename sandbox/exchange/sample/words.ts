import type { Random } from '../random';

/** Words and names that generated items are made of. */

const LANGUAGES: readonly (readonly string[])[] = [
  'the quarterly report shows steady growth across all regions while delivery times improved please review the attached draft before our meeting on thursday and let me know whether figures for transport storage and energy are complete'.split(
    ' ',
  ),
  'bitte prüfen Sie die angehängten Unterlagen bis Freitag über die Änderungen an Größe und Menge müssen wir uns noch einigen schöne Grüße aus Köln Straße Maß für Öl'.split(
    ' ',
  ),
  'merci de vérifier les pièces jointes avant la réunion à Genève où nous déciderons du budget élevé été naïve garçon œuvre façade'.split(
    ' ',
  ),
  'пожалуйста проверьте приложенный отчёт до встречи в четверг и сообщите все ли цифры по складу верны спасибо за помощь'.split(
    ' ',
  ),
  '请 在 星期四 会议 之前 检查 附件 中 的 季度 报告 并 告诉 我 所有 数字 是否 完整 谢谢 您 的 帮助'.split(
    ' ',
  ),
  '木曜日 の 会議 の 前 に 添付 の 四半期 報告書 を ご確認 ください よろしく お願い します 東京 大阪'.split(
    ' ',
  ),
  'يرجى مراجعة التقرير المرفق قبل الاجتماع يوم الخميس وإخباري إذا كانت جميع الأرقام كاملة شكرا لمساعدتك'.split(
    ' ',
  ),
  'אנא בדקו את הדוח המצורף לפני הפגישה ביום חמישי והודיעו לי אם כל המספרים שלמים תודה על העזרה'.split(' '),
  '🚀 launch 🎉 party on friday ✅ done ❤️ love it 👩‍👩‍👧‍👦 family 🇨🇭 trip 𝒻𝒶𝓃𝒸𝓎 text'.split(' '),
];

const GIVEN =
  'Ada Björn Chloé Dmitri Émile Fatima Grace Hàn Ines Jürgen Kofi Lučka Mateo Noor Olga Priya Quentin Rosa Søren Tomás Ulla Věra Wang Xóchitl Yuki Zoë 伟 さくら محمد'.split(
    ' ',
  );
const FAMILY =
  "Lovelace O'Neil Müller Nguyễn Østergård Papadopoulos Çelik García-López Ivanov Kowalski Schröder Sørensen Tanaka Vasquez Ångström 王 山本 الحسن".split(
    ' ',
  );
const DOMAINS = [
  'contoso.example',
  'fabrikam.example',
  'northwind.example',
  'adventure-works.example',
  'müller-söhne.example',
  'tailspin.example',
];
export const CATEGORIES = [
  'Red Category',
  'Blue Category',
  'Projekt Größe',
  'Семья',
  '重要',
  'Follow-up <now>',
  'R&D',
  '"quoted"',
];

export interface Person {
  readonly name: string;
  readonly address: string;
}

export function words(random: Random, count: number): string {
  const language = random.chance(0.6) ? (LANGUAGES[0] ?? []) : random.pick(LANGUAGES);
  return Array.from({ length: count }, () => random.pick(language)).join(' ');
}

export function sentence(random: Random): string {
  const text = words(random, random.int(4, 14));
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

export function paragraphs(random: Random, count: number): string[] {
  return Array.from({ length: count }, () =>
    Array.from({ length: random.int(1, 5) }, () => sentence(random)).join(' '),
  );
}

export function person(random: Random): Person & { readonly given: string; readonly family: string } {
  const given = random.pick(GIVEN);
  const family = random.pick(FAMILY);
  const local =
    `${given}.${family}`
      .normalize('NFD')
      .toLowerCase()
      .replace(/[^a-z.]/g, '') || 'user';
  return {
    given,
    family,
    name: `${given} ${family}`,
    address: `${local.replace(/^\.|\.$/g, 'x')}${random.int(1, 99)}@${random.pick(DOMAINS).normalize('NFC')}`,
  };
}

const DAY_S = 86_400;
/** Fixed, so that a seed makes the same mailbox on every day. */
const NEWEST_S = Date.UTC(2026, 9, 31) / 1000;

/** A date within the last eight years before the samples' fixed newest day, as ISO in whole seconds. */
export function pastDate(random: Random): string {
  const ageDays = Math.floor(random.next() ** 2 * 8 * 365);
  return isoSeconds(NEWEST_S - ageDays * DAY_S - random.int(0, DAY_S - 1));
}

export function isoSeconds(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
}
