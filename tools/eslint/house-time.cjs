const clock = [
  ['NewExpression[callee.name="Date"][arguments.length=0]', 'new Date()'],
  ['CallExpression[callee.name="Date"]', 'Date()'],
  ['MemberExpression[object.name="Date"][property.name="now"]', 'Date.now'],
  ['MemberExpression[object.name="Math"][property.name="random"]', 'Math.random'],
  ['CallExpression[callee.name=/^set(Timeout|Interval|Immediate)$/]', 'a timer'],
  ['ImportDeclaration[source.value=/^(node:)?timers/]', 'a timer'],
];
/** What Temporal does not make repeatable when it replays workflow code. */
const machine = [
  ['MemberExpression[object.name="performance"]', 'performance'],
  ['MemberExpression[property.name="hrtime"]', 'hrtime'],
  ['MemberExpression[object.name="AbortSignal"][property.name="timeout"]', 'AbortSignal.timeout'],
  ['MemberExpression[object.name="crypto"]', 'crypto'],
];

const restricted = (rows, why) => [
  'error',
  ...rows.map(([selector, what]) => ({ selector, message: `${what}: ${why}` })),
];

/** Options of `no-restricted-syntax`, by the area they hold for: time is passed in, never read. */
module.exports = {
  domain: restricted([...clock, ...machine], 'the domain is given the time, it never reads it.'),
  engine: restricted([...clock, ...machine], "the engine's only time is the Clock it is given."),
  workflows: restricted(machine, 'workflow code is replayed: it reads only what Temporal makes repeatable.'),
};
