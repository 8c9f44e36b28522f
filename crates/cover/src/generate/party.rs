//! Several walks at a time, so that threads have something to share.

use super::random::Random;
use super::shrink::Walk;
use super::space::Space;

/// How many walks there are, whatever the number of threads.
const WALKS: usize = 4;

/// How often walks meet to go on from what the best of them found.
const MEETINGS: u64 = 8;

/// The smallest array found in some elementary steps.
///
/// First one walk goes on as long as it finds something. Then several go on from
/// there, and meet at times. The result depends on neither the threads nor on
/// which of them is first.
pub(super) fn fewer_rows(
    space: &Space,
    rows: Vec<Vec<u32>>,
    given: &[Vec<u32>],
    steps: u64,
    enough: usize,
    seed: u64,
    threads: usize,
) -> Vec<Vec<u32>> {
    let mut random = Random::new(seed);
    let mut walk = Walk::new(space, rows, given, random.next());
    walk.run(steps, enough, steps / 10);
    let left = steps.saturating_sub(walk.work());
    if left == 0 || walk.best().len() <= enough.max(given.len()) {
        return walk.best().to_vec();
    }
    let mut walks = vec![walk; WALKS];
    for meeting in 0..MEETINGS {
        if meeting > 0 {
            meet(&mut walks);
        }
        for walk in &mut walks {
            walk.turn(random.next());
        }
        let share = left / (WALKS as u64 * MEETINGS);
        run_all(&mut walks, share, enough, threads);
        let fewest = walks.iter().map(|walk| walk.best().len()).min();
        if fewest.is_some_and(|fewest| fewest <= enough.max(given.len())) {
            break;
        }
    }
    meet(&mut walks);
    walks[0].best().to_vec()
}

/// All walks that have more rows than another go on from there.
fn meet(walks: &mut [Walk<'_>]) {
    let fewest = (0..walks.len())
        .min_by_key(|&walk| walks[walk].best().len())
        .expect("there are walks");
    for walk in 0..walks.len() {
        if walks[walk].best().len() > walks[fewest].best().len() {
            walks[walk] = walks[fewest].clone();
        }
    }
}

fn run_all(walks: &mut [Walk<'_>], steps: u64, enough: usize, threads: usize) {
    let share = walks.len().div_ceil(threads.clamp(1, walks.len()));
    if share == walks.len() {
        for walk in walks {
            walk.run(steps, enough, u64::MAX);
        }
        return;
    }
    std::thread::scope(|scope| {
        for share in walks.chunks_mut(share) {
            scope.spawn(move || {
                for walk in share {
                    walk.run(steps, enough, u64::MAX);
                }
            });
        }
    });
}
