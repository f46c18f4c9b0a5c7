import {
  causeSchema as causes,
  isolationSchema as isolations,
  outcomeSchema as outcomes,
  skipReasonSchema as skipReasons,
  waitReasonSchema as waitReasons,
} from '#libs/events';
import { openWords } from './open-words.ts';

// The sets of words that events and answers share, each named once in openapi.json: closed in events, open in answers.

export const outcomeSchema = openWords(outcomes.options).meta({
  id: 'Outcome',
  description:
    'How a run, a step or an attempt ended. `failure`: a command of the user failed. `error`: the system failed. `timeout`: it took longer than it may. `cancelled`: somebody ended it. `skipped`: it did not run.',
});

export const causeSchema = openWords(causes.options).meta({
  id: 'Cause',
  description:
    'What ended an attempt. `exit`: the command ended by itself. `signal`: a signal ended it. `oom`, `pids-limit`, `disk-limit`, `log-limit`: it went over a limit. `timeout`: it took too long. `cancelled`: its run was cancelled. `worker-lost`: its executor was lost. `start-failed`: the sandbox did not start. `source-failed`: the files of the run could not be fetched.',
});

export const skipReasonSchema = openWords(skipReasons.options).meta({
  id: 'SkipReason',
  description:
    'Why a step did not run. `condition`: its condition did not hold. `dependency-failed`: a step that it depends on failed. `reused`: the result of an earlier run was taken. `cancelled`: the run was cancelled.',
});

export const waitReasonSchema = openWords(waitReasons.options).meta({
  id: 'WaitReason',
  description:
    'Why a step waits. `dependency`: another step has not ended. `labels`: no executor has its labels and its isolation. `slots`: every fitting executor is busy. `quota`: a quota is used up. `group`: another run holds its concurrency group. `priority`: more urgent steps go first. `retry-delay`: the next attempt is not due. `paused`: scheduling is paused. `approval`: somebody has to approve it.',
});

const isolationWords =
  'How far a step is kept apart from its machine, from the least to the most. `none`: any driver. `standard`: namespaces, no capabilities, a seccomp filter and a read-only root. `strict`: more than `standard`; no driver gives it yet.';
export const isolationSchema = openWords(isolations.options).meta({
  id: 'Isolation',
  description: isolationWords,
});
/** The same as a request gives it: another word is refused. */
export const isolationRequestSchema = isolations.meta({
  id: 'IsolationRequest',
  description: isolationWords,
});
