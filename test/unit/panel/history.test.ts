import { expect, test } from 'vitest';
import { amend, move, startHistory, visit } from '../../../panel/model/history.ts';

test('back and forward as in an editor', () => {
  let history = startHistory('a');
  history = visit(history, 'b');
  history = visit(history, 'c');
  history = move(history, -1);
  expect(history.places[history.at]).toBe('b');
  history = move(history, 1);
  expect(history.places[history.at]).toBe('c');
  expect(move(history, 1)).toBe(history);
});

test('a visit after going back forgets what was ahead', () => {
  const back = move(visit(visit(startHistory('a'), 'b'), 'c'), -1);
  expect(visit(back, 'd').places).toEqual(['a', 'b', 'd']);
});

test('the same place twice is one visit', () => {
  const history = visit(startHistory({ view: 'traps' }), { view: 'traps' });
  expect(history.places).toHaveLength(1);
});

test('amending changes the place without a new entry', () => {
  const history = amend(visit(startHistory('a'), 'b'), 'B');
  expect(history).toEqual({ places: ['a', 'B'], at: 1 });
});

test('only the last hundred places are kept', () => {
  let history = startHistory(0);
  for (let place = 1; place <= 250; place++) history = visit(history, place);
  expect(history.places).toHaveLength(100);
  expect(history.places[history.at]).toBe(250);
});
