/** Name of the port that a devtools page keeps open while it wants the hook on every load of a site; the origin follows. */
export const SITE_PORT = 'site ';

/** From the devtools page: keeps the service worker awake. */
export const KEEP_ALIVE = 'keep-alive';
/** From the service worker, once the hook is registered; anything else is the reason why not. */
export const REGISTERED = 'registered';
