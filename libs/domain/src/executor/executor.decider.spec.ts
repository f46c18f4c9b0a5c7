import { describe, expect, it } from 'vitest';
import type { ExecutorDescription, ExecutorEvent } from '#libs/events';
import { deciderSpec, foldHistory } from '#libs/testkit';
import { type ExecutorCommand, type ExecutorState, executorDecider } from './executor.decider.ts';

const noPlan = () => {
  throw new Error('executors have no plans');
};
const { given } = deciderSpec<ExecutorState, ExecutorCommand, ExecutorEvent>(
  executorDecider,
  noPlan,
);

const description: ExecutorDescription = {
  name: 'one',
  labels: ['linux'],
  slots: 4,
  capabilities: { drivers: ['process'], isolation: 'none' },
  version: '1',
};
const larger = { ...description, slots: 8 };
const register: ExecutorCommand = { kind: 'register-executor', ...description };
const drain: ExecutorCommand = { kind: 'drain-executor', by: 'anonymous' };
const lose: ExecutorCommand = { kind: 'lose-executor', why: 'silent' };
const registered: ExecutorEvent = { type: 'executor.registered', data: description };
const drained: ExecutorEvent = { type: 'executor.drained', data: { by: 'anonymous' } };
const lost: ExecutorEvent = { type: 'executor.lost', data: { why: 'silent' } };

describe('register-executor', () => {
  it('begins its life', () => given().when(register).thenEvents(registered));
  it('can be repeated', () => given(registered).when(register).thenEvents());
  it('can be repeated while it is drained', () =>
    given(registered, drained).when(register).thenEvents());
  it('takes another description', () =>
    given(registered)
      .when({ kind: 'register-executor', ...larger })
      .thenEvents({ type: 'executor.registered', data: larger }));
  it('is refused once it is lost', () =>
    given(registered, lost).when(register).thenRejected('executor.gone'));
});

describe('drain-executor', () => {
  it('ends its assignments', () => given(registered).when(drain).thenEvents(drained));
  it('can be repeated', () => given(registered, drained).when(drain).thenEvents());
  it('is refused for a lost one', () =>
    given(registered, lost).when(drain).thenRejected('executor.gone'));
  it('is refused for an unknown one', () => given().when(drain).thenRejected('executor.not-found'));
});

describe('lose-executor', () => {
  it('ends its life', () => given(registered).when(lose).thenEvents(lost));
  it('ends a drained one’s life', () => given(registered, drained).when(lose).thenEvents(lost));
  it('happens once', () => given(registered, lost).when(lose).thenEvents());
  it('is refused for an unknown one', () => given().when(lose).thenRejected('executor.not-found'));
});

it('is what its history says', () => {
  const statusOf = (...history: ExecutorEvent[]) =>
    foldHistory(executorDecider, history, noPlan).status;
  expect(statusOf()).toBe('unknown');
  expect(statusOf(registered)).toBe('online');
  expect(statusOf(registered, drained)).toBe('draining');
  expect(statusOf(registered, drained, lost)).toBe('lost');
});
