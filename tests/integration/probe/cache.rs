//! What is kept from run to run: nothing is asked twice, and nothing that may
//! have changed is believed.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use cfgmatrix::core::Language;

use super::{
    Answer, Directory, answer, machine, probe_with_cache, script, stand_in, toolchain_at,
    toolchains_in, tools, user_path,
};
use crate::support::{find_program, have};

/// A compiler behind a script that notes every start, and a place for answers.
struct Kept {
    bin: Directory,
    cache: Directory,
    log: Directory,
}

impl Kept {
    fn new() -> Option<Self> {
        let gcc = find_program("gcc-12");
        if !have(gcc.is_some(), "gcc-12") {
            return None;
        }
        let kept = Self {
            bin: Directory::new(),
            cache: Directory::new(),
            log: Directory::new(),
        };
        kept.install("gcc", &gcc?);
        Some(kept)
    }

    fn install(&self, name: &str, real: &Path) {
        let text = format!(
            "echo \"$0 $*\" >>'{}'\nexec '{}' \"$@\"\n",
            self.log_file().display(),
            real.display()
        );
        script(&self.bin.path().join(name), &text);
    }

    fn log_file(&self) -> PathBuf {
        self.log.path().join("log")
    }

    fn gcc(&self) -> PathBuf {
        self.bin.path().join("gcc")
    }

    /// How often a compiler was started since it was last asked.
    fn starts(&self) -> usize {
        let starts = fs::read_to_string(self.log_file())
            .unwrap_or_default()
            .lines()
            .count();
        let _ = fs::remove_file(self.log_file());
        starts
    }

    fn file(&self) -> PathBuf {
        self.cache.path().join("probe-1.json")
    }

    fn command(&self) -> Command {
        self.command_in(&self.cache.path())
    }

    fn command_in(&self, cache: &Path) -> Command {
        let mut command = probe_with_cache([self.bin.path(), tools().to_owned()]);
        command
            .args(["--only", "compilers", "--languages", "c", "--compiler"])
            .arg(self.gcc());
        command.arg("--cache-dir").arg(cache);
        command
    }

    fn look(&self) -> Answer {
        answer(&mut self.command())
    }

    /// A first run that asks, so that the next one need not.
    fn warm() -> Option<(Self, Answer)> {
        let kept = Self::new()?;
        let first = kept.look();
        assert!(
            toolchain_at(&first.report, &kept.gcc(), Language::C)
                .unwrap()
                .features[0]
                .proof
                .holds()
        );
        assert!(kept.starts() > 0, "the compiler is asked by the first run");
        Some((kept, first))
    }
}

/// Two reports are the same to the letter; else the first line that differs is shown.
#[track_caller]
fn assert_same(second: &str, first: &str) {
    let differing = second.lines().zip(first.lines()).find(|(a, b)| a != b);
    assert_eq!(differing, None);
    assert_eq!(second.len(), first.len());
}

#[test]
fn a_second_run_starts_no_compiler_and_says_the_same() {
    let Some((kept, first)) = Kept::warm() else {
        return;
    };
    let second = kept.look();
    assert_eq!(kept.starts(), 0);
    assert_same(&second.text, &first.text);
}

#[test]
fn a_second_look_at_everything_in_path_starts_no_compiler() {
    let Some(kept) = Kept::new() else { return };
    for (name, real) in [
        ("g++", "g++-12"),
        ("gfortran", "gfortran-12"),
        ("clang", "clang-19"),
        ("tcc", "tcc"),
    ] {
        if let Some(real) = find_program(real) {
            kept.install(name, &real);
        }
    }
    let command = || {
        let mut command = probe_with_cache([kept.bin.path(), tools().to_owned()]);
        command
            .args(["--only", "compilers", "--cache-dir"])
            .arg(kept.cache.path());
        command
    };
    let first = answer(&mut command());
    assert!(toolchains_in(&first.report, &kept.bin.path()).len() > 1);
    assert!(kept.starts() > 0);
    let second = answer(&mut command());
    assert_eq!(kept.starts(), 0);
    assert_same(&second.text, &first.text);
}

/// Libraries and MPI too. Only this program's own answers are at work: no
/// compiler is behind a script here, so that what is found is the machine's.
#[test]
fn a_second_look_at_the_machine_says_the_same() {
    if !have(find_program("gcc").is_some(), "gcc") {
        return;
    }
    let cache = Directory::new();
    let command = || {
        let mut command = probe_with_cache(user_path());
        command
            .args(["--languages", "c", "--cache-dir"])
            .arg(cache.path());
        command
    };
    let first = answer(&mut command());
    let written = fs::metadata(cache.path().join("probe-1.json"))
        .unwrap()
        .modified()
        .unwrap();
    let second = answer(&mut command());
    assert_same(&second.text, &first.text);
    // Nothing new was found out, and nothing was written.
    let later = fs::metadata(cache.path().join("probe-1.json"))
        .unwrap()
        .modified()
        .unwrap();
    assert_eq!(later, written, "something was asked again");
}

/// What two runs say is the same, with answers kept or not.
#[test]
fn no_directory_that_is_gone_is_in_the_report() {
    let temporary = std::env::temp_dir().join(".tmp").display().to_string();
    let line = machine()
        .text
        .lines()
        .find(|line| line.contains(&temporary));
    assert_eq!(line, None);
}

/// The loader maps files in an order that chance decides.
#[test]
fn what_was_loaded_is_in_order() {
    for library in &machine().report.blas {
        let mapped = library.seen.as_ref().map(|seen| seen.mapped.clone());
        let mut sorted = mapped.clone();
        sorted.iter_mut().for_each(|files| files.sort());
        assert_eq!(mapped, sorted, "{}", library.file);
    }
}

#[test]
fn another_file_under_the_name_is_asked() {
    let Some((kept, _)) = Kept::warm() else {
        return;
    };
    stand_in(&kept.gcc(), Path::new("/nonexistent/gcc"));
    let found = kept.look();
    assert!(found.report.toolchains.is_empty(), "{:?}", found.report);
    assert!(
        found
            .report
            .warnings
            .iter()
            .any(|warning| warning.contains("is left out")),
        "{:?}",
        found.report.warnings
    );
}

#[test]
fn a_file_that_is_touched_is_asked() {
    let Some((kept, first)) = Kept::warm() else {
        return;
    };
    let file = fs::File::options().append(true).open(kept.gcc()).unwrap();
    let modified = file.metadata().unwrap().modified().unwrap();
    file.set_modified(modified + std::time::Duration::from_secs(5))
        .unwrap();
    drop(file);
    let second = kept.look();
    assert!(kept.starts() > 0);
    assert_eq!(second.report, first.report);
}

/// A link that leads elsewhere is another compiler, though no file has changed.
#[test]
fn a_link_that_leads_elsewhere_is_asked() {
    let (Some(kept), Some(other)) = (Kept::new(), find_program("gcc-11")) else {
        have(false, "gcc-11");
        return;
    };
    let gcc = find_program("gcc-12").unwrap();
    let version = || {
        let found = kept.look();
        toolchain_at(&found.report, &kept.gcc(), Language::C)
            .unwrap()
            .version
            .clone()
            .unwrap()
            .to_string()
    };
    fs::remove_file(kept.gcc()).unwrap();
    std::os::unix::fs::symlink(gcc, kept.gcc()).unwrap();
    assert!(version().starts_with("12."));
    fs::remove_file(kept.gcc()).unwrap();
    std::os::unix::fs::symlink(other, kept.gcc()).unwrap();
    assert!(version().starts_with("11."));
}

/// A library that is installed later makes a failed trial worth another one.
#[test]
fn a_library_that_comes_is_seen() {
    let Some(kept) = Kept::new() else { return };
    let gcc = find_program("gcc-12").unwrap();
    let libraries = Directory::new();
    // It links OpenMP only where its library is, and says with -v where it looks.
    let text = format!(
        "case \" $* \" in\n*' -o trial '*)\n    if [ ! -e '{0}/librt.txt' ]; then\n        \
         echo 'collect2 -L{0}' >&2\n        echo 'ld: error: cannot find -lrt' >&2\n        exit 1\n    fi ;;\nesac\nexec '{1}' \"$@\"\n",
        libraries.path().display(),
        gcc.display()
    );
    script(&kept.gcc(), &text);
    let works = || {
        let found = kept.look();
        let seen = toolchain_at(&found.report, &kept.gcc(), Language::C)
            .unwrap()
            .features[0]
            .clone();
        (seen.proof.works, seen.proof.evidence)
    };
    let (missing, evidence) = works();
    assert_eq!(missing, Some(false));
    assert!(evidence.contains("cannot find -lrt"), "{evidence}");
    assert_eq!(works().0, Some(false));
    fs::write(libraries.path().join("librt.txt"), "").unwrap();
    assert_eq!(works().0, Some(true));
}

#[test]
fn a_variable_that_decides_is_part_of_the_question() {
    let Some((kept, first)) = Kept::warm() else {
        return;
    };
    let headers = Directory::new();
    let set = answer(kept.command().env("CPATH", headers.path()));
    assert!(kept.starts() > 0, "headers elsewhere may change everything");
    assert_eq!(set.report, first.report);
    // Both answers are kept.
    answer(kept.command().env("CPATH", headers.path()));
    kept.look();
    assert_eq!(kept.starts(), 0);
    // Others decide nothing.
    answer(
        kept.command()
            .env("EDITOR", "vi")
            .env("OMP_NUM_THREADS", "1"),
    );
    assert_eq!(kept.starts(), 0);
}

#[test]
fn what_is_asked_for_is_part_of_the_question() {
    let Some((kept, _)) = Kept::warm() else {
        return;
    };
    let found = answer(kept.command().args(["--features", "std.c17"]));
    assert!(kept.starts() > 0);
    let ids: Vec<&str> = found.report.toolchains[0]
        .features
        .iter()
        .map(|seen| seen.feature.as_str())
        .collect();
    assert_eq!(ids, ["std.c17"]);
}

#[test]
fn refresh_asks_everything_again_and_keeps_the_answers() {
    let Some((kept, first)) = Kept::warm() else {
        return;
    };
    let again = answer(kept.command().arg("--refresh"));
    assert!(kept.starts() > 0);
    assert_same(&again.text, &first.text);
    kept.look();
    assert_eq!(kept.starts(), 0);
}

#[test]
fn a_damaged_file_is_told_of_and_repaired() {
    let Some((kept, first)) = Kept::warm() else {
        return;
    };
    let whole = fs::read(kept.file()).unwrap();
    let damages: [&[u8]; 5] = [
        &whole[..whole.len() / 2],
        b"",
        b"[]",
        b"\xff\xfe\0",
        b"{\"made_by\": 1}",
    ];
    for damage in damages {
        fs::write(kept.file(), damage).unwrap();
        let found = kept.look();
        let shown = String::from_utf8_lossy(&damage[..damage.len().min(20)]);
        let [warning] = &found.report.warnings[..] else {
            panic!("{shown}: {:?}", found.report.warnings)
        };
        assert!(
            warning.contains("damaged") && warning.contains("probe-1.json"),
            "{shown}: {warning}"
        );
        assert_eq!(found.report.toolchains, first.report.toolchains, "{shown}");
        assert!(kept.starts() > 0, "{shown}");
        // The next run has a whole file again.
        assert_same(&kept.look().text, &first.text);
        assert_eq!(kept.starts(), 0, "{shown}");
    }
}

/// An entry that holds something else than its key says is asked again.
#[test]
fn a_wrong_value_is_not_believed() {
    let Some((kept, first)) = Kept::warm() else {
        return;
    };
    let mut document: serde_json::Value =
        serde_json::from_slice(&fs::read(kept.file()).unwrap()).unwrap();
    for (_, entry) in document["entries"].as_object_mut().unwrap() {
        entry["value"] = serde_json::json!({"of": "another kind"});
    }
    fs::write(kept.file(), document.to_string()).unwrap();
    let found = kept.look();
    assert!(kept.starts() > 0);
    assert_eq!(found.report, first.report);
}

#[test]
fn answers_of_another_program_are_passed_over() {
    let Some((kept, first)) = Kept::warm() else {
        return;
    };
    let mut document: serde_json::Value =
        serde_json::from_slice(&fs::read(kept.file()).unwrap()).unwrap();
    document["made_by"] = "0.0.1".into();
    fs::write(kept.file(), document.to_string()).unwrap();
    let found = kept.look();
    assert!(kept.starts() > 0);
    // It is no damage.
    assert_same(&found.text, &first.text);
}

#[test]
fn a_directory_that_cannot_be_made_is_told_of() {
    let Some(kept) = Kept::new() else { return };
    let file = kept.log.path().join("file");
    fs::write(&file, "").unwrap();
    let found = answer(&mut kept.command_in(&file));
    let warnings = &found.report.warnings;
    assert!(
        warnings
            .iter()
            .any(|warning| warning.contains("cannot be written")),
        "{warnings:?}"
    );
    assert!(
        toolchain_at(&found.report, &kept.gcc(), Language::C)
            .unwrap()
            .features[0]
            .proof
            .holds()
    );
    assert_eq!(fs::read(&file).unwrap(), b"");
}

#[test]
fn runs_beside_each_other_do_not_disturb_each_other() {
    let Some(kept) = Kept::new() else { return };
    let found: Vec<Answer> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4).map(|_| scope.spawn(|| kept.look())).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    for one in &found {
        assert_same(&one.text, &found[0].text);
        assert!(one.report.warnings.is_empty(), "{:?}", one.report.warnings);
    }
    let document: serde_json::Value =
        serde_json::from_slice(&fs::read(kept.file()).unwrap()).unwrap();
    assert!(
        document["entries"]
            .as_object()
            .is_some_and(|entries| !entries.is_empty())
    );
    let left: Vec<_> = fs::read_dir(kept.cache.path())
        .unwrap()
        .flatten()
        .map(|entry| entry.file_name())
        .collect();
    assert_eq!(left, ["probe-1.json"], "a temporary file is left");
    kept.starts();
    kept.look();
    assert_eq!(kept.starts(), 0);
}

#[test]
fn no_cache_leaves_no_file() {
    let Some(kept) = Kept::new() else { return };
    let home = Directory::new();
    let mut command = probe_with_cache([kept.bin.path(), tools().to_owned()]);
    command
        .env("HOME", home.path())
        .env("XDG_CACHE_HOME", home.path().join("cache"));
    command
        .args([
            "--no-cache",
            "--only",
            "compilers",
            "--languages",
            "c",
            "--compiler",
        ])
        .arg(kept.gcc());
    answer(&mut command);
    kept.starts();
    answer(&mut command);
    assert!(kept.starts() > 0);
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
}

#[test]
fn answers_are_kept_in_the_users_cache_directory() {
    let Some(kept) = Kept::new() else { return };
    let home = Directory::new();
    let mut command = probe_with_cache([kept.bin.path(), tools().to_owned()]);
    command.env("XDG_CACHE_HOME", home.path());
    command
        .args(["--only", "compilers", "--languages", "c", "--compiler"])
        .arg(kept.gcc());
    answer(&mut command);
    assert!(home.path().join("cfgmatrix").join("probe-1.json").is_file());
}
