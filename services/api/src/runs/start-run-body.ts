import type { CheckedStartRunBody } from '#libs/api-contract';
import type { StartRunRequest } from '#libs/application';

/** The run that the body of a REST call asks for. The check of the body has made sure that it names one pipeline. */
export function requestOf(body: CheckedStartRunBody): StartRunRequest {
  const { yaml, pipeline: name = '', trigger = { kind: 'api' }, ...rest } = body;
  return { pipeline: yaml === undefined ? { name } : { yaml }, ...rest, trigger };
}
