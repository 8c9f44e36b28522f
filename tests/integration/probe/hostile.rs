//! Programs under a compiler's name that hang, crash, write without end or
//! leave files behind.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use super::{Answer, Directory, answer, probe, script, toolchains_in, tools};
use crate::support::{find_program, have, repository};

/// A fixture as the only `gcc`, in a directory whose name no other process has.
struct Hostile {
    bin: Directory,
    /// Where the command is started: nothing may appear there.
    here: Directory,
    /// Where temporary files go: nothing may stay there.
    temporary: Directory,
}

impl Hostile {
    fn new(fixture: &str) -> Self {
        let hostile = Self::empty();
        let from = repository()
            .join("tests")
            .join("support")
            .join("hostile")
            .join(fixture);
        fs::copy(from, hostile.bin.path().join("gcc")).unwrap();
        hostile
    }

    fn empty() -> Self {
        Self {
            bin: Directory::new(),
            here: Directory::new(),
            temporary: Directory::new(),
        }
    }

    /// One second for each process, and a bound for the whole: other tests run beside it.
    fn look(&self) -> Answer {
        let started = Instant::now();
        let mut command = probe([self.bin.path(), tools().to_owned()]);
        command.args(["--only", "compilers", "--languages", "c", "--timeout", "1"]);
        command
            .args(["--features", "openmp"])
            .env("TMPDIR", self.temporary.path())
            .current_dir(self.here.path());
        let found = answer(command.timeout(Duration::from_secs(120)));
        assert!(
            started.elapsed() < Duration::from_secs(60),
            "it took {:?}",
            started.elapsed()
        );
        assert!(
            found.text.len() < 1 << 20,
            "a report of {} bytes",
            found.text.len()
        );
        for directory in [&self.here, &self.temporary] {
            let left: Vec<_> = fs::read_dir(directory.path()).unwrap().collect();
            assert!(left.is_empty(), "{left:?}");
        }
        found
    }

    /// Nothing that it started runs on.
    fn assert_gone(&self) {
        // What was ended is in the list until its parent, or init, has heard of it.
        let until = Instant::now() + Duration::from_secs(10);
        while let Some(command) = running(&self.bin.path()) {
            assert!(Instant::now() < until, "this runs on: {command}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn assert_left_out(&self, found: &Answer, why: &[&str]) {
        assert!(
            toolchains_in(&found.report, &self.bin.path()).is_empty(),
            "{:?}",
            found.report.toolchains
        );
        let gcc = self.bin.path().join("gcc").display().to_string();
        let own: Vec<&String> = found
            .report
            .warnings
            .iter()
            .filter(|warning| warning.contains(&gcc))
            .collect();
        let [warning] = own[..] else {
            panic!("{:?}", found.report.warnings)
        };
        assert!(warning.contains("is left out: "), "{warning}");
        assert!(why.iter().any(|why| warning.contains(why)), "{warning}");
        assert!(
            !warning.contains(char::is_control) && warning.len() < 1000,
            "{warning:?}"
        );
    }
}

/// A process with this text in its command line or its environment.
fn running(marker: &Path) -> Option<String> {
    let marker = marker.display().to_string();
    let processes = fs::read_dir("/proc").ok()?;
    processes.flatten().find_map(|process| {
        process.file_name().to_str()?.parse::<u32>().ok()?;
        let has = |file: &str| {
            let text = fs::read(process.path().join(file)).unwrap_or_default();
            String::from_utf8_lossy(&text).contains(&marker)
        };
        let command = fs::read(process.path().join("cmdline")).unwrap_or_default();
        let command = String::from_utf8_lossy(&command).replace('\0', " ");
        (has("cmdline") || has("environ")).then_some(command)
    })
}

fn have_processes() -> bool {
    have(
        Path::new("/proc/self/environ").exists(),
        "a list of processes in /proc",
    )
}

#[test]
fn what_hangs_is_ended_with_all_that_it_started() {
    let hostile = Hostile::new("hangs");
    let found = hostile.look();
    hostile.assert_left_out(&found, &["did not end within 1 s"]);
    if have_processes() {
        hostile.assert_gone();
    }
}

/// The list of processes shows what runs: without this the tests of what is
/// gone could not fail.
#[test]
fn what_runs_is_seen() {
    if !have_processes() {
        return;
    }
    let directory = Directory::new();
    let path = directory.path();
    let sleeper = path.join("sleeper");
    script(&sleeper, "sleep 30\n");
    let thread = std::thread::spawn(move || {
        let mut command = assert_cmd::Command::new(sleeper);
        command.timeout(Duration::from_secs(3)).output().unwrap()
    });
    let until = Instant::now() + Duration::from_secs(3);
    while running(&path).is_none() {
        assert!(Instant::now() < until, "it is not seen");
        std::thread::sleep(Duration::from_millis(20));
    }
    thread.join().unwrap();
}

#[test]
fn what_writes_without_end_is_ended() {
    let hostile = Hostile::new("writes-without-end");
    let found = hostile.look();
    hostile.assert_left_out(&found, &["wrote more than 8 MiB", "did not end within 1 s"]);
    if have_processes() {
        hostile.assert_gone();
    }
}

#[test]
fn what_crashes_is_left_out() {
    let hostile = Hostile::new("crashes");
    let found = hostile.look();
    hostile.assert_left_out(&found, &["it says nothing"]);
}

#[test]
fn what_the_kernel_does_not_start_is_left_out() {
    let hostile = Hostile::new("no-shebang");
    let found = hostile.look();
    hostile.assert_left_out(&found, &["cannot start"]);
}

/// What it says of itself may be right, and counts; that nothing works is told.
#[test]
fn a_banner_on_any_stream_and_with_any_status_counts() {
    for fixture in ["wrong-stream", "banner-and-failure"] {
        let hostile = Hostile::new(fixture);
        let found = hostile.look();
        let own = toolchains_in(&found.report, &hostile.bin.path());
        let [toolchain] = own[..] else {
            panic!("{fixture}: {:?}", found.report)
        };
        assert_eq!(toolchain.family, "gcc", "{fixture}");
        assert_eq!(
            toolchain.version.as_ref().unwrap().to_string(),
            "12.2.0",
            "{fixture}"
        );
        let seen = &toolchain.features[0];
        assert_ne!(seen.proof.works, Some(true), "{fixture}: {seen:?}");
        assert!(!seen.proof.evidence.is_empty(), "{fixture}: {seen:?}");
    }
}

#[test]
fn what_litters_does_so_elsewhere() {
    if !have(find_program("gcc").is_some(), "gcc") {
        return;
    }
    let hostile = Hostile::new("littering");
    let found = hostile.look();
    let own = toolchains_in(&found.report, &hostile.bin.path());
    let [toolchain] = own[..] else {
        panic!("{:?}", found.report)
    };
    assert_eq!(toolchain.family, "gcc");
    assert!(toolchain.features[0].proof.holds(), "{toolchain:?}");
    let left: Vec<_> = fs::read_dir(hostile.bin.path())
        .unwrap()
        .flatten()
        .map(|entry| entry.file_name())
        .collect();
    assert_eq!(left, ["gcc"]);
}

/// An interrupted run takes along what it has started.
#[test]
fn an_interrupt_ends_what_runs() {
    if !have_processes() {
        return;
    }
    let hostile = Hostile::new("hangs");
    let path = std::env::join_paths([hostile.bin.path(), tools().to_owned()]).unwrap();
    #[expect(
        clippy::disallowed_methods,
        reason = "a test starts the command itself, to interrupt it"
    )]
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin("cfgmatrix"));
    command
        .env("PATH", path)
        .args(["probe", "--no-cache", "--only", "compilers"])
        .args(["--languages", "c", "--timeout", "600"])
        .current_dir(hostile.here.path())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null());
    let mut child = command.spawn().unwrap();
    // The script and its child of a child, not the command itself.
    let until = Instant::now() + Duration::from_secs(30);
    let script = hostile.bin.path().join("gcc");
    while running(&script).is_none() {
        assert!(Instant::now() < until, "the compiler is not started");
        std::thread::sleep(Duration::from_millis(20));
    }
    let interrupt = format!("kill -INT {}", child.id());
    assert_cmd::Command::new("/bin/sh")
        .args(["-c", &interrupt])
        .assert()
        .success();
    let until = Instant::now() + Duration::from_secs(10);
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        assert!(Instant::now() < until, "it goes on");
        std::thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(status.code(), Some(130));
    hostile.assert_gone();
}

/// A compiler that identifies well and hangs when it links: the feature is not
/// proved, the compiler stays.
#[test]
fn a_compiler_that_hangs_later_stays_in_the_report() {
    let Some(gcc) = find_program("gcc-12") else {
        have(false, "gcc-12");
        return;
    };
    let hostile = Hostile::empty();
    let text = format!(
        "case \" $* \" in *' -o '*) exec sleep 1000 ;; esac\nexec '{}' \"$@\"\n",
        gcc.display()
    );
    script(&hostile.bin.path().join("gcc"), &text);
    let found = hostile.look();
    let own = toolchains_in(&found.report, &hostile.bin.path());
    let [toolchain] = own[..] else {
        panic!("{:?}", found.report)
    };
    let seen = &toolchain.features[0];
    assert_ne!(seen.proof.works, Some(true), "{seen:?}");
    assert!(
        seen.proof.evidence.contains("did not end within 1 s"),
        "{seen:?}"
    );
    if have_processes() {
        hostile.assert_gone();
    }
}

/// What a program prints is shown to people: no control characters, no lines
/// without end.
#[test]
fn what_it_says_is_quoted_in_one_short_line() {
    let hostile = Hostile::empty();
    let text = "printf '\\033[31mnot a compiler\\a\\r\\n'\nhead -c 100000 /dev/zero | tr '\\0' x\n";
    script(&hostile.bin.path().join("gcc"), text);
    let found = hostile.look();
    hostile.assert_left_out(&found, &["not a compiler"]);
}

/// An endless program among good ones does not keep those from being found.
#[test]
fn the_others_are_found_all_the_same() {
    let Some(gcc) = find_program("gcc-12") else {
        have(false, "gcc-12");
        return;
    };
    let hostile = Hostile::new("hangs");
    std::os::unix::fs::symlink(gcc, hostile.bin.path().join("gcc-12")).unwrap();
    let found = hostile.look();
    let own = toolchains_in(&found.report, &hostile.bin.path());
    assert_eq!(own.len(), 1, "{:?}", found.report.warnings);
    let left_out = found
        .report
        .warnings
        .iter()
        .filter(|warning| warning.contains("is left out"))
        .count();
    assert_eq!(left_out, 1, "{:?}", found.report.warnings);
}
