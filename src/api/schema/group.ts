/** The API group and version of every kind here, and the category that `kubectl get wedsync` lists. */
export const GROUP = 'presence.wedsync.io';
export const VERSION = 'v1alpha1';
export const API_VERSION = `${GROUP}/${VERSION}`;
export const CATEGORY = 'wedsync';
