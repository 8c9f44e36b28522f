//! Which job is begun next, and when there is memory for it.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Between two looks at whether the run is over.
const PAUSE: Duration = Duration::from_millis(50);

/// The jobs of a run that are not done.
#[derive(Debug)]
pub(super) struct Queue {
    /// Bytes that all that runs may have together.
    ceiling: Option<u64>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// By number, in the order in which they are begun.
    waiting: VecDeque<usize>,
    /// In the order in which they were begun.
    running: Vec<Running>,
    /// The most bytes that one job had so far.
    largest: u64,
    /// What was ended may have had tokens of the jobserver, which are lost.
    tokens_lost: bool,
}

#[derive(Debug)]
struct Running {
    number: usize,
    /// Bytes that it has now.
    resident: u64,
    /// It has more than the others leave.
    is_put_back: bool,
}

/// What is to become of a job that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    GoesOn,
    /// It was begun last, and there is not enough for all.
    IsPutBack,
    /// It has more than all may have, which is this.
    IsTooLarge(u64),
}

impl Queue {
    /// Of jobs in the order in which they are begun. `largest` is what one of them
    /// is known to have had before.
    pub(super) fn new(
        waiting: impl IntoIterator<Item = usize>,
        ceiling: Option<u64>,
        largest: u64,
    ) -> Self {
        Self {
            ceiling,
            state: Mutex::new(State {
                waiting: waiting.into_iter().collect(),
                largest,
                ..State::default()
            }),
            changed: Condvar::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next job, once it may begin; nothing when there are no more, or the run
    /// is over. Whoever has it says when it is [`Queue::done`]. `mend` is called
    /// while nothing runs, if tokens may be lost.
    pub(super) fn next(&self, is_over: impl Fn() -> bool, mend: impl Fn()) -> Option<usize> {
        let mut state = self.state();
        loop {
            // What runs may be put back only where there is a ceiling.
            let may_come = self.ceiling.is_some() && !state.running.is_empty();
            if is_over() || (state.waiting.is_empty() && !may_come) {
                return None;
            }
            if state.running.is_empty() && state.tokens_lost {
                mend();
                state.tokens_lost = false;
            }
            if state.has_room(self.ceiling)
                && let Some(number) = state.waiting.pop_front()
            {
                state.running.push(Running {
                    number,
                    resident: 0,
                    is_put_back: false,
                });
                return Some(number);
            }
            let changed = self.changed.wait_timeout(state, PAUSE);
            state = changed.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// A job has ended, or is to be begun again after the others.
    pub(super) fn done(&self, number: usize, again: bool) {
        let mut state = self.state();
        state.running.retain(|running| running.number != number);
        if again {
            state.waiting.push_back(number);
        }
        drop(state);
        self.changed.notify_all();
    }

    /// Whether no job waits to be begun.
    pub(super) fn is_empty(&self) -> bool {
        self.state().waiting.is_empty()
    }

    /// A job has so many bytes now.
    pub(super) fn weigh(&self, number: usize, resident: u64) -> Verdict {
        let mut state = self.state();
        state.largest = state.largest.max(resident);
        if let Some(own) = state.running.iter_mut().find(|own| own.number == number) {
            own.resident = resident;
        }
        let Some(ceiling) = self.ceiling else {
            return Verdict::GoesOn;
        };
        if resident > ceiling {
            return Verdict::IsTooLarge(ceiling);
        }
        // What is on its way out is no reason to end another.
        let staying = state.running.iter().filter(|running| !running.is_put_back);
        let total: u64 = staying.map(|running| running.resident).sum();
        if total > ceiling {
            let mut running = state.running.iter_mut().rev();
            let youngest = running.find(|running| !running.is_put_back);
            youngest.expect("one has memory").is_put_back = true;
        }
        let own = state.running.iter().find(|own| own.number == number);
        if own.is_some_and(|own| own.is_put_back) {
            Verdict::IsPutBack
        } else {
            Verdict::GoesOn
        }
    }

    /// Something was ended that may have had tokens of the jobserver, of which
    /// there are `all` and `available` are free. They are counted, and the lost
    /// ones replaced, when nothing runs; until then nothing is begun.
    pub(super) fn suspect(&self, available: usize, all: usize) {
        let mut state = self.state();
        if available + state.running.len() < all {
            state.tokens_lost = true;
        }
    }
}

impl State {
    /// Whether one more may begin: if nothing else runs, it must.
    fn has_room(&self, ceiling: Option<u64>) -> bool {
        let used: u64 = self.running.iter().map(|running| running.resident).sum();
        // One that has just begun has yet to grow.
        let expected = self.running.iter();
        let expected: u64 = expected
            .map(|running| running.resident.max(self.largest))
            .sum();
        let used = used.max(expected);
        self.running.is_empty()
            || (!self.tokens_lost
                && ceiling.is_none_or(|ceiling| used.saturating_add(self.largest) <= ceiling))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(queue: &Queue) -> Option<usize> {
        queue.next(|| false, || panic!("no token was lost"))
    }

    #[test]
    fn jobs_are_begun_in_their_order_and_once() {
        let queue = Queue::new([3, 1, 2], None, 0);
        assert_eq!([next(&queue), next(&queue)], [Some(3), Some(1)]);
        queue.done(3, false);
        assert!(!queue.is_empty());
        assert_eq!(next(&queue), Some(2));
        assert!(queue.is_empty());
        assert_eq!(next(&queue), None);
        let over = Queue::new([1], None, 0);
        assert_eq!(over.next(|| true, || ()), None);
    }

    #[test]
    fn the_youngest_gives_way_and_comes_back_when_there_is_room() {
        let queue = Queue::new([0, 1], Some(100), 0);
        assert_eq!([next(&queue), next(&queue)], [Some(0), Some(1)]);
        assert_eq!(queue.weigh(0, 60), Verdict::GoesOn);
        assert_eq!(queue.weigh(1, 30), Verdict::GoesOn);
        assert_eq!(queue.weigh(0, 80), Verdict::GoesOn, "the elder goes on");
        assert_eq!(queue.weigh(0, 90), Verdict::GoesOn);
        assert_eq!(queue.weigh(1, 30), Verdict::IsPutBack);
        queue.done(1, true);
        // There is none for it while the other runs.
        let over = std::cell::Cell::new(0);
        let soon = || {
            over.set(over.get() + 1);
            over.get() > 2
        };
        assert_eq!(queue.next(soon, || ()), None);
        queue.done(0, false);
        assert_eq!(next(&queue), Some(1));
        assert_eq!(queue.weigh(1, 101), Verdict::IsTooLarge(100));
    }

    #[test]
    fn what_was_seen_before_counts_from_the_start() {
        let queue = Queue::new([0, 1], Some(100), 60);
        assert_eq!(next(&queue), Some(0));
        let state = queue.state();
        assert!(!state.has_room(queue.ceiling));
        drop(state);
        queue.done(0, false);
        assert_eq!(next(&queue), Some(1));
    }

    #[test]
    fn lost_tokens_are_counted_when_nothing_runs() {
        let queue = Queue::new([0, 1, 2], None, 0);
        assert_eq!([next(&queue), next(&queue)], [Some(0), Some(1)]);
        queue.suspect(0, 2);
        assert_eq!(next_mended(&queue).1, 0, "all have theirs");
        queue.done(1, false);
        queue.done(2, true);
        queue.suspect(0, 3);
        queue.done(0, false);
        assert_eq!(next_mended(&queue), (Some(2), 1));
    }

    fn next_mended(queue: &Queue) -> (Option<usize>, u32) {
        let mended = std::cell::Cell::new(0);
        let next = queue.next(|| false, || mended.set(mended.get() + 1));
        (next, mended.get())
    }
}
