import { Fault } from '#libs/kernel';

/**
 * A read that is refused while a read model is not whole: an error is an answer that callers can wait out, an empty list is one
 * that they believe. Judged again afterwards, because tables may have been found wanting while they were read.
 */
export function onlyWhenReady<Args extends unknown[], Answer>(
  models: { readonly isReady: boolean },
  read: (...args: Args) => Promise<Answer>,
): (...args: Args) => Promise<Answer> {
  const check = () => {
    if (models.isReady) return;
    throw new Fault('read-models.not-ready', 'backoff', 'the read models are being built');
  };
  return async (...args) => {
    check();
    const answer = await read(...args);
    check();
    return answer;
  };
}
