//! The exact number of rows of each model of the constrained suite, and of the
//! time that counting takes. The models are read from beside the repository.

use std::time::Instant;

use cfgmatrix_cover::{Axis, Clause, Literal, Model, ValueSet, count};
use serde_json::Value;

const ROUNDS: usize = 5;

/// A model of the suite: sizes of axes, and clauses of `[axis, value, "="|"!="]`.
fn model(case: &Value) -> Model {
    let number = |value: &Value| value.as_u64().expect("the suite has whole numbers");
    let list = |value: &Value| value.as_array().expect("the suite has lists").clone();
    let sizes: Vec<u32> = list(&case["axes"])
        .iter()
        .map(|size| number(size) as u32)
        .collect();
    let clauses = list(&case["constraints"]).into_iter().map(|clause| {
        let mut literals: Vec<Literal> = Vec::new();
        for literal in list(&clause) {
            let (axis, value) = (number(&literal[0]) as usize, number(&literal[1]) as u32);
            let own = ValueSet::single(sizes[axis], value);
            let allowed = match literal[2].as_str() {
                Some("=") => own,
                _ => own.complement(sizes[axis]),
            };
            match literals.iter_mut().find(|known| known.axis == axis) {
                Some(known) => known.allowed.unite(&allowed),
                None => literals.push(Literal { axis, allowed }),
            }
        }
        Clause { literals, rule: 0 }
    });
    let clauses = clauses.collect();
    let axes = sizes.iter().map(|&size| Axis::new(size)).collect();
    Model::new(axes, clauses).expect("the suite's models are well formed")
}

fn main() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../shared/cases/covering-cases.json"
    );
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("skipped: needs ../shared/cases/covering-cases.json");
        return;
    };
    let cases: Vec<Value> = serde_json::from_str(&text).expect("the suite is a list of models");
    let constrained = cases.iter().filter(|case| {
        case["strength"] == 2
            && case["constraints"]
                .as_array()
                .is_some_and(|list| !list.is_empty())
    });
    let mut slowest = 0.0f64;
    println!("counting exactly, medians of {ROUNDS}:");
    for case in constrained {
        let model = model(case);
        let mut rows = None;
        let mut times: Vec<f64> = (0..ROUNDS)
            .map(|_| {
                let start = Instant::now();
                rows = Some(count(&model));
                start.elapsed().as_secs_f64() * 1e3
            })
            .collect();
        times.sort_by(f64::total_cmp);
        let median = times[ROUNDS / 2];
        slowest = slowest.max(median);
        let rows = rows.expect("it was counted");
        let rows = rows.map_or_else(|error| error.to_string(), |rows| rows.to_string());
        println!(
            "  {:10} {median:8.2} ms  {rows}",
            case["name"].as_str().unwrap_or_default()
        );
    }
    println!("  slowest: {slowest:.2} ms (aim: 1000)");
}
