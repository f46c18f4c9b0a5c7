import { describe, expect, it } from 'vitest';
import { assignmentOf } from './executor.fakes.ts';
import { furtherPath, stepEnvironment } from './step-environment.ts';

const place = {
  workspace: '/workspace',
  home: '/home/step',
  tmp: undefined,
  isContained: true,
  hostPath: ['/opt/go/bin', '/usr/bin'],
  furtherPath: ['/usr/local/go/bin', '/bin'],
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
};

describe('the environment of a step', () => {
  it('is this and nothing else', () => {
    const assignment = { ...assignmentOf({ env: { A: '1' } }), fence: 42 };
    expect(stepEnvironment(assignment, place)).toEqual({
      PATH: '/opt/go/bin:/usr/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/sbin:/bin:/usr/local/go/bin',
      HOME: '/home/step',
      LANG: 'C.UTF-8',
      CI: 'true',
      A: '1',
      MILLRACE: 'true',
      MILLRACE_RUN_ID: assignment.runId,
      MILLRACE_RUN_NUMBER: '7',
      MILLRACE_PIPELINE: 'demo',
      MILLRACE_STEP: 'only',
      MILLRACE_ATTEMPT: '1',
      MILLRACE_FENCE: '42',
      MILLRACE_WORKSPACE: '/workspace',
      TRACEPARENT: place.traceparent,
    });
  });

  it('names the commit where there is one, whatever the file says: all of it, empty where unknown', () => {
    const commit = {
      commit: 'c'.repeat(40),
      ref: 'refs/tags/v1',
      branch: '',
      tag: 'v1',
      repository: 'https://example.org/a.git',
      author: 'Ann <ann@example.org>',
      message: 'one\n\ntwo',
    };
    const assignment = { ...assignmentOf({ env: { MILLRACE_TAG: 'forged' } }), fence: 42 };
    expect(stepEnvironment(assignment, { ...place, commit })).toMatchObject({
      MILLRACE_COMMIT: 'c'.repeat(40),
      MILLRACE_REF: 'refs/tags/v1',
      MILLRACE_BRANCH: '',
      MILLRACE_TAG: 'v1',
      MILLRACE_REPOSITORY: 'https://example.org/a.git',
      MILLRACE_AUTHOR: 'Ann <ann@example.org>',
      MILLRACE_COMMIT_MESSAGE: 'one\n\ntwo',
    });
  });

  it('tells git where to stop where the machine lies above', () => {
    const seen = {
      ...place,
      isContained: false,
      workspace: '/state/id/run',
      home: '/state/h/a',
      tmp: '/tmp/m/1',
    };
    expect(stepEnvironment({ ...assignmentOf(), fence: 42 }, seen)).toMatchObject({
      TMPDIR: '/tmp/m/1',
      GIT_CEILING_DIRECTORIES: '/state/id:/state/h:/tmp/m',
    });
  });

  it('lets the file choose its PATH, never who it is', () => {
    const env = { PATH: '/x', LANG: 'de', MILLRACE_FENCE: '1', MILLRACE_RUN_ID: 'forged' };
    const assignment = { ...assignmentOf({ env }), fence: 42 };
    expect(stepEnvironment(assignment, place)).toMatchObject({
      PATH: '/x',
      LANG: 'de',
      MILLRACE_FENCE: '42',
      MILLRACE_RUN_ID: assignment.runId,
    });
  });
});

describe('what a step searches of the executor’s own PATH', () => {
  const ownPath =
    '/src/node_modules/.bin:.:bin::/root/go/bin:/usr/local/go/bin:/usr/lib/node_modules/npm/bin';

  it.each([
    { isContained: true, dirs: ['/usr/local/go/bin'] },
    { isContained: false, dirs: ['/root/go/bin', '/usr/local/go/bin'] },
  ])('in a sandbox ($isContained) is $dirs', ({ isContained, dirs }) => {
    expect(furtherPath(ownPath, isContained)).toEqual(dirs);
  });
});
