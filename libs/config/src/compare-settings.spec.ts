import { describe, expect, it } from 'vitest';
import { unmetSettings, workingSettings } from './compare-settings.ts';
import { loadConfig } from './load.ts';

const dataDir = '/nonexistent/millrace';
const server = (env: Record<string, string>) =>
  JSON.parse(JSON.stringify(workingSettings(loadConfig({ dataDir }, env).config)));

describe('whether a server works by what is asked for', () => {
  it('looks at what was asked for alone', () => {
    const there = server({ MILLRACE_SLOTS: '3', MILLRACE_HOST_PATH: '/opt/bin' });
    expect(unmetSettings(loadConfig({ dataDir }, {}), there)).toEqual([]);
    expect(unmetSettings(loadConfig({ dataDir }, { MILLRACE_SLOTS: '3' }), there)).toEqual([]);
    const asked = loadConfig({ dataDir, sandbox: 'oci' }, { MILLRACE_SLOTS: '4' });
    expect(unmetSettings(asked, there)).toEqual(['sandbox', 'slots']);
  });

  it('compares what runs may have for every caller', () => {
    const there = server({ MILLRACE_ISOLATION_MIN: 'none', MILLRACE_NETWORK_MAX: 'host' });
    expect(unmetSettings(loadConfig({ dataDir }, {}), there)).toEqual([
      'isolationMin',
      'networkMax',
    ]);
  });

  it('compares secrets without telling them, and not those of the caller', () => {
    const db = 'postgres://user:secret@host/db';
    const there = server({ MILLRACE_DB_URL: db });
    expect(JSON.stringify(there)).not.toContain('secret');
    expect(unmetSettings(loadConfig({ dataDir, db }, {}), there)).toEqual([]);
    expect(unmetSettings(loadConfig({ dataDir, db }, {}), server({}))).toEqual(['db']);
    expect(
      unmetSettings(loadConfig({ dataDir }, { MILLRACE_TOKEN: 't'.repeat(20) }), there),
    ).toEqual([]);
  });
});
