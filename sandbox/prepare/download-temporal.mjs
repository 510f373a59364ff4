import { TestWorkflowEnvironment } from '@temporalio/testing';

/** Usage: download-temporal.mjs <version> <folder>. Leaves Temporal's CLI in the folder, by way of the SDK's own download. */
const [version, downloadDir] = process.argv.slice(2);
const environment = await TestWorkflowEnvironment.createLocal({
  server: { executable: { type: 'cached-download', version, downloadDir } },
});
await environment.teardown();
process.exit(0);
