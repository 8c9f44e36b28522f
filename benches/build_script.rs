//! What a build script pays for depending on the library: how many crates, and
//! how long a clean release build of them takes, against a build script that
//! depends on `cc` alone.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

#[expect(clippy::disallowed_methods, reason = "a bench starts what it measures")]
fn cargo(directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(directory).stderr(Stdio::null());
    command
}

fn package(directory: &Path, dependency: &str) {
    let manifest = format!(
        "[workspace]\n[package]\nname = \"measured\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[build-dependencies]\n{dependency}\n"
    );
    std::fs::create_dir_all(directory.join("src")).expect("the directory is writable");
    std::fs::write(directory.join("Cargo.toml"), manifest).expect("the directory is writable");
    std::fs::write(directory.join("build.rs"), "fn main() {}\n")
        .expect("the directory is writable");
    std::fs::write(directory.join("src").join("lib.rs"), "").expect("the directory is writable");
}

fn crates(directory: &Path) -> usize {
    let output = cargo(directory)
        .args(["tree", "-e", "normal,build", "--prefix", "none"])
        .output()
        .expect("cargo starts");
    let text = String::from_utf8(output.stdout).expect("cargo writes UTF-8");
    let all: BTreeSet<&str> = text
        .lines()
        .filter_map(|line| line.split(' ').next())
        .filter(|name| *name != "measured")
        .collect();
    all.len()
}

/// Seconds for a clean release build, the median of three.
fn clean_build(directory: &Path) -> f64 {
    let mut times: Vec<f64> = (0..3)
        .map(|_| {
            let _ = std::fs::remove_dir_all(directory.join("target"));
            let start = Instant::now();
            let mut build = cargo(directory);
            build
                .args(["build", "--release"])
                .env("CARGO_TARGET_DIR", directory.join("target"));
            assert!(build.status().expect("cargo starts").success());
            start.elapsed().as_secs_f64()
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[1]
}

fn main() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let (own, floor) = (directory.path().join("own"), directory.path().join("floor"));
    package(
        &own,
        &format!(
            "cfgmatrix = {{ path = {:?}, default-features = false }}\ncc = \"1.11\"",
            env!("CARGO_MANIFEST_DIR")
        ),
    );
    package(&floor, "cc = \"1.11\"");
    let (own_crates, floor_crates) = (crates(&own), crates(&floor));
    let (own_time, floor_time) = (clean_build(&own), clean_build(&floor));
    println!("a build script's dependencies:");
    println!(
        "  cfgmatrix {own_crates} crates (aim: at most 45), clean release build {own_time:.1} s (aim: at most 25 on two cores)"
    );
    println!(
        "  cc alone {floor_crates} crates, {floor_time:.1} s   ratio {:.1}",
        own_time / floor_time
    );
}
