//! What is bounded: logs, the disk, memory.

use super::*;
use crate::support::{find_program, have};

#[test]
fn a_build_that_prints_a_gigabyte_is_stopped_and_its_log_is_short() {
    let place = Place::new(&numbered(4));
    let script = "case $CFGMATRIX_VARIANT in \
        n2) echo 'x.c:3: error: the first'; head -c 1000000000 /dev/zero | tr '\\0' '\\n'; echo all;; esac";
    let output = place.run(&["-j2"], script).output().unwrap();
    assert_eq!(output.status.code(), Some(5));
    let seen = String::from_utf8_lossy(&output.stderr);
    let said =
        "    it printed more than 256 MiB: x.c:3: error: the first\n    logs/n2/1-command.log\n";
    assert!(seen.contains(said), "{seen}");
    assert_eq!(seen.matches('✓').count(), 3, "{seen}");
    let log = fs::metadata(place.file("cfgmatrix-run/logs/n2/1-command.log")).unwrap();
    assert!(log.len() < 3 << 20, "{}", log.len());
    assert!(
        !place
            .text("cfgmatrix-run/logs/n2/1-command.log")
            .contains("all\n")
    );
}

/// A small disk, as long as this is.
struct Disk(PathBuf);

impl Disk {
    fn new(place: &Place, size: &str) -> Option<Self> {
        let directory = place.file("disk");
        fs::create_dir(&directory).unwrap();
        let size = format!("size={size}");
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
            .arg(&directory);
        let is_mounted = mount.output().is_ok_and(|output| output.status.success());
        have(is_mounted, "root to mount a tmpfs").then_some(Self(directory))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).output();
    }
}

#[test]
fn a_build_that_fills_the_disk_fails_and_makes_room_for_the_others() {
    let place = Place::new(&numbered(5));
    let Some(_disk) = Disk::new(&place, "16m") else {
        return;
    };
    let script = "case $CFGMATRIX_VARIANT in \
        n2) head -c 100000000 /dev/zero > fill;; *) head -c 1000000 /dev/zero > it;; esac";
    let (outcomes, code, _) = place.outcomes(&["-j1", "--directory", "disk/run"], script);
    assert_eq!((outcomes.len(), code), (5, 5));
    for (name, outcome) in &outcomes {
        let status = if name == "n2" { "failed" } else { "passed" };
        assert_eq!(outcome["status"], status, "{outcome:#}");
    }
    let said = reason(&outcomes["n2"]);
    assert!(said.starts_with("no room is left on the disk: "), "{said}");
    assert!(said.contains("No space left on device"), "{said}");
    assert!(notes(&outcomes["n2"]).contains("what it had built was removed"));
    assert_eq!(place.documents("disk/run"), outcomes);
}

#[test]
fn outcomes_that_find_no_room_end_the_run_and_it_goes_on_when_there_is_some() {
    let place = Place::new(&numbered(6));
    let Some(_disk) = Disk::new(&place, "8m") else {
        return;
    };
    // What fills it is not in the run's own directory, which can be emptied.
    let script = "echo $CFGMATRIX_VARIANT >> \"$CFGMATRIX_SOURCE/begun\"; \
        test $CFGMATRIX_VARIANT != n3 || test -e \"$CFGMATRIX_SOURCE/room\" || head -c 100000000 /dev/zero > \"$CFGMATRIX_SOURCE/disk/fill\"";
    let options = ["-j1", "--directory", "disk/run", "--resume"];
    let output = place.run(&options, script).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("error: cannot write "), "{said}");
    assert!(said.contains("No space left on device"), "{said}");
    assert!(
        said.contains("make room, and go on with `--resume`"),
        "{said}"
    );
    let kept = place.documents("disk/run");
    assert_eq!(kept.keys().collect::<Vec<_>>(), ["n1", "n2"]);
    fs::remove_file(place.file("disk/fill")).unwrap();
    fs::write(place.file("room"), "").unwrap();
    let (outcomes, code, _) = place.outcomes(&options, script);
    assert_eq!((outcomes.len(), code), (6, 0));
    assert_eq!(place.text("begun"), "n1\nn2\nn3\nn3\nn4\nn5\nn6\n");
    assert!(
        kept.iter()
            .all(|(name, outcome)| outcomes[name] == *outcome)
    );
}

#[test]
fn what_is_begun_fits_into_memory_and_what_does_not_is_put_off() {
    if !have(find_program("tail").is_some(), "tail") {
        return;
    }
    let place = Place::new(&numbered(4));
    // tail keeps a line of any length.
    let script = "test $CFGMATRIX_VARIANT != n2 || exit 0; \
        (head -c 120000000 /dev/zero; sleep 0.7) | tail > /dev/null";
    let options = ["-j4", "--memory", "220MB", "--format", "jsonl"];
    let output = place.run(&options, script).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{text}");
    let events: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let count = |what: &str| events.iter().filter(|event| event["event"] == what).count();
    // Three would have more than there is: all but one give way, and are built then.
    assert!(count("put-back") >= 2, "{text}");
    assert_eq!(count("started"), 4 + count("put-back"), "{text}");
    assert_eq!(count("ended"), 4, "{text}");
    for event in events.iter().filter(|event| event["event"] == "ended") {
        let peak = step(&event["outcome"])["peak_memory"].as_u64();
        if event["variant"] != "n2" {
            assert!(
                (100_000_000..220_000_000).contains(&peak.unwrap()),
                "{event}"
            );
        }
    }
    // What was seen is known the next time: none is begun in vain.
    let output = place.run(&options, script).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(!text.contains("put-back"), "{text}");
    // One alone may be too large.
    let (outcomes, code, _) = place.outcomes(&["-j2", "--memory", "60MiB"], script);
    assert_eq!(code, 5);
    assert_eq!(outcomes["n2"]["status"], "passed");
    assert_eq!(outcomes["n3"]["status"], "failed");
    assert_eq!(
        reason(&outcomes["n3"]),
        "it used more than 60 MiB of memory"
    );
}

#[test]
fn programs_are_looked_for_in_the_path_of_the_variant() {
    let matrix = "schema = 1\nname = \"own\"\n[axes]\nnumber = [\
        { id = \"n1\", env = { PATH = \"PLACE/one:PLACE/two:/usr/bin:/bin\" } }, \
        { id = \"n2\", env = { PATH = \"PLACE/two:/usr/bin:/bin\" } }, \"n3\"]\n";
    let place = Place::new("");
    let here = place.path().display().to_string();
    fs::write(place.file("m.toml"), matrix.replace("PLACE", &here)).unwrap();
    for name in ["one", "two"] {
        use std::os::unix::fs::PermissionsExt as _;
        fs::create_dir(place.file(name)).unwrap();
        let tool = place.file(name).join("cfgmatrix-test-tool");
        fs::write(&tool, format!("#!/bin/sh\necho {name} $0\n")).unwrap();
        fs::set_permissions(tool, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let mut command = place.command(&["--format", "json"]);
    command.args(["--", "cfgmatrix-test-tool"]);
    let (outcomes, code, _) = Place::outcomes_of(&mut command);
    assert_eq!(code, 5);
    let log = |name: &str| place.text(&format!("cfgmatrix-run/logs/{name}/1-command.log"));
    assert!(log("n1").contains("\none "), "{}", log("n1"));
    assert!(log("n2").contains("\ntwo "), "{}", log("n2"));
    let said = reason(&outcomes["n3"]);
    assert!(
        said.starts_with("cannot start cfgmatrix-test-tool: No such file"),
        "{said}"
    );
}
