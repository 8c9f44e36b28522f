//! What holds for every plan, and the plans of the cases that people have.

use cfgmatrix_core::{Arch, Os, Target, Threading};
use proptest::prelude::*;

use super::{Application, BlasDemand, Demand, Jobs, Plan, PlanError, Prefer};

const LINUX: Target = Target {
    os: Os::Linux,
    arch: Arch::X86_64,
};

/// The variables as the knowledge base has them.
fn blas(library: &str, threading: Threading) -> BlasDemand {
    let variables: &[&str] = match (library, threading) {
        (_, Threading::Sequential) | ("atlas", _) | (_, Threading::Tbb) => &[],
        ("openblas", Threading::Pthread) => &[
            "OPENBLAS_NUM_THREADS",
            "GOTO_NUM_THREADS",
            "OMP_NUM_THREADS",
        ],
        ("openblas", _) => &["OMP_NUM_THREADS"],
        ("blis", _) => &["BLIS_NUM_THREADS", "OMP_NUM_THREADS"],
        _ => &["MKL_NUM_THREADS", "OMP_NUM_THREADS"],
    };
    BlasDemand {
        library: library.to_owned(),
        threading,
        variables: variables.iter().map(|&name| name.to_owned()).collect(),
    }
}

/// One OpenMP job on `cores` cores without SMT.
fn demand(cores: usize) -> Demand {
    Demand {
        logical: cores,
        physical: Some(cores),
        smt: false,
        whole_machine: true,
        jobs: Jobs::Wanted(1),
        ranks: 1,
        application: Application::Openmp,
        blas: None,
        prefer: Prefer::Balanced,
    }
}

fn with(cores: usize, library: &str, threading: Threading, prefer: Prefer) -> Plan {
    let demand = Demand {
        blas: Some(blas(library, threading)),
        prefer,
        ..demand(cores)
    };
    Plan::new(&demand).unwrap()
}

fn layers(plan: &Plan) -> (usize, usize, usize) {
    (plan.application, plan.blas, plan.blas_alone)
}

/// `NAME=VALUE` for each variable but those of binding.
fn environment(plan: &Plan) -> Vec<String> {
    let variables = plan.variables(LINUX).into_iter();
    let counts = variables.filter(|variable| !variable.name.contains("P_P"));
    counts
        .map(|variable| format!("{}={}", variable.name, variable.value))
        .collect()
}

fn is_bound(plan: &Plan) -> bool {
    let variables = plan.variables(LINUX);
    variables
        .iter()
        .any(|variable| variable.name == "OMP_PROC_BIND")
}

fn says(plan: &Plan, text: &str) -> bool {
    plan.reasons.iter().any(|reason| reason.contains(text))
}

#[test]
fn one_big_matrix_is_for_blas_and_many_small_ones_are_for_the_application() {
    let big = with(8, "openblas", Threading::Pthread, Prefer::Blas);
    assert_eq!(layers(&big), (1, 8, 8));
    assert_eq!(
        environment(&big),
        [
            "OMP_MAX_ACTIVE_LEVELS=1",
            "OMP_NUM_THREADS=1",
            "OPENBLAS_NUM_THREADS=8"
        ]
    );
    let small = with(8, "openblas", Threading::Pthread, Prefer::Application);
    assert_eq!(layers(&small), (8, 1, 1));
    assert_eq!(
        environment(&small),
        [
            "OMP_MAX_ACTIVE_LEVELS=1",
            "OMP_NUM_THREADS=8",
            "OPENBLAS_NUM_THREADS=1"
        ]
    );
}

#[test]
fn two_pools_are_multiplied_and_never_above_the_cores() {
    let both = with(8, "openblas", Threading::Pthread, Prefer::Balanced);
    assert_eq!((layers(&both), both.total), ((4, 2, 2), 8));
    assert!(says(&both, "multiplied, 4 × 2"), "{both:?}");
}

#[test]
fn one_pool_takes_turns() {
    let openblas = with(4, "openblas", Threading::Openmp, Prefer::Balanced);
    assert_eq!((layers(&openblas), openblas.total), ((4, 1, 4), 4));
    assert_eq!(
        environment(&openblas),
        ["OMP_MAX_ACTIVE_LEVELS=1", "OMP_NUM_THREADS=4,1"]
    );
    // There is no second variable, so that the preference can change nothing.
    let preferred = with(4, "openblas", Threading::Openmp, Prefer::Blas);
    assert_eq!(environment(&preferred), environment(&openblas));
    assert!(says(
        &preferred,
        "--prefer blas changes nothing for openblas openmp"
    ));
    let mkl = with(4, "mkl", Threading::Openmp, Prefer::Blas);
    assert_eq!(
        environment(&mkl),
        [
            "MKL_NUM_THREADS=4",
            "OMP_MAX_ACTIVE_LEVELS=1",
            "OMP_NUM_THREADS=1"
        ]
    );
    let blis = with(4, "blis", Threading::Openmp, Prefer::Application);
    assert_eq!(
        environment(&blis),
        [
            "BLIS_NUM_THREADS=1",
            "OMP_MAX_ACTIVE_LEVELS=1",
            "OMP_NUM_THREADS=4,1"
        ]
    );
}

#[test]
fn windows_gets_no_list() {
    let plan = with(4, "mkl", Threading::Openmp, Prefer::Balanced);
    let windows = Target {
        os: Os::Windows,
        ..LINUX
    };
    let variables = plan.variables(windows);
    let threads = variables.iter().find(|one| one.name == "OMP_NUM_THREADS");
    assert_eq!(threads.unwrap().value, "4");
}

#[test]
fn a_sequential_application_leaves_the_threads_to_blas() {
    let demand = Demand {
        application: Application::Sequential,
        blas: Some(blas("openblas", Threading::Openmp)),
        ..demand(4)
    };
    let plan = Plan::new(&demand).unwrap();
    assert_eq!(layers(&plan), (1, 4, 4));
    assert_eq!(
        environment(&plan),
        ["OMP_MAX_ACTIVE_LEVELS=1", "OMP_NUM_THREADS=4"]
    );
    let small = Plan::new(&Demand {
        prefer: Prefer::Application,
        ..demand
    })
    .unwrap();
    assert_eq!(layers(&small), (1, 1, 1));
    assert!(says(&small, "--prefer blas gives it 4"), "{small:?}");
    assert!(says(&small, "3 cores are left over"), "{small:?}");
}

#[test]
fn sequential_blas_has_one_thread_and_says_so_to_who_prefers_it() {
    let plan = with(4, "netlib", Threading::Sequential, Prefer::Blas);
    assert_eq!(layers(&plan), (4, 1, 1));
    assert!(says(&plan, "netlib sequential has one thread"), "{plan:?}");
}

#[test]
fn threads_that_no_variable_sets_are_a_warning() {
    for (library, threading) in [("atlas", Threading::Pthread), ("mkl", Threading::Tbb)] {
        let plan = with(4, library, threading, Prefer::Balanced);
        assert_eq!((layers(&plan), plan.held), ((1, 4, 4), false));
        assert!(
            plan.warnings[0].contains("no variable is known"),
            "{plan:?}"
        );
        assert!(!is_bound(&plan), "{plan:?}");
    }
}

#[test]
fn one_thread_to_a_core_unless_smt_is_asked_for() {
    let smt = Demand {
        logical: 8,
        ..demand(4)
    };
    let plan = Plan::new(&smt).unwrap();
    assert_eq!((plan.application, plan.cores), (4, 4));
    assert!(says(&plan, "--smt uses both"), "{plan:?}");
    let plan = Plan::new(&Demand { smt: true, ..smt }).unwrap();
    assert_eq!((plan.application, plan.cores), (8, 8));
    let unknown = Demand {
        physical: None,
        ..demand(4)
    };
    let plan = Plan::new(&unknown).unwrap();
    assert_eq!(plan.cores, 4);
    assert!(says(&plan, "is not known"), "{plan:?}");
}

#[test]
fn jobs_and_ranks_share_and_what_is_left_is_said() {
    let shared = Demand {
        jobs: Jobs::Wanted(2),
        ranks: 2,
        ..demand(9)
    };
    let plan = Plan::new(&shared).unwrap();
    assert_eq!((plan.application, plan.total), (2, 8));
    assert!(
        says(&plan, "1 core is left over: 9 is not a multiple of 4"),
        "{plan:?}"
    );
    assert!(says(&plan, "must give each rank 2 cores"), "{plan:?}");
    let many = Demand {
        jobs: Jobs::Wanted(100),
        ..demand(4)
    };
    let plan = Plan::new(&many).unwrap();
    assert_eq!((plan.jobs, plan.application), (4, 1));
    assert!(says(&plan, "4 jobs at a time, not 100"), "{plan:?}");
}

#[test]
fn jobs_without_threads_fill_the_machine() {
    let sequential = Demand {
        application: Application::Sequential,
        jobs: Jobs::Automatic { at_most: 16 },
        ..demand(4)
    };
    assert_eq!(Plan::new(&sequential).unwrap().jobs, 4);
    let few = Demand {
        jobs: Jobs::Automatic { at_most: 3 },
        ..sequential.clone()
    };
    let plan = Plan::new(&few).unwrap();
    assert_eq!(plan.jobs, 3);
    assert!(says(&plan, "1 core is left over"), "{plan:?}");
    let threaded = Demand {
        application: Application::Openmp,
        ..sequential
    };
    let plan = Plan::new(&threaded).unwrap();
    assert_eq!((plan.jobs, plan.application), (1, 4));
}

#[test]
fn only_a_job_that_has_the_machine_for_itself_is_bound() {
    let alone = demand(4);
    assert!(is_bound(&Plan::new(&alone).unwrap()));
    for shared in [
        Demand {
            jobs: Jobs::Wanted(2),
            ..alone.clone()
        },
        Demand {
            ranks: 2,
            ..alone.clone()
        },
        Demand {
            whole_machine: false,
            ..alone.clone()
        },
        Demand {
            application: Application::Sequential,
            ..alone.clone()
        },
        // Its own threads would inherit the one core of the thread that starts them.
        Demand {
            blas: Some(blas("openblas", Threading::Pthread)),
            prefer: Prefer::Blas,
            ..alone
        },
    ] {
        let plan = Plan::new(&shared).unwrap();
        assert!(!is_bound(&plan), "{plan:?}");
    }
}

#[test]
fn what_cannot_be_planned_is_refused() {
    let smt = Demand {
        logical: 4,
        ranks: 4,
        ..demand(2)
    };
    let error = Plan::new(&smt).unwrap_err();
    assert_eq!(
        error.to_string(),
        "4 MPI ranks do not fit on 2 cores: each rank needs one of its own"
    );
    assert_eq!(
        error.hint().unwrap(),
        "`--smt` uses all 4 logical CPUs, two threads to a core"
    );
    let error = Plan::new(&Demand { ranks: 5, ..smt }).unwrap_err();
    assert_eq!(error.hint().unwrap(), "at most `--ranks 2` fits here");
    for (nothing, what) in [
        (
            Demand {
                logical: 0,
                ..demand(1)
            },
            "core",
        ),
        (
            Demand {
                jobs: Jobs::Wanted(0),
                ..demand(1)
            },
            "job",
        ),
        (
            Demand {
                ranks: 0,
                ..demand(1)
            },
            "rank",
        ),
    ] {
        assert_eq!(Plan::new(&nothing), Err(PlanError::None { what }));
    }
}

fn demands() -> impl Strategy<Value = Demand> {
    let library = prop::sample::select(&["openblas", "blis", "mkl", "atlas"][..]);
    let threading = prop::sample::select(
        &[
            Threading::Sequential,
            Threading::Openmp,
            Threading::Pthread,
            Threading::Tbb,
        ][..],
    );
    let library = (library, threading).prop_map(|(library, threading)| blas(library, threading));
    let jobs = prop_oneof![
        (1usize..40).prop_map(Jobs::Wanted),
        (1usize..40).prop_map(|at_most| Jobs::Automatic { at_most }),
    ];
    let application = prop::sample::select(
        &[
            Application::Openmp,
            Application::Sequential,
            Application::Unknown,
        ][..],
    );
    let prefer = prop::sample::select(&[Prefer::Application, Prefer::Blas, Prefer::Balanced][..]);
    let cores = (
        1usize..300,
        prop::option::of(1usize..300),
        any::<[bool; 2]>(),
    );
    (
        cores,
        jobs,
        1usize..20,
        application,
        prop::option::of(library),
        prefer,
    )
        .prop_map(
            |(
                (logical, physical, [smt, whole_machine]),
                jobs,
                ranks,
                application,
                blas,
                prefer,
            )| {
                Demand {
                    logical,
                    physical: physical.map(|physical| physical.min(logical)),
                    smt,
                    whole_machine,
                    jobs,
                    ranks,
                    application,
                    blas,
                    prefer,
                }
            },
        )
}

#[test]
fn what_may_run_together_has_one_number_of_jobs() {
    let sequential = Demand {
        application: Application::Sequential,
        jobs: Jobs::Automatic { at_most: 16 },
        ..demand(4)
    };
    let threaded = Demand {
        application: Application::Openmp,
        ..sequential.clone()
    };
    let plans = Plan::for_all(&[sequential.clone(), threaded]).unwrap();
    assert_eq!(
        plans.iter().map(|plan| plan.jobs).collect::<Vec<_>>(),
        [1, 1]
    );
    assert!(says(&plans[0], "though 4 would fit"), "{plans:?}");
    assert_eq!(Plan::for_all(&[sequential]).unwrap()[0].jobs, 4);
    assert_eq!(Plan::for_all(&[]), Ok(Vec::new()));
}

/// The product of a list of thread counts, as a program would nest them.
fn product(value: &str) -> usize {
    value
        .split(',')
        .map(|count| count.parse::<usize>().unwrap())
        .product()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn no_plan_has_more_threads_than_cores(demand in demands()) {
        let Ok(plan) = Plan::new(&demand) else {
            prop_assert!(demand.ranks > demand.physical.unwrap_or(demand.logical).min(demand.logical));
            return Ok(());
        };
        let room = match demand.physical {
            Some(physical) if !demand.smt => physical,
            _ => demand.logical,
        };
        prop_assert_eq!(plan.cores, room);
        let counts = [plan.jobs, plan.ranks, plan.application, plan.blas, plan.blas_alone];
        prop_assert!(counts.into_iter().all(|count| count >= 1), "{plan:?}");
        let nested = plan.application * plan.blas;
        prop_assert_eq!(plan.total, plan.jobs * plan.ranks * nested.max(plan.blas_alone));
        prop_assert!(plan.total <= room, "{plan:?}");
        prop_assert!(
            plan.total == room || plan.reasons.iter().any(|reason| reason.contains("left over")),
            "{plan:?}"
        );
        let unthreaded = demand.blas.is_none_or(|blas| blas.threading == Threading::Sequential);
        prop_assert!(!unthreaded || (plan.blas, plan.blas_alone) == (1, 1), "{plan:?}");
    }

    #[test]
    fn any_jobs_together_have_no_more_threads_than_cores(
        demands in prop::collection::vec(demands(), 1..6),
        logical in 1usize..300,
    ) {
        let demands: Vec<Demand> = demands
            .into_iter()
            .map(|demand| Demand { logical, physical: None, ..demand })
            .collect();
        let Ok(plans) = Plan::for_all(&demands) else { return Ok(()) };
        let jobs = plans[0].jobs;
        prop_assert!(plans.iter().all(|plan| plan.jobs == jobs));
        // The worst that can happen: all jobs at a time are those with the most threads.
        let most = plans.iter().map(|plan| plan.total / plan.jobs).max();
        prop_assert!(jobs * most.unwrap() <= logical, "{plans:?}");
    }

    #[test]
    fn what_the_variables_say_together_is_no_more(demand in demands()) {
        let Ok(plan) = Plan::new(&demand) else { return Ok(()) };
        let variables = plan.variables(LINUX);
        let mut names: Vec<&str> = variables.iter().map(|one| one.name.as_str()).collect();
        let count = names.len();
        names.dedup();
        prop_assert_eq!(names.len(), count, "a variable comes twice");
        let value = |name: &str| variables.iter().find(|one| one.name == name);
        let openmp = product(&value("OMP_NUM_THREADS").expect("it is always set").value);
        let own = variables.iter().find(|one| {
            one.name.ends_with("_NUM_THREADS") && !one.name.starts_with("OMP_")
        });
        let own = own.map_or(1, |own| product(&own.value));
        // With one active level, threads of one OpenMP pool are not multiplied.
        let one_pool = demand.blas.as_ref().is_some_and(|blas| blas.threading == Threading::Openmp);
        let most = if one_pool {
            prop_assert_eq!(value("OMP_MAX_ACTIVE_LEVELS").map(|one| one.value.as_str()), Some("1"));
            openmp.max(own)
        } else {
            openmp * own
        };
        prop_assert!(plan.jobs * plan.ranks * most <= plan.cores, "{plan:?} {variables:?}");
    }
}
