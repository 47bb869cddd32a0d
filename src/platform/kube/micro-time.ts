/**
 * A time as `MicroTime` wants it: exactly six digits of fraction. Leases and events with the three digits of
 * `toISOString()` are refused with 400.
 */
export function microTime(time: Date): string {
  return time.toISOString().replace('Z', '000Z');
}
