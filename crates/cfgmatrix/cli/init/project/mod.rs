//! What a project's files say of it: text in, findings out.

mod cargo;
mod cmake;
mod make;
mod meson;
mod python;
mod script;
mod words;

use std::ops::Range;

use cfgmatrix_core::{Language, Provides};

/// Something that is true of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fact {
    /// What it is called.
    Name(String),
    /// It has sources in this language.
    Language(Language),
    /// It uses OpenMP.
    OpenMp,
    /// It uses BLAS or a library around it.
    Provides(Provides),
    /// It uses MPI.
    Mpi,
}

/// A fact, and where it was seen.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    pub(super) fact: Fact,
    /// Whether the project cannot be built without; else it may be.
    pub(super) required: bool,
    /// The file's name.
    pub(super) file: &'static str,
    /// Line, from 1.
    pub(super) line: usize,
    /// What stands there, on one line.
    pub(super) text: String,
}

/// What is known of a project.
#[derive(Clone, Debug, Default)]
pub(super) struct Project {
    /// The files that were read.
    pub(super) files: Vec<&'static str>,
    /// Each fact of each file once.
    pub(super) findings: Vec<Finding>,
    /// What could not be read, and why.
    pub(super) warnings: Vec<String>,
}

impl Project {
    /// The first finding that says so.
    pub(super) fn first(&self, fact: impl Fn(&Fact) -> bool) -> Option<&Finding> {
        self.findings.iter().find(|finding| fact(&finding.fact))
    }

    /// The findings of a fact, one a file at most.
    pub(super) fn of<'p>(&'p self, fact: &'p Fact) -> impl Iterator<Item = &'p Finding> {
        self.findings
            .iter()
            .filter(move |finding| finding.fact == *fact)
    }

    /// Whether something says so.
    pub(super) fn has(&self, fact: &Fact) -> bool {
        self.of(fact).next().is_some()
    }

    /// The languages, in the order that they are always in.
    pub(super) fn languages(&self) -> Vec<Language> {
        let all = Language::ALL.iter().copied();
        all.filter(|&language| self.has(&Fact::Language(language)))
            .collect()
    }

    /// What it uses around BLAS, that itself first; empty where it uses none.
    pub(super) fn provides(&self) -> Vec<Provides> {
        let used = |&(provides, _): &(Provides, _)| self.has(&Fact::Provides(provides));
        if !PROVIDES.iter().any(used) {
            return Vec::new();
        }
        let own = PROVIDES.iter().skip(1).filter(|provides| used(provides));
        std::iter::once(Provides::Blas)
            .chain(own.map(|(provides, _)| *provides))
            .collect()
    }
}

/// What may be used around BLAS, that itself first, as matrix files write it.
pub(super) const PROVIDES: [(Provides, &str); 5] = [
    (Provides::Blas, "blas"),
    (Provides::Cblas, "cblas"),
    (Provides::Lapack, "lapack"),
    (Provides::Lapacke, "lapacke"),
    (Provides::Scalapack, "scalapack"),
];

/// The files that are looked for, in the order in which a name is taken from
/// them. Of alternatives, the first that is there counts.
pub(super) const FILES: [&[&str]; 7] = [
    &["Cargo.toml"],
    &["build.rs"],
    &["CMakeLists.txt"],
    &["meson.build"],
    &["pyproject.toml"],
    &["setup.py"],
    &["GNUmakefile", "makefile", "Makefile"],
];

/// No build file that people write comes near this size, in bytes.
pub(super) const MAX_BYTES: usize = 1 << 20;

/// Reads a file of [`FILES`] into what is known.
pub(super) fn read(file: &'static str, bytes: &[u8], project: &mut Project) {
    if bytes.len() > MAX_BYTES {
        let limit = MAX_BYTES >> 20;
        project.warnings.push(format!(
            "{file} is not read: it is larger than {limit} MiB, which no build file is"
        ));
        return;
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        project
            .warnings
            .push(format!("{file} is not read: it is no UTF-8"));
        return;
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reading = Reading::new(file, text);
    let read = match file {
        "Cargo.toml" => cargo::read_manifest(&mut reading),
        "build.rs" => {
            cargo::read_build_script(&mut reading);
            Ok(())
        }
        "CMakeLists.txt" => cmake::read(&mut reading),
        "meson.build" => meson::read(&mut reading),
        "pyproject.toml" => python::read_pyproject(&mut reading),
        "setup.py" => python::read_setup(&mut reading),
        _ => {
            make::read(&mut reading);
            Ok(())
        }
    };
    project.files.push(file);
    project.findings.append(&mut reading.findings);
    if let Err(warning) = read {
        project.warnings.push(warning);
    }
}

/// A file while it is read.
struct Reading<'t> {
    file: &'static str,
    text: &'t str,
    /// Where each line begins.
    lines: Vec<usize>,
    findings: Vec<Finding>,
}

impl<'t> Reading<'t> {
    fn new(file: &'static str, text: &'t str) -> Self {
        let breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        Self {
            file,
            text,
            lines: std::iter::once(0).chain(breaks).collect(),
            findings: Vec::new(),
        }
    }

    /// The line of an offset, from 1.
    fn line_of(&self, offset: usize) -> usize {
        self.lines.partition_point(|&start| start <= offset)
    }

    /// Where a text first stands; the top where it does not.
    fn offset_of(&self, what: &str) -> usize {
        self.text.find(what).unwrap_or(0)
    }

    /// Whether the file said it before.
    fn knows(&self, fact: &Fact) -> bool {
        self.findings.iter().any(|finding| finding.fact == *fact)
    }

    /// Whether the file said a fact before. One that is required counts over one
    /// that may be.
    fn again(&mut self, fact: &Fact, required: bool) -> bool {
        let same = |finding: &&mut Finding| {
            finding.fact == *fact || matches!((&finding.fact, fact), (Fact::Name(_), Fact::Name(_)))
        };
        let known = self.findings.iter_mut().find(same);
        known.map(|known| known.required |= required).is_some()
    }

    /// Notes a fact that the line of an offset says, unless the file said it before.
    fn note(&mut self, fact: Fact, required: bool, offset: usize) {
        if self.again(&fact, required) {
            return;
        }
        let start = self.lines[self.line_of(offset) - 1];
        let length = self.text[start..].find('\n');
        let end = length.map_or(self.text.len(), |length| start + length);
        self.note_call(fact, required, &(start..end));
    }

    /// Notes a fact that a part of the file says, likewise.
    fn note_call(&mut self, fact: Fact, required: bool, span: &Range<usize>) {
        if self.again(&fact, required) {
            return;
        }
        let finding = Finding {
            fact,
            required,
            file: self.file,
            line: self.line_of(span.start),
            text: excerpt(&self.text[span.clone()]),
        };
        self.findings.push(finding);
    }

    /// A warning about what stands at an offset.
    fn warning(&self, offset: usize, what: &str) -> String {
        format!("{}:{}: {what}", self.file, self.line_of(offset))
    }
}

/// A part of a file as it is shown: on one line, without what moves a terminal's
/// cursor, and not long.
fn excerpt(part: &str) -> String {
    const WIDTH: usize = 60;
    let words: Vec<&str> = part.split_whitespace().take(WIDTH).collect();
    let line = words.join(" ");
    let mut shown: String = line
        .chars()
        .take(WIDTH)
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect();
    if line.chars().nth(WIDTH).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What the readers look for, and what may confuse them.
    const PARTS: [&str; 40] = [
        "project(",
        "find_package(",
        "MPI",
        "OpenMP",
        " REQUIRED",
        "set(a ",
        "${a}",
        "[=[",
        "]=]",
        "#[[",
        "]]",
        "dependency(",
        "'",
        "'''",
        "\"",
        "\\",
        "\n",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        "=",
        "#",
        "//",
        " ",
        "setup(",
        "name=",
        "Extension(",
        "libraries=",
        "-fopenmp",
        "-lblas",
        "a.f90",
        ".f.o:",
        "$(CC)",
        "if",
        "é",
    ];

    fn any_file() -> impl Strategy<Value = &'static str> {
        prop::sample::select(FILES.concat())
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd_to_read(file in any_file(), parts in prop::collection::vec(prop::sample::select(&PARTS[..]), 0..40)) {
            let text = parts.concat();
            let mut project = Project::default();
            read(file, text.as_bytes(), &mut project);
            for finding in &project.findings {
                prop_assert!(finding.line <= 1 + text.matches('\n').count());
                prop_assert!(!finding.text.contains(char::is_control));
            }
        }

        #[test]
        fn no_bytes_are_too_odd_to_read(file in any_file(), bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            read(file, &bytes, &mut Project::default());
        }
    }

    /// What a file says, without where.
    fn facts(file: &'static str, text: &str) -> Vec<Fact> {
        let mut project = Project::default();
        read(file, text.as_bytes(), &mut project);
        assert!(project.warnings.is_empty(), "{:?}", project.warnings);
        project
            .findings
            .into_iter()
            .map(|finding| finding.fact)
            .collect()
    }

    #[test]
    fn near_misses_are_not_taken() {
        for (file, text) in [
            (
                "CMakeLists.txt",
                "# find_package(MPI)\nfind_package(Threads)\nmessage(\"find_package(BLAS)\")",
            ),
            (
                "CMakeLists.txt",
                "add_compile_options(-fopenmp-simd -fno-openmp)",
            ),
            (
                "meson.build",
                "# dependency('mpi')\nmessage('dependency(mpi)')",
            ),
            ("setup.py", "# setup(name='x')\nx = 'setup(name=1)'"),
            (
                "Makefile",
                "# -lblas\nlink = -lm -lblast -openmp-not\nCPP = cpp\nFCFLAGS =",
            ),
            (
                "Cargo.toml",
                "[dependencies]\nndarray = \"0.16\"\nopenblas = \"1\"",
            ),
            ("build.rs", "// \"-fopenmp\"\nlet c = 'c';"),
            (
                "pyproject.toml",
                "[build-system]\nrequires = [\"cythonish\", \"mpi4py-fft\"]",
            ),
        ] {
            assert_eq!(facts(file, text), [], "{file}: {text}");
        }
    }

    #[test]
    fn each_way_to_say_it_is_understood() {
        let c = Fact::Language(Language::C);
        let cxx = Fact::Language(Language::Cxx);
        let fortran = Fact::Language(Language::Fortran);
        let name = Fact::Name("n".to_owned());
        let blas = Fact::Provides(Provides::Blas);
        let lapack = Fact::Provides(Provides::Lapack);
        for (file, text, expected) in [
            ("CMakeLists.txt", "project(n)", vec![&name, &c, &cxx]),
            (
                "CMakeLists.txt",
                "project(n NONE)\nenable_language(Fortran)",
                vec![&name, &fortran],
            ),
            (
                "CMakeLists.txt",
                "PROJECT (\"n\" C Fortran)",
                vec![&name, &c, &fortran],
            ),
            (
                "CMakeLists.txt",
                "target_link_libraries(a ${LAPACK_LIBRARIES} MPI::MPI_C)",
                vec![&lapack, &Fact::Mpi],
            ),
            (
                "CMakeLists.txt",
                "pkg_check_modules(B REQUIRED openblas>=0.3)",
                vec![&blas],
            ),
            (
                "meson.build",
                "project('n', 'cpp')\nfind_library('blas')",
                vec![&name, &cxx, &blas],
            ),
            ("pyproject.toml", "[tool.poetry]\nname = \"n\"", vec![&name]),
            (
                "setup.py",
                "setup(name='n', ext_modules=cythonize('a.pyx'))",
                vec![&name, &c],
            ),
            (
                "Makefile",
                "f77 := ${F77}\nlibs = -lmkl_rt",
                vec![&fortran, &lapack],
            ),
            (
                "Makefile",
                "CFLAGS += -Wl,-lopenblas -fopenmp=libomp",
                vec![&blas, &Fact::OpenMp],
            ),
            (
                "Cargo.toml",
                "[dependencies.ndarray]\nfeatures = [\"blas\"]",
                vec![&blas],
            ),
            (
                "build.rs",
                "b.flag(\"-qopenmp\"); println!(\"cargo::rustc-link-lib=lapack\")",
                vec![&Fact::OpenMp, &lapack],
            ),
        ] {
            let found = facts(file, text);
            assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{file}: {text}");
        }
    }
}
