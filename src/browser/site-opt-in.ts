import { askForSite, giveSiteBack, hasSite, isSite, SiteRegistration } from './site-access.ts';

/** The site on which the hook runs on every load, because the user opted it in. One at a time: that of the page. */
export class SiteOptIn {
  readonly #permissions: () => typeof chrome.permissions;
  readonly #changed: () => void;
  #registration: SiteRegistration | null = null;
  #registered = false;
  #notes: readonly string[] = [];

  /** `permissions`: of the page in which the user clicks. `changed` is called when the hook was registered, or could not be. */
  constructor(permissions: () => typeof chrome.permissions, changed: () => void) {
    this.#permissions = permissions;
    this.#changed = changed;
  }

  /** The site for which the hook is registered; null without. */
  get origin(): string | null {
    return this.#registered ? (this.#registration?.origin ?? null) : null;
  }

  /** Why the hook could not be registered. */
  get notes(): readonly string[] {
    return this.#notes;
  }

  /** Asks the user where that has not been granted yet; false when it is refused, or the page is of no site. */
  async request(origin: string | null): Promise<boolean> {
    if (!isSite(origin)) return false;
    if (!(await hasSite(origin)) && !(await askForSite(origin, this.#permissions()))) return false;
    this.#open(origin);
    return true;
  }

  /** Takes the hook off the site, and gives back what was granted for it. */
  async forget(origin: string | null): Promise<void> {
    this.close();
    if (isSite(origin)) await giveSiteBack(origin);
  }

  /** Registers the hook again for the page's site where it was opted in before. */
  async resume(origin: string): Promise<void> {
    if (this.#registration !== null && this.#registration.origin !== origin) this.close();
    if (this.#registration === null && (await hasSite(origin))) this.#open(origin);
  }

  close(): void {
    this.#registration?.close();
    this.#registration = null;
    this.#registered = false;
    this.#notes = [];
  }

  #open(origin: string): void {
    this.close();
    const registration = new SiteRegistration(origin, (registered, why) => {
      if (this.#registration !== registration) return;
      this.#registered = registered;
      this.#notes = why === null ? [] : [`The hook could not be registered for ${origin}: ${why}`];
      this.#changed();
    });
    this.#registration = registration;
  }
}
