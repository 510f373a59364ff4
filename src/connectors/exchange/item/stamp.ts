import { z } from 'zod';
import type { Stamp } from '../../connector';
import { propertyOf, propertyXml } from '../soap/property';
import type { Element } from '../soap/element';
import { propertyUriXml, type PropertyUri } from '../soap/envelope';

/** The property set of Mailporter's marks on items and folders; no other program uses it. */
export const mailporterSet = '6f6f7d0b-5c1e-4c43-9a7d-3b9a5f3e2c81';

/** The property that holds the stamp of a pair. */
export function stampUri(pairId: string): PropertyUri {
  return { guid: mailporterSet, name: `stamp ${pairId}`, type: 'String' };
}

/** JSON of plain ASCII: what a key holds comes back exactly, even what XML cannot carry. */
export function plainJson(value: object): string {
  const escape = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(value).replace(/[\u007f-\uffff]/g, escape);
}

const valueSchema = z.object({
  f: z.string(),
  s: z.string(),
  c: z.string(),
  p: z.string(),
  m: z.string().optional(),
  r: z.tuple([z.string(), z.string()]).optional(),
  u: z.literal(1).optional(),
});

export function stampXml(stamp: Stamp): string {
  const value = {
    f: stamp.folderKey,
    s: stamp.sourceKey,
    c: stamp.changeKey,
    p: stamp.parcelId,
    ...(stamp.moveKey !== undefined && { m: stamp.moveKey }),
    ...(stamp.replaces && { r: [stamp.replaces.targetId, stamp.replaces.targetChangeKey] }),
    ...(stamp.unfinished ? { u: 1 } : {}),
  };
  return propertyXml(stampUri(stamp.pairId), plainJson(value));
}

/** The change that gives an item this stamp. */
export function setStampXml(stamp: Stamp): string {
  return setItemFieldXml(propertyUriXml(stampUri(stamp.pairId)), 'Item', stampXml(stamp));
}

/** One child of `Updates`. */
export function setItemFieldXml(field: string, element: string, value: string): string {
  return `<t:SetItemField>${field}<t:${element}>${value}</t:${element}></t:SetItemField>`;
}

/** `cut`: a value is there and not whole, as lists of a server may give it; it has to be read from the item itself. */
export function stampOf(item: Element, pairId: string): Stamp | 'cut' | undefined {
  const value = propertyOf(item, stampUri(pairId));
  if (value === undefined) return undefined;
  if (!value.endsWith('}')) return 'cut';
  try {
    const { f, s, c, p, m, r, u } = valueSchema.parse(JSON.parse(value));
    return {
      ...{ pairId, folderKey: f, sourceKey: s, changeKey: c, parcelId: p, unfinished: u === 1 },
      ...(m !== undefined && { moveKey: m }),
      ...(r && { replaces: { targetId: r[0], targetChangeKey: r[1] } }),
    };
  } catch {
    return 'cut';
  }
}
