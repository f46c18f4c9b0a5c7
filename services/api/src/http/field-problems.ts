import { z } from 'zod';
import { didYouMean } from '#libs/pipeline-dsl';

/** A part of a request. */
export type RequestPart = 'params' | 'query' | 'headers' | 'body';

interface FieldProblem {
  readonly pointer: string;
  readonly detail: string;
}

/** More are not told. */
const most = 50;
/** Characters of an unknown name that are shown. */
const shownMax = 60;

/** The fields that do not fit, each by its pointer. Of a name that the schema does not know the name itself is the field. */
export function fieldProblems(
  { issues }: z.ZodError,
  part: RequestPart,
  schema: z.ZodType,
): readonly FieldProblem[] {
  return issues
    .flatMap((issue) => {
      if (issue.code !== 'unrecognized_keys')
        return [{ pointer: pointerTo(part, issue.path), detail: issue.message }];
      const known = knownAt(schema, issue.path);
      return issue.keys.slice(0, most).map((key) => {
        const name = key.length > shownMax ? `${key.slice(0, shownMax)}…` : key;
        const kind = part === 'body' ? 'member' : 'parameter';
        const detail = [`there is no ${kind} "${name}"`, didYouMean(key, known)];
        return {
          pointer: pointerTo(part, [...issue.path, name]),
          detail: detail.filter((words) => words !== undefined).join(', '),
        };
      });
    })
    .slice(0, most);
}

/** A JSON pointer into the body (empty: to all of it), or behind the name of another part. */
function pointerTo(part: RequestPart, path: readonly PropertyKey[]): string {
  const names = part === 'body' ? path : [part, ...path];
  const pointer = names.map((name) => String(name).replaceAll('~', '~0').replaceAll('/', '~1'));
  return pointer.map((name) => `/${name}`).join('');
}

/** The names that a schema knows at a place; none where the place is in no plain object. */
function knownAt(schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  let at: unknown = schema;
  for (const name of path) at = shapeOf(at)[String(name)];
  return Object.keys(shapeOf(at));
}

function shapeOf(schema: unknown): Readonly<Record<string, unknown>> {
  let inner = schema;
  while (
    inner instanceof z.ZodOptional ||
    inner instanceof z.ZodDefault ||
    inner instanceof z.ZodNullable
  )
    inner = inner.unwrap();
  return inner instanceof z.ZodObject ? inner.shape : {};
}
