//! Resolving questions once the knowledge base is loaded: 100,000 of family,
//! version and feature set, against the floor of copying out the same tokens.

use std::time::Instant;

use cfgmatrix::core::{CompilerSpec, Language, Version, Want};

const QUESTIONS: usize = 100_000;

fn main() {
    let known = cfgmatrix::knowledge_base(&[]).expect("the embedded documents load");
    let sets: Vec<Vec<Want>> = [
        &["openmp", "opt.3", "ndebug"][..],
        &["openmp", "debug", "opt.0"],
        &["pic", "warn.all", "opt.2", "debug"],
        &["std.c11", "openmp", "opt.3", "lto"],
        &["hardening", "opt.2", "hidden-visibility"],
    ]
    .iter()
    .map(|set| set.iter().map(|feature| Want::new(feature)).collect())
    .collect();
    let families = [
        "gcc",
        "clang",
        "intel-classic",
        "intel-llvm",
        "nvhpc",
        "xl",
        "msvc",
        "aocc",
    ];
    let toolchains: Vec<_> = families
        .iter()
        .flat_map(|family| {
            (1..25).map(move |major| CompilerSpec {
                family: (*family).to_owned(),
                version: Some(Version::new([major, 1])),
            })
        })
        .map(|spec| {
            known
                .toolchain(&spec, None, &[])
                .expect("the family is known")
        })
        .collect();
    let ask = |number: usize| {
        let toolchain = &toolchains[number % toolchains.len()];
        known
            .resolve(toolchain, Language::C, &sets[number % sets.len()])
            .expect("the features go together")
    };
    // Loads every family before the clock starts.
    (0..toolchains.len() * sets.len()).for_each(|number| drop(ask(number)));

    let mut medians = Vec::new();
    let mut tokens = 0usize;
    for _ in 0..9 {
        let start = Instant::now();
        for number in 0..QUESTIONS {
            tokens += ask(number)
                .iter()
                .map(|answer| answer.compile().count())
                .sum::<usize>();
        }
        medians.push(start.elapsed().as_secs_f64() * 1e6 / QUESTIONS as f64);
    }
    let copies: Vec<Vec<String>> = (0..toolchains.len())
        .map(|number| {
            ask(number)
                .iter()
                .flat_map(|answer| answer.compile().map(Into::into))
                .collect()
        })
        .collect();
    let mut floors = Vec::new();
    for _ in 0..9 {
        let start = Instant::now();
        for number in 0..QUESTIONS {
            tokens += std::hint::black_box(copies[number % copies.len()].clone()).len();
        }
        floors.push(start.elapsed().as_secs_f64() * 1e6 / QUESTIONS as f64);
    }
    medians.sort_by(f64::total_cmp);
    floors.sort_by(f64::total_cmp);
    println!("resolve, {QUESTIONS} questions, medians of 9 ({tokens} tokens seen):");
    println!(
        "  {:.2} µs a question (aim: 2)   copying the tokens alone: {:.2} µs   ratio {:.1}",
        medians[4],
        floors[4],
        medians[4] / floors[4]
    );
}
