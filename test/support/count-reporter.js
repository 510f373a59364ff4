const { writeSync } = require('node:fs');

/**
 * Ends a run's standard output with one line, `N passed, N failed, N skipped`, which scripts read.
 * A test file that could not run at all counts as one failure. Tests marked `todo` count as skipped.
 */
class CountReporter {
  onRunComplete(_contexts, results) {
    const passed = results.numPassedTests;
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    // jest's own summary and the global teardown still write after this call; the exit of the process is last.
    process.once('exit', () => writeSync(1, `${passed} passed, ${failed} failed, ${skipped} skipped\n`));
  }
}

module.exports = CountReporter;
