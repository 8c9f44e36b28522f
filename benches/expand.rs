//! `cfgmatrix expand --format json` as a whole process, against the floor
//! (starting `/bin/true`) and against a Python script that writes the same
//! document from `itertools.product`. Interleaved, medians, in one run.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ROUNDS: usize = 101;

#[expect(clippy::disallowed_methods, reason = "a bench starts what it measures")]
fn command(program: &str) -> Command {
    Command::new(program)
}

fn output(command: &mut Command) -> Vec<u8> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .expect("it starts");
    assert!(output.status.success(), "{:?}", output.status);
    output.stdout
}

fn time(command: &mut Command) -> Duration {
    let start = Instant::now();
    let status = command.stdout(Stdio::null()).status().expect("it starts");
    assert!(status.success());
    start.elapsed()
}

fn median(times: &mut [Duration]) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1e3
}

fn main() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let document = directory.path().join("known.json");
    let own = env!("CARGO_BIN_EXE_cfgmatrix");
    let peer = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/product.py");
    let mut expand = command(own);
    expand
        .args(["expand", "--format", "json"])
        .current_dir(&directory);
    let text = output(&mut expand);
    std::fs::write(&document, &text).expect("the directory is writable");
    // The interpreter itself, not a version manager's script that starts it.
    let interpreter = output(command("python3").args(["-c", "import sys; print(sys.executable)"]));
    let interpreter = String::from_utf8(interpreter).expect("a path that is text");
    let mut python = command(interpreter.trim());
    python.arg(peer).arg(&document);
    assert!(
        output(&mut python) == text,
        "the peer writes the same document"
    );
    let mut floor = command("/bin/true");

    let (mut own_times, mut peer_times, mut floor_times) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        floor_times.push(time(&mut floor));
        own_times.push(time(&mut expand));
        peer_times.push(time(&mut python));
    }
    let (own, peer, floor) = (
        median(&mut own_times),
        median(&mut peer_times),
        median(&mut floor_times),
    );
    println!("expand, whole process, medians of {ROUNDS}:");
    println!("  cfgmatrix {own:.2} ms   /bin/true {floor:.2} ms   python3 itertools {peer:.2} ms");
    println!(
        "  above the floor: {:.2} ms (aim: 4)   python3 / cfgmatrix: {:.1} (aim: 4)",
        own - floor,
        peer / own
    );
}
