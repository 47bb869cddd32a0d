/** The pod template in the annotation `released-template`; undefined when somebody took it away or broke it. */
export function parseTemplate(text = ''): object | undefined {
  try {
    const template: unknown = JSON.parse(text);
    return typeof template === 'object' && template !== null ? template : undefined;
  } catch {
    return undefined;
  }
}
