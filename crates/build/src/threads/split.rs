//! What one rank's cores are for: the application's threads, or those of BLAS.

use cfgmatrix_core::Threading;

use super::demand::{Application, BlasDemand, Demand, Prefer};
use super::plan::counted;

/// Threads of one rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layers {
    pub(super) application: usize,
    /// Of a call from one of the application's threads.
    pub(super) blas: usize,
    /// Of a call while the application has no other thread at work.
    pub(super) blas_alone: usize,
}

impl Layers {
    fn application(threads: usize) -> Self {
        Self {
            application: threads,
            blas: 1,
            blas_alone: 1,
        }
    }

    fn blas(threads: usize) -> Self {
        Self {
            application: 1,
            blas: threads,
            blas_alone: threads,
        }
    }
}

/// Divides the cores that one rank has.
pub(super) fn layers(demand: &Demand, share: usize, reasons: &mut Vec<String>) -> Layers {
    let threaded = demand.blas.as_ref().filter(|blas| blas.is_threaded());
    if demand.application == Application::Unknown && share > 1 {
        reasons.push(
            "whether the application uses OpenMP is not known: planned as if it did".to_owned(),
        );
    }
    match (demand.application.may_be_threaded(), threaded) {
        (true, None) => {
            if demand.prefer == Prefer::Blas && share > 1 {
                let blas = demand.blas.as_ref();
                let blas = blas.map_or_else(
                    || "there is no BLAS".to_owned(),
                    |blas| format!("{} has one thread", blas.title()),
                );
                reasons.push(format!("the application has the threads: {blas}"));
            }
            Layers::application(share)
        }
        (false, None) => Layers::application(1),
        (_, Some(blas)) if !blas.can_be_held() => Layers::blas(share),
        (false, Some(blas)) => sequential_application(demand, blas, share, reasons),
        (true, Some(blas)) if blas.threading == Threading::Openmp => {
            one_pool(demand, blas, share, reasons)
        }
        (true, Some(blas)) => two_pools(demand, blas, share, reasons),
    }
}

/// The application has one thread, BLAS may have more.
fn sequential_application(
    demand: &Demand,
    blas: &BlasDemand,
    share: usize,
    reasons: &mut Vec<String>,
) -> Layers {
    if demand.prefer != Prefer::Application {
        return Layers::blas(share);
    }
    if share > 1 {
        reasons.push(format!(
            "{}: one thread, as for small matrices, where more cost more than they bring \
             (--prefer blas gives it {share})",
            blas.title()
        ));
    }
    Layers::application(1)
}

/// Application and BLAS are threads of OpenMP. Two nested levels of them are far
/// slower than one (32 times with BLIS, 55 times with MKL, measured on small
/// matrices), so that they take turns instead of being multiplied.
fn one_pool(demand: &Demand, blas: &BlasDemand, share: usize, reasons: &mut Vec<String>) -> Layers {
    let own = blas.own_variable();
    let turns = Layers {
        application: share,
        blas: 1,
        blas_alone: share,
    };
    if share == 1 {
        return turns;
    }
    let threads = counted(share, "thread");
    let together = format!(
        "application and BLAS both run in OpenMP threads: a call has one thread in a parallel \
         region, {threads} outside of one; the two take turns and are never multiplied"
    );
    match (demand.prefer, own) {
        (Prefer::Balanced, _) => {
            reasons.push(together);
            turns
        }
        (Prefer::Application, Some(_)) => Layers::application(share),
        (Prefer::Blas, Some(_)) => Layers::blas(share),
        (preferred, None) => {
            reasons.push(together);
            reasons.push(format!(
                "--prefer {} changes nothing for {}: OMP_NUM_THREADS is the one variable for both",
                preferred.as_str(),
                blas.title()
            ));
            turns
        }
    }
}

/// The application is threads of OpenMP, BLAS has threads of its own.
fn two_pools(
    demand: &Demand,
    blas: &BlasDemand,
    share: usize,
    reasons: &mut Vec<String>,
) -> Layers {
    match demand.prefer {
        Prefer::Application => Layers::application(share),
        Prefer::Blas => Layers::blas(share),
        Prefer::Balanced => {
            let (application, threads) = even_split(share);
            if share > 1 {
                reasons.push(format!(
                    "{} has threads of its own beside those of OpenMP: they are multiplied, {application} × {threads}",
                    blas.title()
                ));
            }
            Layers {
                application,
                blas: threads,
                blas_alone: threads,
            }
        }
    }
}

/// Two numbers as near to each other as can be whose product is at most `share`
/// and at least four fifths of it; the first is the larger.
fn even_split(share: usize) -> (usize, usize) {
    let root = share.isqrt();
    let pairs = (1..=root).rev().map(|small| (share / small, small));
    let mut good = pairs.filter(|(large, small)| 5 * large * small >= 4 * share);
    good.next().unwrap_or((share, 1))
}

#[cfg(test)]
mod tests {
    use super::even_split;

    #[test]
    fn a_split_is_even_and_wastes_at_most_a_fifth() {
        let splits: Vec<_> = [1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 64, 97]
            .map(even_split)
            .into();
        assert_eq!(
            splits,
            [
                (1, 1),
                (2, 1),
                (3, 1),
                (2, 2),
                (2, 2),
                (3, 2),
                (3, 2),
                (4, 2),
                (3, 3),
                (4, 3),
                (8, 8),
                (10, 9)
            ]
        );
        for share in 1..2000 {
            let (large, small) = even_split(share);
            let used = large * small;
            assert!(
                large >= small && used <= share && 5 * used >= 4 * share,
                "{share}: {large} × {small}"
            );
        }
    }
}
