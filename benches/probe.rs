//! `cfgmatrix probe` as a whole process, over the same six C compilers as its
//! peers: against the floor (the process starts that no probe can do without),
//! CMake and Meson (one fresh build directory a compiler, one after another).
//! Interleaved, medians, in one run: `cargo bench --bench probe -- ROUNDS`.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

const ROUNDS: usize = 7;
const COMPILERS: [&str; 6] = [
    "gcc-11", "gcc-12", "clang-14", "clang-16", "clang-19", "tcc",
];
const WORKERS: usize = 2;
/// How often a round runs what takes a few milliseconds only.
const SHORT: usize = 10;
/// Names of compilers and flags that would not be the same for all.
const VARIABLES: [&str; 4] = ["CC", "CFLAGS", "CPPFLAGS", "LDFLAGS"];
const PEERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers");
/// Ends well if there were two threads.
const OPENMP: &str = "#include <omp.h>
int main(void) {
    int threads = 1;
#pragma omp parallel num_threads(2)
#pragma omp single
    threads = omp_get_num_threads();
    return threads != 2;
}
";

#[expect(clippy::disallowed_methods, reason = "a bench starts what it measures")]
fn command(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    for variable in VARIABLES {
        command.env_remove(variable);
    }
    command.stdin(Stdio::null());
    command
}

/// The first line of what `--version` says, if it can be started at all.
fn version(program: &str) -> Option<String> {
    let output = command(program).arg("--version").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Some(text.lines().next().unwrap_or_default().to_owned())
}

/// Whether it ended well; what it says goes nowhere.
fn succeeds(command: &mut Command) -> bool {
    command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// What a process wrote to its standard output, however it ended.
fn said(command: &mut Command, log: &Path) -> String {
    let file = File::create(log).expect("the directory is writable");
    command
        .stdout(file)
        .stderr(Stdio::null())
        .status()
        .expect("it starts");
    String::from_utf8_lossy(&fs::read(log).expect("it was just written")).into_owned()
}

/// One compiler's share of the floor: its macros, a program with OpenMP, and a
/// run of that where it was built. The order is given: the flag depends on the
/// macros.
fn starts(compiler: &str, directory: &Path) -> bool {
    let mut macros = command(compiler);
    macros.args(["-E", "-dM", "empty.c"]).current_dir(directory);
    let _ = succeeds(&mut macros);
    let program = directory.join(format!("openmp{}", std::env::consts::EXE_SUFFIX));
    let mut build = command(compiler);
    build
        .args(["-fopenmp", "openmp.c", "-o"])
        .arg(&program)
        .current_dir(directory);
    succeeds(&mut build) && succeeds(&mut command(&program))
}

/// Has each compiler's share done by two workers, and counts where OpenMP works.
fn floor(compilers: &[&str], directory: &Path) -> usize {
    let queue: Mutex<VecDeque<&str>> = Mutex::new(compilers.iter().copied().collect());
    let next = || queue.lock().expect("no worker panics").pop_front();
    let work = |directory: PathBuf| {
        fs::create_dir_all(&directory).expect("the directory is writable");
        fs::write(directory.join("empty.c"), "").expect("the directory is writable");
        fs::write(directory.join("openmp.c"), OPENMP).expect("the directory is writable");
        let mut works = 0;
        while let Some(compiler) = next() {
            works += usize::from(starts(compiler, &directory));
        }
        works
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS)
            .map(|number| {
                let directory = directory.join(number.to_string());
                scope.spawn(move || work(directory))
            })
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().expect("no worker panics"))
            .sum()
    })
}

fn cmake(compilers: &[&str], blas: bool, directory: &Path) -> usize {
    let found = |compiler: &&&str| {
        let mut configure = command("cmake");
        configure
            .args(["-S", &format!("{PEERS}/cmake"), "-B"])
            .arg(directory.join(compiler))
            .arg(format!("-DCMAKE_C_COMPILER={compiler}"))
            .arg(format!("-DWITH_BLAS={blas}"));
        let log = directory.join(format!("{compiler}.log"));
        said(&mut configure, &log).contains("Found OpenMP_C:")
    };
    compilers.iter().filter(found).count()
}

fn meson(program: &str, compilers: &[&str], directory: &Path) -> usize {
    let found = |compiler: &&&str| {
        let mut setup = command(program);
        setup
            .arg("setup")
            .arg(directory.join(compiler))
            .arg(format!("{PEERS}/meson"))
            .env("CC", compiler);
        let log = directory.join(format!("{compiler}.log"));
        said(&mut setup, &log).contains("OpenMP found: YES")
    };
    compilers.iter().filter(found).count()
}

fn probe(compilers: &[&str], arguments: &[&str], directory: &Path) -> Result<(), String> {
    let mut probe = command(env!("CARGO_BIN_EXE_cfgmatrix"));
    probe
        .args(["probe", "--languages", "c", "--format", "json"])
        .args(arguments)
        .current_dir(directory);
    for compiler in compilers {
        probe.args(["--compiler", compiler]);
    }
    let errors = directory.join("stderr");
    let status = probe
        .stdout(File::create(directory.join("stdout")).expect("the directory is writable"))
        .stderr(File::create(&errors).expect("the directory is writable"))
        .status()
        .expect("it starts");
    if status.success() {
        return Ok(());
    }
    let errors = fs::read(errors).expect("it was just written");
    let errors = String::from_utf8_lossy(&errors);
    Err(format!("failed: {status}: {}", errors.trim()))
}

/// How many compilers were found to have OpenMP, where that is told; or why
/// there is nothing to measure.
type Answer = Result<Option<usize>, String>;

struct Contestant<'a> {
    name: String,
    /// Runs in one round.
    runs: usize,
    run: Box<dyn Fn(&Path) -> Answer + 'a>,
    answer: Answer,
    times: Vec<Duration>,
}

impl<'a> Contestant<'a> {
    fn new(name: impl Into<String>, run: impl Fn(&Path) -> Answer + 'a) -> Self {
        Self {
            name: name.into(),
            runs: 1,
            run: Box::new(run),
            answer: Ok(None),
            times: Vec::new(),
        }
    }

    fn short(self) -> Self {
        Self {
            runs: SHORT,
            ..self
        }
    }

    /// One that takes part only if a tool is there.
    fn needs(self, tool: &str, found: bool) -> Self {
        let answer = if found {
            Ok(None)
        } else {
            Err(format!("skipped: needs {tool}"))
        };
        Self { answer, ..self }
    }

    /// Runs it once in a fresh directory, which is made and removed off the clock.
    fn once(&mut self) -> Option<Duration> {
        if self.answer.is_err() {
            return None;
        }
        let directory = tempfile::tempdir().expect("a temporary directory");
        let start = Instant::now();
        self.answer = (self.run)(directory.path());
        Some(start.elapsed())
    }

    fn round(&mut self) {
        for _ in 0..self.runs {
            let time = self.once();
            self.times.extend(time);
        }
    }

    /// The median in milliseconds, if it took part to the end.
    fn median(&self) -> Option<f64> {
        self.answer.as_ref().ok()?;
        let mut times = self.times.clone();
        times.sort();
        times
            .get(times.len() / 2)
            .map(|time| time.as_secs_f64() * 1e3)
    }

    fn print(&self, compilers: usize) {
        let name = &self.name;
        let why = match (&self.answer, self.median()) {
            (Ok(works), Some(median)) => {
                let [least, most] = [self.times.iter().min(), self.times.iter().max()]
                    .map(|time| time.map_or(0.0, |time| time.as_secs_f64() * 1e3));
                let works = works.map_or_else(String::new, |works| {
                    format!("   OpenMP in {works} of {compilers}")
                });
                println!("  {name:<34} {median:>8.1} ms  ({least:.1}–{most:.1}){works}");
                return;
            }
            (Err(why), _) => why,
            (Ok(_), None) => "not run",
        };
        let lines: Vec<&str> = why.lines().filter(|line| !line.is_empty()).collect();
        println!("  {name:<34} {}", lines.join("\n    "));
    }
}

#[derive(Clone, Copy)]
enum Aim {
    AtMost(f64),
    AtLeast(f64),
    None,
}

fn compare(what: &str, value: Option<f64>, unit: &str, aim: Aim) {
    let Some(value) = value else {
        println!("  {what:<34} not measured");
        return;
    };
    let verdict = match aim {
        Aim::AtMost(most) if value <= most => format!("   aim: at most {most}   PASS"),
        Aim::AtMost(most) => format!("   aim: at most {most}   above aim"),
        Aim::AtLeast(least) if value >= least => format!("   aim: at least {least}   PASS"),
        Aim::AtLeast(least) => format!("   aim: at least {least}   below aim"),
        Aim::None => String::new(),
    };
    println!("  {what:<34} {value:>8.2}{unit}{verdict}");
}

#[expect(
    clippy::disallowed_methods,
    reason = "the bench's entry: which Meson is meant"
)]
fn meson_program() -> String {
    std::env::var("MESON").unwrap_or_else(|_| "meson".to_owned())
}

fn main() {
    // Cargo adds arguments of its own.
    let rounds = std::env::args()
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(ROUNDS)
        .max(1);
    let (compilers, absent): (Vec<&str>, Vec<&str>) = COMPILERS
        .iter()
        .partition(|compiler| version(compiler).is_some());
    let compilers = &compilers[..];
    if compilers.is_empty() {
        println!("probe: skipped: needs one of {}", COMPILERS.join(" "));
        return;
    }
    let meson_program = meson_program();
    let [cmake_version, meson_version] = ["cmake", &meson_program].map(version);
    let has_cmake = cmake_version.is_some();
    let cmake_name = cmake_version.unwrap_or_else(|| "cmake".to_owned());
    let has_meson = meson_version.is_some();
    let meson_name = meson_version.map_or_else(
        || "meson".to_owned(),
        |version| format!("meson version {version}"),
    );
    let has_true = version("true").is_some();
    let cache = tempfile::tempdir().expect("a temporary directory");
    let cache = cache.path().to_str().expect("a path that is text");

    // A floor with an idle worker at its end is none: the longest goes first.
    let mut longest_first: Vec<(Duration, &str)> = compilers
        .iter()
        .map(|compiler| {
            let directory = tempfile::tempdir().expect("a temporary directory");
            floor(&[compiler], &directory.path().join("first"));
            let start = Instant::now();
            floor(&[compiler], &directory.path().join("second"));
            (start.elapsed(), *compiler)
        })
        .collect();
    longest_first.sort_by(|one, other| other.cmp(one));
    let longest_first: Vec<&str> = longest_first
        .into_iter()
        .map(|(_, compiler)| compiler)
        .collect();

    let own = |arguments: &'static [&'static str]| {
        move |directory: &Path| probe(compilers, arguments, directory).map(|()| None)
    };
    let mut contestants = [
        Contestant::new("floor, two at a time", |directory| {
            Ok(Some(floor(&longest_first, directory)))
        }),
        Contestant::new(
            "cfgmatrix probe, no cache",
            own(&["--no-cache", "--only", "compilers"]),
        ),
        Contestant::new(&cmake_name, |directory| {
            Ok(Some(cmake(compilers, false, directory)))
        })
        .needs("cmake", has_cmake),
        Contestant::new(meson_name, |directory| {
            Ok(Some(meson(&meson_program, compilers, directory)))
        })
        .needs("meson in PATH or MESON", has_meson),
        Contestant::new("true", |_| {
            let ended_well = succeeds(&mut command("true"));
            assert!(ended_well, "true ends well");
            Ok(None)
        })
        .short()
        .needs("true", has_true),
        Contestant::new("cfgmatrix probe, all in its cache", |directory| {
            let arguments = ["--cache-dir", cache, "--only", "compilers"];
            probe(compilers, &arguments, directory).map(|()| None)
        })
        .short(),
        Contestant::new(
            "cfgmatrix probe with BLAS",
            own(&["--no-cache", "--only", "compilers,blas"]),
        ),
        Contestant::new(format!("{cmake_name} with BLAS"), |directory| {
            Ok(Some(cmake(compilers, true, directory)))
        })
        .needs("cmake", has_cmake),
    ];
    // Off the record: files come from memory afterwards, and the cache is filled.
    for contestant in &mut contestants {
        let _ = contestant.once();
    }
    for _ in 0..rounds {
        contestants.iter_mut().for_each(Contestant::round);
    }

    println!("probe, whole processes, medians of {rounds} rounds (least–most):");
    println!("  compilers: {}", compilers.join(" "));
    if !absent.is_empty() {
        println!("  absent: {}", absent.join(" "));
    }
    for contestant in &contestants {
        contestant.print(compilers.len());
    }
    let [floor, cold, cmake, meson, start, warm, blas, cmake_blas] =
        contestants.each_ref().map(Contestant::median);
    let ratio = |above: Option<f64>, below: Option<f64>| Some(above? / below?);
    let above_start = warm.zip(start).map(|(warm, start)| warm - start);
    println!("what matters:");
    compare("probe / floor", ratio(cold, floor), "", Aim::AtMost(1.3));
    compare("CMake / probe", ratio(cmake, cold), "", Aim::AtLeast(8.0));
    compare("Meson / probe", ratio(meson, cold), "", Aim::AtLeast(10.0));
    compare("from cache − true", above_start, " ms", Aim::AtMost(10.0));
    compare(
        "CMake / probe, with BLAS",
        ratio(cmake_blas, blas),
        "",
        Aim::None,
    );
}
