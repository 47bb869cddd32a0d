/** The part of the configuration of an OCI image that is written and read here (image-spec, config.md). */
export interface ImageConfig {
  architecture: string;
  os: string;
  created: string;
  config: {
    Env?: string[];
    User?: string;
    WorkingDir?: string;
    Entrypoint?: string[];
    Cmd?: string[];
    Labels?: Record<string, string>;
  };
  rootfs: { type: 'layers'; diff_ids: string[] };
}

/** Where programs are looked for when an image does not say; Docker sets it as well. */
const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * The configuration that settings of a Dockerfile ask for.
 *
 * @param settings one instruction a line, as `imageSettings` gives them: with values in place of arguments
 * @throws Error for an instruction that is not known here
 */
export function configOf(settings: readonly string[]): ImageConfig['config'] {
  const config: ImageConfig['config'] = { Env: [PATH], Labels: {} };
  for (const setting of settings) {
    const [, instruction = '', value = ''] = /^(\w+)\s+(.*)$/s.exec(setting) ?? [];
    switch (instruction) {
      case 'ENV':
        config.Env?.push(...pairs(value).map(([name, text]) => `${name}=${text}`));
        break;
      case 'LABEL':
        Object.assign(config.Labels ?? {}, Object.fromEntries(pairs(value)));
        break;
      case 'USER':
        config.User = value;
        break;
      case 'WORKDIR':
        config.WorkingDir = value;
        break;
      case 'ENTRYPOINT':
        config.Entrypoint = JSON.parse(value) as string[];
        break;
      case 'CMD':
        config.Cmd = JSON.parse(value) as string[];
        break;
      default:
        throw new Error(`no image setting is known for "${setting}"`);
    }
  }
  return config;
}

/** `a=b c="d e"`, as ENV and LABEL take it. */
function pairs(text: string): [string, string][] {
  const found = [...text.matchAll(/([\w.-]+)=(?:"((?:[^"\\]|\\.)*)"|(\S*))/g)];
  return found.map(([, name = '', quoted, bare = '']) => [name, quoted?.replace(/\\(.)/g, '$1') ?? bare]);
}
