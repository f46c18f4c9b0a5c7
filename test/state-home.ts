import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One directory for the workspaces of all servers of a test run, gone afterwards. */
export default function makeStateHome(): () => void {
  const path = mkdtempSync(join(tmpdir(), 'millrace-state-'));
  process.env.MILLRACE_TEST_STATE = path;
  return () => rmSync(path, { recursive: true, force: true });
}
