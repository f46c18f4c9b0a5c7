/** Whether `Accept` would rather have one media type than another. False if both are equally welcome. */
export function prefers(accept: string | undefined, wanted: string, usual: string): boolean {
  if (accept === undefined || accept.length > 1024) return false;
  return weightOf(accept, wanted) > weightOf(accept, usual);
}

/** The weight (RFC 9110) of the closest range that a type is in; 0 where it is in none. */
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
