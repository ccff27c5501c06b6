import type { JSX } from 'preact';
import { Divider, TextButton, Toolbar } from '../../components/toolbar.tsx';
import { useModel } from '../../model/context.ts';
import type { MemoryProfileType } from '../../model/types.ts';
import { openProfileFiles } from '../../shell/actions.ts';
import { programOf } from '../goroutines/situation.ts';

const TYPES: readonly (readonly [MemoryProfileType, string, string])[] = [
  ['heap', 'Heap', 'What is allocated now, by the stack that allocated it, sampled by the Go runtime'],
  ['allocs', 'Allocs', 'All that was ever allocated, by stack, sampled by the Go runtime'],
  ['goroutine', 'Goroutines', 'Stacks of all goroutines'],
];

/** Where profiles come from: files, and the memory of the chosen program. */
export function ProfilesToolbar(): JSX.Element {
  const model = useModel();
  const program = programOf(model.state.value, model.instance.value);
  const take = async (type: MemoryProfileType): Promise<void> => {
    if (program === null) return;
    const key = await model.client.profiles.takeFromMemory(program.key, type);
    model.go({ capture: key });
  };
  return (
    <Toolbar label="Profiles">
      <TextButton
        icon="open"
        text={openProfileFiles.text}
        tip={openProfileFiles.tip}
        onClick={() => openProfileFiles.run(model)}
      />
      <Divider />
      <span class="toolbar-text subtle">From memory</span>
      {TYPES.map(([type, text, what]) => (
        <TextButton
          key={type}
          text={text}
          icon="memory"
          tip={`${what}: read out of linear memory, without code in the program.${program === null ? '\nChoose a program first.' : ''}`}
          disabled={program === null}
          onClick={() => model.run(`Reading the ${type} profile`, take(type))}
        />
      ))}
    </Toolbar>
  );
}
