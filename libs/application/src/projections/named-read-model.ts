import { Fault } from '#libs/kernel';
import { type Answer, accepted, refused } from '../answer.ts';

/** Carries out a command on a read model that its caller names; a name without one is refused. */
export async function onReadModel<Value>(act: () => Promise<Value>): Promise<Answer<Value>> {
  try {
    return accepted(await act());
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'request.not-found') throw error;
    const hint = 'List the read models with `millrace projections`.';
    return refused({ code: error.code, message: error.message, hint });
  }
}
