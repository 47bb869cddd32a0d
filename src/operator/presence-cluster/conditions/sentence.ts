/** A text as a sentence. A name at the beginning stays as it is: `wedsync-redis-0-0 does not answer.` */
export function sentence(text: string): string {
  const [first = ''] = text.split(' ', 1);
  const start = first.includes('-') ? text.charAt(0) : text.charAt(0).toUpperCase();
  return `${start}${text.slice(1)}${/[.…]$/.test(text) ? '' : '.'}`;
}
