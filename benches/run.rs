//! Running variants, against `xargs -P2` that starts the same commands in the same
//! environments and directories: sixteen of them, and a thousand.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

const ROUNDS: usize = 9;

#[expect(clippy::disallowed_methods, reason = "a bench starts what it measures")]
fn command(program: &str) -> Command {
    Command::new(program)
}

/// A matrix of so many values on each of its axes.
fn matrix(sizes: &[usize]) -> String {
    let mut text = "schema = 1\nname = \"bench\"\n[axes]\n".to_owned();
    for (axis, &size) in sizes.iter().enumerate() {
        let values: Vec<String> = (0..size).map(|value| format!("\"v{value}\"")).collect();
        writeln!(text, "axis{axis} = [{}]", values.join(", ")).expect("it is a text");
    }
    text
}

/// Seconds that a command takes; it must end well.
fn time(command: &mut Command) -> f64 {
    let start = Instant::now();
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(status.expect("it starts").success());
    start.elapsed().as_secs_f64()
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

/// The commands that a script would start: what each variant is given, in a
/// directory of its own, its output in a file.
fn script(directory: &Path, count: usize) -> String {
    let line = |number: usize| {
        format!(
            "mkdir -p {number} && cd {number} && CFGMATRIX_VARIANT=v{number} CFGMATRIX_ID=x CFGMATRIX_SOURCE=. CFGMATRIX_BUILD=. /bin/true > log 2>&1\n"
        )
    };
    let lines: String = (0..count).map(line).collect();
    let path = directory.join("lines");
    std::fs::write(&path, lines).expect("the directory is writable");
    format!("xargs -P2 -d '\\n' -n1 sh -c < {}", path.display())
}

fn main() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let program = env!("CARGO_BIN_EXE_cfgmatrix");
    for (sizes, count) in [(vec![4, 4], 16), (vec![10, 10, 10], 1000)] {
        let spec = directory.path().join("m.toml");
        std::fs::write(&spec, matrix(&sizes)).expect("the directory is writable");
        let script = script(directory.path(), count);
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for round in 0..if count > 100 { 3 } else { ROUNDS } {
            let run = format!("run-{count}-{round}");
            ours.push(time(
                command(program)
                    .current_dir(directory.path())
                    .arg("run")
                    .arg(&spec)
                    .args(["-j2", "--directory", &run, "--", "/bin/true"]),
            ));
            let place = directory.path().join(format!("xargs-{count}-{round}"));
            std::fs::create_dir(&place).expect("the directory is writable");
            theirs.push(time(command("sh").current_dir(place).args(["-c", &script])));
        }
        let (ours, theirs) = (median(ours), median(theirs));
        println!(
            "{count} variants of a command that does nothing: {:.1} ms, xargs -P2 {:.1} ms, ratio {:.2}; {:.2} ms a variant more",
            ours * 1e3,
            theirs * 1e3,
            ours / theirs,
            (ours - theirs) * 1e3 / count as f64
        );
    }
}
