import { dockerSucceeds } from './docker.ts';
import type { Shell } from './shell.ts';
import { upstreamImages } from './versions.ts';

/**
 * Whether the engine can pull images. Asked with the smallest image there is and a time limit: a closed
 * network may refuse at once or swallow the question.
 */
export async function registryAnswers(shell: Shell): Promise<boolean> {
  if (await dockerSucceeds(shell, ['image', 'inspect', upstreamImages.node])) return true;
  const pulled = await dockerSucceeds(shell, ['pull', '--quiet', upstreamImages.probe], {
    timeoutSeconds: 20,
  });
  if (pulled) await dockerSucceeds(shell, ['image', 'rm', upstreamImages.probe]);
  return pulled;
}
