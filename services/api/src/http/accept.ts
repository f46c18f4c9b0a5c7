/** Whether `Accept` prefers one media type to another. False if it likes both equally. */
export function prefers(accept: string | undefined, wanted: string, usual: string): boolean {
  if (accept === undefined || accept.length > 1024) return false;
  return weightOf(accept, wanted) > weightOf(accept, usual);
}

/** The weight (RFC 9110) of the closest range that a type is in; 0 if it is in none. */
function weightOf(accept: string, type: string): number {
  const ranges = new Map(
    accept.split(',').map((part) => {
      const [range = '', ...parameters] = part.split(';').map((word) => word.trim().toLowerCase());
      const weight = parameters.find((parameter) => parameter.startsWith('q='));
      return [range, weight === undefined ? 1 : Number(weight.slice(2)) || 0] as const;
    }),
  );
  const [group = ''] = type.split('/');
  return ranges.get(type) ?? ranges.get(`${group}/*`) ?? ranges.get('*/*') ?? 0;
}
