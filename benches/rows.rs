//! A million rows of eight axes as JSON lines, against Python's `itertools` and
//! `json`, in one run; and the most memory that it takes.

use std::io::Read as _;
use std::process::{Command, Stdio};
use std::time::Instant;

const ROUNDS: usize = 7;
const PEER: &str = "
import itertools, json, sys
names = [f'axis{n}' for n in range(8)]
sizes = [10, 10, 10, 10, 10, 5, 2, 1]
values = [[f'value{v}' for v in range(size)] for size in sizes]
write = sys.stdout.write
for row in itertools.product(*values):
    write(json.dumps(dict(zip(names, row)), separators=(',', ':')) + '\\n')
";

#[expect(clippy::disallowed_methods, reason = "a bench starts what it measures")]
fn command(program: &str) -> Command {
    Command::new(program)
}

fn matrix() -> String {
    let sizes = [10, 10, 10, 10, 10, 5, 2, 1];
    let axes = sizes.iter().enumerate().map(|(axis, &size)| {
        let values: Vec<String> = (0..size).map(|value| format!("\"value{value}\"")).collect();
        format!("axis{axis} = [{}]\n", values.join(", "))
    });
    format!(
        "schema = 1\nname = \"million\"\n[axes]\n{}",
        axes.collect::<String>()
    )
}

/// Seconds until everything was read, and how many bytes that were.
fn time(command: &mut Command) -> (f64, u64) {
    let start = Instant::now();
    let mut child = command.stdout(Stdio::piped()).spawn().expect("it starts");
    let mut stream = child.stdout.take().expect("it is a pipe");
    let mut buffer = vec![0; 1 << 20];
    let mut bytes = 0;
    loop {
        match stream.read(&mut buffer).expect("the pipe is readable") {
            0 => break,
            count => bytes += count as u64,
        }
    }
    assert!(child.wait().expect("it was started").success());
    (start.elapsed().as_secs_f64(), bytes)
}

/// The most memory that a process took, in MB, as GNU time tells.
fn memory(program: &str, arguments: &[&std::ffi::OsStr]) -> Option<f64> {
    let output = command("/usr/bin/time")
        .args(["-f", "%M"])
        .arg(program)
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stderr).ok()?;
    Some(text.trim().parse::<f64>().ok()? / 1024.0)
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn main() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let spec = directory.path().join("million.toml");
    std::fs::write(&spec, matrix()).expect("the directory is writable");
    let own = env!("CARGO_BIN_EXE_cfgmatrix");
    let arguments = [
        "expand".as_ref(),
        "--format".as_ref(),
        "rows".as_ref(),
        spec.as_os_str(),
    ];
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let mut sizes = (0, 0);
    for _ in 0..ROUNDS {
        let (seconds, bytes) = time(command(own).args(arguments));
        ours.push(seconds);
        sizes.0 = bytes;
        let (seconds, bytes) = time(command("python3").args(["-c", PEER]));
        theirs.push(seconds);
        sizes.1 = bytes;
    }
    assert_eq!(sizes.0, sizes.1, "both write the same lines");
    let (ours, theirs) = (median(&mut ours), median(&mut theirs));
    println!(
        "10^6 rows of 8 axes as JSON lines ({} MB), medians of {ROUNDS}:",
        sizes.0 / 1_000_000
    );
    println!(
        "  cfgmatrix {ours:.3} s (aim: 0.2)   python3 {theirs:.2} s   ratio {:.1} (aim: 15)",
        theirs / ours
    );
    match memory(own, &arguments) {
        Some(most) => println!("  most memory: {most:.1} MB (aim: 20)"),
        None => println!("  most memory: skipped: needs GNU time"),
    }
}
