/** The metrics of a pod are some kilobytes; whatever is longer is not read to its end. */
const MAX_BYTES = 1_000_000;

/**
 * The body of a plain HTTP answer.
 *
 * @throws {Error} when there is no answer in time, it is not 200, redirects, or is too long
 */
export async function fetchText(url: string, signal: AbortSignal): Promise<string> {
  const response = await fetch(url, { signal, redirect: 'error' });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`${url}: HTTP ${response.status}`);
  }
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (text.length > MAX_BYTES) throw new Error(`${url}: longer than ${MAX_BYTES} bytes`);
  }
  return text;
}
