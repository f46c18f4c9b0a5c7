const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** A short text for people: `512 B`, `1.5 KiB`, `10 MiB`. */
export function formatBytes(bytes: number): string {
  let amount = bytes;
  let unit = 0;
  // What would read as 1,024 of a unit is one of the next.
  while (unit < units.length - 1 && amount >= (unit === 0 ? 1_024 : 1_023.95)) {
    amount /= 1_024;
    unit += 1;
  }
  const text = unit === 0 ? String(amount) : amount.toFixed(1).replace(/\.0$/, '');
  return `${text} ${units[unit]}`;
}
