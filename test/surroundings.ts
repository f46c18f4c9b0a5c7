import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What all test files have around them: a usual umask, and one directory for the workspaces of all servers, gone afterwards. */
export default function makeSurroundings(): () => void {
  // Modes of files are compared: whoever runs the tests may have a stricter umask.
  process.umask(0o022);
  const path = mkdtempSync(join(tmpdir(), 'millrace-state-'));
  process.env.MILLRACE_TEST_STATE = path;
  return () => rmSync(path, { recursive: true, force: true });
}
