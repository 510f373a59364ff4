/**
 * Where a property's worlds begin. CI judges a change, and judges it alike each time it is asked; whoever runs the tests by hand draws new
 * worlds each time. `PROPERTY_SEED` makes a run again.
 */
export const propertySeed = Number(
  process.env.PROPERTY_SEED ?? (process.env.CI ? 20_261_124 : Date.now() % 2 ** 31),
);
