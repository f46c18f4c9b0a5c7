import { dirname } from 'node:path';
import { systemPath } from '#libs/config';
import type { Assignment } from '#libs/executor-protocol';
import { isOfUserland } from '#libs/sandbox';
import type { CommitFacts } from '#libs/sources';

/** The paths of a step, as it sees them. */
export interface StepPlace {
  readonly workspace: string;
  readonly home: string;
  /** Undefined if its /tmp is its own. */
  readonly tmp: string | undefined;
  /** Whether nothing of the machine lies above these paths. */
  readonly isContained: boolean;
  /** Directories of PATH before the system's. */
  readonly hostPath: readonly string[];
  /** Directories of PATH after the system's. */
  readonly furtherPath: readonly string[];
  /** Undefined if the workspace holds no repository. */
  readonly commit?: CommitFacts | undefined;
  readonly traceparent: string;
}

/**
 * The whole environment of a step, made from nothing. What the file declares may replace PATH, HOME, LANG, CI, TMPDIR and git's ceiling,
 * never what says which attempt this is.
 */
export function stepEnvironment(assignment: Assignment, place: StepPlace): Record<string, string> {
  return {
    PATH: [...new Set([...place.hostPath, ...systemPath, ...place.furtherPath])].join(':'),
    HOME: place.home,
    LANG: 'C.UTF-8',
    CI: 'true',
    ...(place.tmp === undefined ? {} : { TMPDIR: place.tmp }),
    ...(place.isContained ? {} : { GIT_CEILING_DIRECTORIES: ceilingOf(place) }),
    ...assignment.env,
    MILLRACE: 'true',
    MILLRACE_RUN_ID: assignment.runId,
    MILLRACE_RUN_NUMBER: String(assignment.runNumber),
    MILLRACE_PIPELINE: assignment.pipeline,
    MILLRACE_STEP: assignment.step,
    MILLRACE_ATTEMPT: String(assignment.attempt),
    MILLRACE_FENCE: String(assignment.fence),
    MILLRACE_WORKSPACE: place.workspace,
    ...(place.commit && ofCommit(place.commit)),
    TRACEPARENT: place.traceparent,
  };
}

/** All of these are set if there is a commit, so that a script under `set -u` can use any; unknown ones are empty. */
function ofCommit(facts: CommitFacts): Record<string, string> {
  return {
    MILLRACE_COMMIT: facts.commit,
    MILLRACE_REF: facts.ref,
    MILLRACE_BRANCH: facts.branch,
    MILLRACE_TAG: facts.tag,
    MILLRACE_REPOSITORY: facts.repository,
    MILLRACE_AUTHOR: facts.author,
    MILLRACE_COMMIT_MESSAGE: facts.message,
  };
}

/**
 * Git searches upwards for a repository no further than this. The workspace was placed where none lies above; a step without
 * isolation could make one there, and git in other runs' workspaces would take it for theirs.
 */
function ceilingOf({ workspace, home, tmp }: StepPlace): string {
  const places = [workspace, home, ...(tmp === undefined ? [] : [tmp])];
  return places.map((place) => dirname(place)).join(':');
}

const ofPackageScripts = /\/node_modules(?:\/|$)/;

/**
 * What a step may search beyond the system's directories, of the executor's own PATH: a toolchain that the machine's
 * people use works without a setting, and never goes before what the system has. A sandbox searches only what it shows
 * anyway. What npm puts before a script's PATH is not the machine's.
 */
export function furtherPath(ownPath: string, isContained: boolean): readonly string[] {
  return ownPath
    .split(':')
    .filter((dir) => dir.startsWith('/') && !ofPackageScripts.test(dir))
    .filter((dir) => !isContained || isOfUserland(dir));
}
