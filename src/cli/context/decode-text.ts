/** Encodings that begin with a byte order mark, as `kubectl -f` takes them: Windows PowerShell writes UTF-16 with `>`. */
const BY_MARK = [
  { mark: [0xff, 0xfe], encoding: 'utf-16le' },
  { mark: [0xfe, 0xff], encoding: 'utf-16be' },
] as const;

/** Text of a file that a user names: UTF-8, or UTF-16 behind a byte order mark. The mark is dropped. */
export function decodeText(bytes: Uint8Array): string {
  const marked = BY_MARK.find(({ mark }) => mark.every((byte, index) => bytes[index] === byte));
  return new TextDecoder(marked?.encoding ?? 'utf-8').decode(bytes);
}
