//! Who kills whom.

use super::*;
use crate::support::{find_program, have};

#[test]
fn a_test_that_kills_its_parent_ends_itself_alone() {
    let place = Place::new(&numbered(8));
    let script = "case $CFGMATRIX_VARIANT in \
        n1) kill -9 $PPID; sleep 60;; \
        n2) kill -9 0; sleep 60;; \
        n3) (setsid sleep 4711.1 &); sleep 0.1; kill -9 $PPID; sleep 60;; \
        n4) kill -TERM $PPID; sleep 60;; \
        n5) kill -9 -$(ps -o sid= $$ | tr -d ' '); kill -9 $(ps -o pid= -s $(ps -o sid= $$)); sleep 60;; \
        esac; echo \"$CFGMATRIX_VARIANT\" > it";
    let began = Instant::now();
    let (outcomes, code, counts) = place.outcomes(&["-j2"], script);
    assert!(began.elapsed() < Duration::from_secs(40));
    assert_eq!(code, 5);
    assert_eq!(
        (&counts["passed"], &counts["failed"]),
        (&3.into(), &5.into())
    );
    for (name, signal, said) in [
        (
            "n1",
            9,
            "it ended the process that had started it (signal 9)",
        ),
        ("n2", 9, "ended by signal 9"),
        (
            "n3",
            9,
            "it ended the process that had started it (signal 9)",
        ),
        (
            "n4",
            15,
            "it ended the process that had started it (signal 15)",
        ),
        (
            "n5",
            9,
            "it ended the process that had started it (signal 9)",
        ),
    ] {
        let outcome = &outcomes[name];
        assert_eq!(outcome["status"], "failed", "{outcome:#}");
        assert_eq!(step(outcome)["signal"], signal, "{outcome:#}");
        assert_eq!(reason(outcome), said, "{outcome:#}");
    }
    assert!(!is_running("4711.1"), "its daemon is found and ended");
    // What is known is known: nothing is killed again.
    let (again, code, _) = place.outcomes(&["--resume"], script);
    assert_eq!(code, 5);
    assert_eq!(again, outcomes);
}

#[test]
fn a_daemon_does_not_hold_up_its_run_and_is_told_of() {
    let place = Place::new(&numbered(3));
    // It keeps the log open, in a session of its own and with another parent.
    let script = "case $CFGMATRIX_VARIANT in \
        n1) setsid sh -c 'sleep 4712.1 & exec sleep 4712.2' & sleep 0.2;; \
        n2) setsid sh -c 'sleep 4712.3 &' ; sleep 60;; \
        n3) sleep 0.05 & ;; \
        esac";
    let began = Instant::now();
    let (outcomes, code, _) = place.outcomes(&["-j3", "--timeout", "3"], script);
    assert!(began.elapsed() < Duration::from_secs(30));
    assert_eq!(code, 5);
    assert_eq!(outcomes["n1"]["status"], "passed");
    let told = notes(&outcomes["n1"]);
    assert!(told.contains("left running, and ended: sleep ("), "{told}");
    assert_eq!(told.matches("sleep (").count(), 2, "{told}");
    assert_eq!(outcomes["n2"]["status"], "timed-out");
    let told = notes(&outcomes["n2"]);
    assert!(told.contains("left running, and ended: sleep ("), "{told}");
    assert_eq!(told.matches("sleep (").count(), 1, "{told}");
    // What ends by itself soon was not left behind.
    assert_eq!(notes(&outcomes["n3"]), "[]");
    for daemon in ["4712.1", "4712.2", "4712.3"] {
        assert!(!is_running(daemon), "{daemon}");
    }
    let output = place
        .run(&["-j3", "--select", "number=n1"], script)
        .output()
        .unwrap();
    let seen = String::from_utf8_lossy(&output.stderr);
    assert!(
        seen.contains("    command: left running, and ended: sleep ("),
        "{seen}"
    );
}

#[test]
fn a_run_that_is_killed_leaves_nothing_at_work() {
    let place = Place::new(&numbered(1));
    let script = "(setsid sleep 4713.1 &); sleep 4713.2";
    let mut child = place.start(&["-j1"], script);
    soon("it begins", || is_running("4713.1") && is_running("4713.2"));
    child.kill().unwrap();
    child.wait().unwrap();
    soon("it ends", || !is_running("4713.1") && !is_running("4713.2"));
    let (outcomes, code, _) = place.outcomes(&["--resume"], "exit 0");
    assert_eq!((outcomes.len(), code), (1, 0));
}

/// Numbers that look like chance and are the same each time.
fn chance(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

#[test]
fn a_run_that_is_killed_fifty_times_comes_to_the_same_end() {
    const VARIANTS: usize = 150;
    if !have(find_program("flock").is_some(), "flock") {
        return;
    }
    let place = Place::new(&numbered(VARIANTS));
    // Every seventh fails. Each says that it was begun, and whether another was at
    // work in its place.
    let script = "exec 9>>\"$CFGMATRIX_BUILD/lock\"; flock -n 9 || echo $CFGMATRIX_VARIANT >> \"$CFGMATRIX_SOURCE/together\"; \
        echo $CFGMATRIX_VARIANT >> \"$CFGMATRIX_SOURCE/begun\"; sleep 0.04; \
        test $((${CFGMATRIX_VARIANT#n} % 7)) != 0 || { echo \"error: $CFGMATRIX_VARIANT\"; exit 3; }";
    // What the machine has is found out once.
    place
        .run(&["--directory", "first", "--select", "number=n1"], "true")
        .assert()
        .success();
    let begun = || {
        let text = place.text("begun");
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for line in text.lines() {
            *counts.entry(line.to_owned()).or_default() += 1;
        }
        counts
    };
    let is_true = |name: &str, outcome: &Value| {
        let fails = name[1..].parse::<usize>().unwrap() % 7 == 0;
        let (status, code) = if fails { ("failed", 3) } else { ("passed", 0) };
        assert_eq!(outcome["status"], status, "{outcome:#}");
        assert_eq!(step(outcome)["exit_code"], code, "{outcome:#}");
        let said = if fails {
            format!("error: {name}")
        } else {
            String::new()
        };
        assert_eq!(reason(outcome), said, "{outcome:#}");
        assert_eq!(notes(outcome), "[]", "{outcome:#}");
    };
    let mut state = 0x5eed_u64;
    // Of each that has ended: how often it had been begun by then.
    let mut ended: BTreeMap<String, usize> = BTreeMap::new();
    let mut midway = 0;
    let outcomes = place.file("cfgmatrix-run/outcomes");
    fs::create_dir_all(&outcomes).unwrap();
    fs::write(place.file("cfgmatrix-run/lock"), "").unwrap();
    // As a run leaves it that is killed while it writes.
    fs::write(outcomes.join(".writing-x"), "{\"format").unwrap();
    for round in 0..50 {
        let before = place.text("begun").len();
        let mut child = place.start(&["--resume", "-j3"], script);
        // Every other is killed at work, however slow the machine is; the rest
        // wherever they are.
        while round % 2 == 0
            && place.text("begun").len() == before
            && child.try_wait().unwrap().is_none()
        {
            std::thread::sleep(Duration::from_millis(2));
        }
        std::thread::sleep(Duration::from_millis(chance(&mut state) % 150));
        child.kill().unwrap();
        child.wait().unwrap();
        let (documents, begun) = (place.documents("cfgmatrix-run"), begun());
        for (name, outcome) in &documents {
            is_true(name, outcome);
            let times = ended.entry(name.clone()).or_insert(begun[name]);
            assert_eq!(*times, begun[name], "{name} was begun after its end");
        }
        assert!(ended.keys().all(|name| documents.contains_key(name)));
        midway += usize::from(!documents.is_empty() && documents.len() < VARIANTS);
    }
    assert!(midway >= 10, "{midway} of 50 were killed at work");
    let (outcomes, code, _) = place.outcomes(&["--resume"], script);
    assert_eq!((outcomes.len(), code), (VARIANTS, 5));
    let (documents, begun) = (place.documents("cfgmatrix-run"), begun());
    let files = fs::read_dir(place.file("cfgmatrix-run/outcomes")).unwrap();
    assert_eq!((documents.len(), files.count()), (VARIANTS, VARIANTS));
    for (name, outcome) in &documents {
        is_true(name, outcome);
        let times = ended.get(name).unwrap_or(&begun[name]);
        assert_eq!(*times, begun[name], "{name}");
    }
    assert_eq!(place.text("together"), "", "two at work in one place");
}
