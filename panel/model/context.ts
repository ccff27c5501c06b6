import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { PanelModel } from './panel-model.ts';

const Context = createContext<PanelModel | null>(null);

export const ModelProvider = Context.Provider;

/** The panel's model; every view is drawn inside its provider. */
export function useModel(): PanelModel {
  const model = useContext(Context);
  if (model === null) throw new Error('a view was drawn outside the panel');
  return model;
}
