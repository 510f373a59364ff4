const { default: Sequencer } = require('@jest/test-sequencer');

/** The file that waits most goes first, so that all others run beside it; then as jest would have it. */
class LongFirst extends Sequencer {
  sort(tests) {
    const isLong = ({ path }) => path.includes('/test/system/');
    const sorted = super.sort(tests);
    return [...sorted.filter(isLong), ...sorted.filter((test) => !isLong(test))];
  }
}

module.exports = LongFirst;
