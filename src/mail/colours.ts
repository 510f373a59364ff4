/** The colour, and black or white, whichever reads better on it (WCAG 2.2, relative luminance). */
export function coloursOf(colour = '#1f4e8c'): { colour: string; onColour: string } {
  const [, red = '', green = '', blue = ''] =
    /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(colour) ?? [];
  if (red === '') return coloursOf();
  const linear = [red, green, blue].map((hex) => {
    const part = parseInt(hex, 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  const [r = 0, g = 0, b = 0] = linear;
  const luminance = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  return { colour, onColour: luminance > 0.179 ? '#000000' : '#ffffff' };
}
