import { mendedBy, nothingMended } from '../../src/domain/mended';

describe('what comparisons have mended', () => {
  const found = (missing: number, doubled = 0) => ({ ...nothingMended, missing, doubled });

  it('is what the one after finds no more, each once however often it was found', () => {
    const second = mendedBy(nothingMended, found(3, 1), found(1));
    expect(second).toEqual(found(2, 1));
    expect(mendedBy(second, found(1), found(0))).toEqual(found(3, 1));
  });

  it('is never less for what comes meanwhile', () => {
    expect(mendedBy(found(2), found(0), found(4))).toEqual(found(2));
  });
});
