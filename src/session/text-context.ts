import type { TextContext } from './source-texts.ts';
import type { SessionState } from './state.ts';

/** Where the text of a module's files may be, of what is known of it. `moduleKey`: null for none in particular. */
export function textContext(
  { modules, pageUrl, settings, access }: SessionState,
  moduleKey: string | null,
): TextContext {
  const module = modules.find(({ key }) => key === moduleKey);
  return {
    pageUrl,
    moduleUrl: module?.url ?? null,
    mainModule: module?.report?.module.main ?? module?.report?.module.path ?? null,
    roots: settings.sourceRoots,
    files: access.files,
    goVersion: module?.report?.goVersion ?? null,
  };
}
