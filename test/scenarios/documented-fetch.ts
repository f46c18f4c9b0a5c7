import { errorsOf, type Operation, operations, problemIn } from '#libs/api-contract';
import { describeError } from '#libs/kernel';

/**
 * `fetch` that holds every answer of a scenario to what openapi.json says: the status, and the code of a problem.
 *
 * @throws Error for an answer that the operation does not document
 */
export async function documentedFetch(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, init);
  const operation = operationOf(init.method ?? 'GET', new URL(url).pathname);
  if (operation === undefined) return response;
  const { status } = response;
  const answers = [operation.status, ...Object.keys(operation.otherAnswers ?? {}).map(Number)];
  if (answers.includes(status)) return response;
  const code = problemIn(await response.clone().text())?.code;
  const isDocumented = errorsOf(operation).some(
    (documented) => documented === code && describeError(documented).status === status,
  );
  if (isDocumented) return response;
  throw new Error(`${operation.id} answered ${status} ${code}, which openapi.json does not list`);
}

function operationOf(method: string, path: string): Operation | undefined {
  return Object.values<Operation>(operations).find(
    (operation) => operation.method === method && pattern(operation.path).test(path),
  );
}

function pattern(path: string): RegExp {
  const text = path.replaceAll('.', '\\.').replace('{path}', '.+');
  return new RegExp(`^${text.replaceAll(/\{\w+\}/g, '[^/]+')}$`);
}
