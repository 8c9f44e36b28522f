//! Covering arrays of the models of the literature: how many rows, in how much
//! time of one processor. The models, and what others reached, are read from
//! beside the repository. `pict` (in PATH, or named as an argument) is run on
//! the same models in the same run.
//!
//! `cargo bench --bench cover -- [PICT] [--strength3]`

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use cfgmatrix_cover::{
    Axis, Clause, Effort, Literal, Model, Request, TargetSet, ValueSet, check, cover,
};
use serde_json::Value;

struct Case {
    name: String,
    model: Model,
    clauses: Vec<Vec<(usize, u32, bool)>>,
    strength: usize,
    best: usize,
    others: Vec<(&'static str, usize)>,
}

impl Case {
    fn new(case: &Value) -> Self {
        let number = |value: &Value| value.as_u64().expect("the suite has whole numbers");
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let sizes: Vec<u32> = list(&case["axes"])
            .iter()
            .map(|size| number(size) as u32)
            .collect();
        let clauses: Vec<Vec<(usize, u32, bool)>> = list(&case["constraints"])
            .iter()
            .map(|clause| {
                let literals = list(clause);
                let literals = literals.iter().map(|literal| {
                    let equal = literal[2] == "=";
                    (
                        number(&literal[0]) as usize,
                        number(&literal[1]) as u32,
                        equal,
                    )
                });
                literals.collect()
            })
            .collect();
        let as_clause = |literals: &Vec<(usize, u32, bool)>| {
            let mut joined: Vec<Literal> = Vec::new();
            for &(axis, value, equal) in literals {
                let own = ValueSet::single(sizes[axis], value);
                let allowed = if equal {
                    own
                } else {
                    own.complement(sizes[axis])
                };
                match joined.iter_mut().find(|known| known.axis == axis) {
                    Some(known) => known.allowed.unite(&allowed),
                    None => joined.push(Literal { axis, allowed }),
                }
            }
            Clause {
                literals: joined,
                rule: 0,
            }
        };
        let axes = sizes.iter().map(|&size| Axis::new(size)).collect();
        let model = Model::new(axes, clauses.iter().map(as_clause).collect());
        let published = |name: &str| case["published_sizes"][name].as_u64();
        let others = [
            ("PICT", case["pict"].as_u64()),
            ("ACTS", case["acts"].as_u64()),
            ("CASA", published("CASA")),
        ];
        let others = others
            .into_iter()
            .filter_map(|(name, size)| Some((name, size? as usize)));
        Self {
            name: case["name"].as_str().unwrap_or_default().to_owned(),
            model: model.expect("the suite's models are well formed"),
            clauses,
            strength: number(&case["strength"]) as usize,
            best: case["best_known"].as_u64().unwrap_or(0) as usize,
            others: others.collect(),
        }
    }

    fn other(&self, name: &str) -> Option<usize> {
        self.others
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, size)| *size)
    }

    /// Rows and seconds; the rows are checked.
    fn cover(&self, effort: Effort) -> (usize, f64) {
        let targets = vec![TargetSet::all(&self.model, self.strength)];
        let request = Request {
            targets: targets.clone(),
            effort,
            ..Request::default()
        };
        let start = Instant::now();
        let covering = cover(&self.model, &request).expect("the suite's models have rows");
        let seconds = start.elapsed().as_secs_f64();
        let report = check(&self.model, &targets, &covering.rows);
        assert!(report.is_complete(), "{}: {report:?}", self.name);
        (covering.rows.len(), seconds)
    }

    /// The model as PICT reads it.
    fn pict(&self) -> String {
        let mut text = String::new();
        for (number, axis) in self.model.axes().iter().enumerate() {
            let values: Vec<String> = (0..axis.values).map(|value| value.to_string()).collect();
            writeln!(text, "p{number}: {}", values.join(", ")).expect("it is a text");
        }
        for clause in &self.clauses {
            let literals = clause.iter().map(|&(axis, value, equal)| {
                format!("[p{axis}] {} {value}", if equal { "=" } else { "<>" })
            });
            let literals: Vec<String> = literals.collect();
            writeln!(text, "{};", literals.join(" OR ")).expect("it is a text");
        }
        text
    }
}

#[expect(clippy::disallowed_methods, reason = "a bench starts what it measures")]
fn command(program: &Path) -> Command {
    Command::new(program)
}

/// Rows and seconds of PICT, as a whole process.
fn run_pict(program: &Path, directory: &Path, case: &Case) -> (usize, f64) {
    let path = directory.join("model.txt");
    std::fs::write(&path, case.pict()).expect("the directory is writable");
    let start = Instant::now();
    let output = command(program)
        .arg(&path)
        .arg(format!("/o:{}", case.strength))
        .stderr(Stdio::inherit())
        .output();
    let output = output.expect("it starts");
    let seconds = start.elapsed().as_secs_f64();
    assert!(output.status.success(), "pict fails on {}", case.name);
    let lines = output.stdout.iter().filter(|&&byte| byte == b'\n').count();
    (lines - 1, seconds)
}

#[expect(
    clippy::disallowed_methods,
    reason = "a peer is looked for where the user's shell would"
)]
fn find_pict(arguments: &[String]) -> Option<PathBuf> {
    let named = arguments
        .iter()
        .find(|argument| !argument.starts_with("--"));
    if let Some(named) = named {
        return Some(PathBuf::from(named));
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|directory| directory.join("pict"))
        .find(|candidate| candidate.is_file())
}

/// One line a model, and the sums.
fn table(title: &str, cases: &[&Case], effort: Effort) -> (usize, f64) {
    println!("{title}");
    let (mut sum, mut seconds, mut equal, mut above) = (0, 0.0, 0, 0);
    for case in cases {
        let (rows, time) = case.cover(effort);
        let worse: Vec<&str> = case
            .others
            .iter()
            .filter(|(_, size)| rows > *size)
            .map(|(name, _)| *name)
            .collect();
        let others: Vec<String> = case
            .others
            .iter()
            .map(|(name, size)| format!("{name} {size}"))
            .collect();
        println!(
            "  {:20} {rows:4}  best known {:4}  {:36} {time:7.3} s  {}",
            case.name,
            case.best,
            others.join("  "),
            if worse.is_empty() {
                String::new()
            } else {
                format!("more than {}", worse.join(", "))
            }
        );
        sum += rows;
        seconds += time;
        equal += usize::from(rows <= case.best);
        above += usize::from(!worse.is_empty());
    }
    let best: usize = cases.iter().map(|case| case.best).sum();
    println!(
        "  sum {sum} (best known {best}), equal to best known on {equal} of {}, above one of the others on {above}; {seconds:.2} s",
        cases.len()
    );
    (sum, seconds)
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
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench")
        .collect();
    let cases: Vec<Value> = serde_json::from_str(&text).expect("the suite is a list of models");
    let cases: Vec<Case> = cases.iter().map(Case::new).collect();
    let pairs = |constrained: bool| -> Vec<&Case> {
        let cases = cases.iter().filter(|case| case.strength == 2);
        cases
            .filter(|case| case.clauses.is_empty() != constrained)
            .collect()
    };
    table(
        "constrained pairs, --effort best (aim: sum below 1075, equal on 20)",
        &pairs(true),
        Effort::Best,
    );
    let (_, fast) = table(
        "constrained pairs, --effort fast (aim: sum 1450, less time than PICT)",
        &pairs(true),
        Effort::Fast,
    );
    match find_pict(&arguments) {
        Some(program) => {
            let directory = tempfile::tempdir().expect("a temporary directory");
            let runs = pairs(true);
            let runs = runs.iter().map(|case| {
                let (rows, seconds) = run_pict(&program, directory.path(), case);
                let known = case.other("PICT");
                if known.is_some_and(|known| known != rows) {
                    println!("  {}: PICT here {rows}, recorded {known:?}", case.name);
                }
                (rows, seconds)
            });
            let (rows, seconds) = runs.fold((0, 0.0), |(rows, time), (more, longer)| {
                (rows + more, time + longer)
            });
            println!(
                "  PICT in this run: sum {rows}, {seconds:.2} s; fast takes {:.2} of it",
                fast / seconds
            );
        }
        None => println!("  skipped: needs pict"),
    }
    table(
        "pairs without constraints, --effort best",
        &pairs(false),
        Effort::Best,
    );
    if arguments.iter().any(|argument| argument == "--strength3") {
        let triples: Vec<&Case> = cases.iter().filter(|case| case.strength == 3).collect();
        table("constrained triples, --effort best", &triples, Effort::Best);
    }
}
