import { dataUrlText } from '../base/data-url.ts';
import type { PagePort } from './page-port.ts';

/**
 * The source map that a module names: its text, or a sentence on why it could not be had. `url` as the module says it, `moduleUrl` the module's own,
 * against which it is resolved.
 */
export async function sourceMapOf(
  page: Pick<PagePort, 'fetchAsPage'>,
  url: string,
  moduleUrl: string | null,
): Promise<{ readonly text: string } | { readonly why: string }> {
  const named = url.length > 200 ? `${url.slice(0, 200)}…` : url;
  const failed = (why: string): { readonly why: string } => ({
    why: `The module names a source map, which could not be had: ${named} (${why}).`,
  });
  try {
    const text = dataUrlText(url);
    if (text !== undefined) return { text };
    const absolute = URL.parse(url, moduleUrl ?? undefined);
    if (absolute === null) return failed('the URL of the module is not known');
    if (!/^https?:$/.test(absolute.protocol)) return failed('only http, https and data are read');
    return { text: await page.fetchAsPage(absolute.href) };
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  }
}
