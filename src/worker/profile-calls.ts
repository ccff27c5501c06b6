import type { Frame } from '../profile/frame-table.ts';
import type { ChildLists, StackTree } from '../profile/stack-tree.ts';
import type { CallRow, CallRows, ProfileValues } from '../protocol/profiles.ts';

/** A row of the tree of calls: what it stands for and what lies below it, which is worked out when it is opened. */
interface CallNode {
  readonly id: number;
  readonly frame: number;
  readonly values: ProfileValues;
  readonly size: number;
  below: readonly CallNode[] | undefined;
  readonly expand: () => readonly CallNode[];
  readonly leaf: boolean;
}

/** How wide the nodes of a tree are drawn, and its calls in that order. */
export interface SortedCalls {
  readonly width: Float64Array;
  readonly lists: ChildLists;
}

/** A leaf of the tree of calls, and how far up its callers have been followed. */
interface Member {
  readonly leaf: number;
  readonly at: number;
}

/** The calls of a view as rows of a tree that is opened row by row. */
export class CallTreeRows {
  readonly #frames: readonly Frame[];
  readonly #roots: () => readonly CallNode[];
  readonly #nodes: CallNode[] = [];
  #top: readonly CallNode[] | undefined;

  private constructor(
    frames: readonly Frame[],
    roots: (add: (node: Omit<CallNode, 'id' | 'below'>) => CallNode) => readonly CallNode[],
  ) {
    this.#frames = frames;
    this.#roots = () =>
      roots((node) => {
        const added = { ...node, id: this.#nodes.length, below: undefined };
        this.#nodes.push(added);
        return added;
      });
  }

  /** Callers with what they call below them. */
  static down(tree: StackTree, frames: readonly Frame[], sorted: () => SortedCalls): CallTreeRows {
    const { frame, self, total, baseSelf, baseTotal } = tree;
    return new CallTreeRows(frames, (add) => {
      const { width, lists } = sorted();
      const { start, children } = lists;
      const below = (parent: number): readonly CallNode[] =>
        Array.from(children.subarray(start[parent + 1] ?? 0, start[parent + 2] ?? 0), (node) =>
          add({
            frame: frame[node] ?? 0,
            size: width[node] ?? 0,
            values: {
              ...{ flat: self[node] ?? 0, cum: total[node] ?? 0 },
              ...{ baseFlat: baseSelf[node] ?? 0, baseCum: baseTotal[node] ?? 0 },
            },
            leaf: start[node + 1] === start[node + 2],
            expand: () => below(node),
          }),
        );
      return below(-1);
    });
  }

  /** What was running, with its callers below it. `flat`: where a row's frame itself was running. */
  static up(tree: StackTree, frames: readonly Frame[]): CallTreeRows {
    const { count, frame, parent, self, baseSelf } = tree;
    return new CallTreeRows(frames, (add) => {
      const group = (members: readonly Member[], level: number): readonly CallNode[] => {
        const groups = new Map<number, Member[]>();
        for (const member of members) {
          const key = frame[member.at] ?? 0;
          const known = groups.get(key);
          if (known === undefined) groups.set(key, [member]);
          else known.push(member);
        }
        const nodes = [...groups].map(([key, own]) => {
          let cum = 0;
          let baseCum = 0;
          let size = 0;
          for (const { leaf } of own) {
            cum += self[leaf] ?? 0;
            baseCum += baseSelf[leaf] ?? 0;
            size += Math.max(self[leaf] ?? 0, baseSelf[leaf] ?? 0, 0);
          }
          const callers = own.filter(({ at }) => (parent[at] ?? -1) >= 0);
          return add({
            frame: key,
            size,
            values: { flat: level === 0 ? cum : 0, cum, baseFlat: level === 0 ? baseCum : 0, baseCum },
            leaf: callers.length === 0,
            expand: () =>
              group(
                callers.map(({ leaf, at }) => ({ leaf, at: parent[at] ?? -1 })),
                level + 1,
              ),
          });
        });
        return nodes.sort((a, b) => b.size - a.size || a.frame - b.frame);
      };
      const leaves: Member[] = [];
      for (let node = 0; node < count; node++) {
        if (self[node] !== 0 || baseSelf[node] !== 0) leaves.push({ leaf: node, at: node });
      }
      return group(leaves, 0);
    });
  }

  /** `open`: ids of rows whose calls are listed below them; those that are not known are passed over. */
  rows(open: readonly number[], from: number, count: number): CallRows {
    const opened = new Set(open);
    const rows: CallRow[] = [];
    let at = 0;
    this.#top ??= this.#roots();
    /** Lists of rows that are gone through: from which place on, and the row above. */
    const stack: { nodes: readonly CallNode[]; next: number; parent: number | null }[] = [
      { nodes: this.#top, next: 0, parent: null },
    ];
    for (let list = stack.at(-1); list !== undefined; list = stack.at(-1)) {
      const node = list.nodes[list.next++];
      if (node === undefined) {
        stack.pop();
        continue;
      }
      const isOpen = !node.leaf && opened.has(node.id);
      if (at >= from && at < from + count) {
        rows.push({
          ...(this.#frames[node.frame] ?? { name: '', package: '', file: '', line: 0 }),
          ...node.values,
          ...{ id: node.id, level: stack.length, open: node.leaf ? null : isOpen, parent: list.parent },
        });
      }
      if (isOpen) {
        node.below ??= node.expand();
        stack.push({ nodes: node.below, next: 0, parent: at });
      }
      at++;
    }
    return { count: at, rows };
  }
}
