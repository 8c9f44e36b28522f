//! BLAS libraries: a library × threading × interface is a triple, not a `-l` name.

use serde::{Deserialize, Serialize};

use super::knowledge::{KnowledgeBase, RowSource, check_format, invalid, invalid_key};
use super::selector::{ArchSet, OsSet, Systems};
use crate::document::{Document, UniqueMap};
use crate::error::Error;
use crate::name::{Target, UnknownWord};

/// How a library runs one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Threading {
    /// In the calling thread.
    Sequential,
    /// In the threads of an OpenMP run-time library.
    Openmp,
    /// In threads of its own.
    Pthread,
    /// In the threads of oneTBB.
    Tbb,
}

impl Threading {
    /// The word used in documents and output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sequential => "sequential",
            Self::Openmp => "openmp",
            Self::Pthread => "pthread",
            Self::Tbb => "tbb",
        }
    }
}

/// What a request may say of threading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WantedThreading {
    /// This very kind.
    Exactly(Threading),
    /// More than one thread; which kind suits the compiler is for the knowledge base to say.
    Threaded,
}

impl std::str::FromStr for WantedThreading {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Ok(match text {
            "sequential" => Self::Exactly(Threading::Sequential),
            "openmp" => Self::Exactly(Threading::Openmp),
            "pthread" => Self::Exactly(Threading::Pthread),
            "tbb" => Self::Exactly(Threading::Tbb),
            "threaded" => Self::Threaded,
            _ => {
                return Err(UnknownWord::new(
                    "BLAS threading",
                    text,
                    ["sequential", "threaded", "openmp", "pthread", "tbb"],
                ));
            }
        })
    }
}

impl WantedThreading {
    /// The word used in documents and output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exactly(threading) => threading.as_str(),
            Self::Threaded => "threaded",
        }
    }
}

/// Width of the integers that calls take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Interface {
    /// 32-bit integers.
    #[default]
    Lp64,
    /// 64-bit integers.
    Ilp64,
}

impl Interface {
    /// The word used in documents and output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lp64 => "lp64",
            Self::Ilp64 => "ilp64",
        }
    }
}

/// Which kind of file is linked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Linkage {
    /// A shared library, found again when the program starts.
    #[default]
    Shared,
    /// An archive: nothing can take its place later.
    Static,
}

/// A set of routines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Provides {
    /// BLAS, called as from Fortran.
    Blas,
    /// BLAS, called as from C.
    Cblas,
    /// LAPACK, called as from Fortran.
    Lapack,
    /// LAPACK, called as from C.
    Lapacke,
    /// ScaLAPACK with its BLACS.
    Scalapack,
}

/// How serious a conflict is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Severity {
    /// Such a build does not work.
    Error,
    /// It works, and not as well as it should.
    Warning,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Headers {
    #[serde(default)]
    cblas: Option<String>,
    #[serde(default)]
    lapacke: Option<String>,
}

/// Environment variables that set the thread count; the first one set wins.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Threads {
    threading: Vec<Threading>,
    variables: Vec<String>,
    #[serde(default)]
    os: OsSet,
    source: String,
    #[serde(default, rename = "note")]
    _note: Option<String>,
}

/// Families a row is for: all plain, or all but these.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
struct FamilySet(Vec<String>);

impl FamilySet {
    fn has(&self, family: &str) -> bool {
        let named = self
            .0
            .iter()
            .any(|name| name.trim_start_matches('!') == family);
        match self.0.first() {
            None => true,
            Some(first) => named != first.starts_with('!'),
        }
    }

    fn check(&self, base: &KnowledgeBase) -> Result<(), String> {
        let negated = self.0.iter().filter(|name| name.starts_with('!')).count();
        if negated != 0 && negated != self.0.len() {
            return Err(
                "families are all plain (only these) or all negated with `!` (all but these)"
                    .to_owned(),
            );
        }
        self.0.iter().try_for_each(|name| {
            let id = name.trim_start_matches('!');
            match base.family_ids().any(|known| known == id) {
                true => Ok(()),
                false => {
                    Err(UnknownWord::new("compiler family", id, base.family_ids()).to_string())
                }
            }
        })
    }
}

/// One way of linking a library.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlasRow {
    /// How its calls run.
    pub threading: Threading,
    /// Width of its integers.
    pub interface: Interface,
    /// Kind of file.
    #[serde(default)]
    pub linkage: Linkage,
    #[serde(default)]
    families: FamilySet,
    #[serde(default)]
    os: OsSet,
    #[serde(default)]
    arch: ArchSet,
    /// OpenMP run-time library that its threads are of.
    #[serde(default)]
    pub runtime: Option<String>,
    /// MPI implementation that its BLACS is for.
    #[serde(default)]
    pub mpi: Option<String>,
    /// What it brings.
    pub provides: Vec<Provides>,
    /// Tokens for compiling.
    #[serde(default)]
    pub compile: Vec<String>,
    /// Macros to define, `NAME` or `NAME=VALUE`.
    #[serde(default)]
    pub define: Vec<String>,
    /// Tokens for linking, before the objects.
    #[serde(default)]
    pub link: Vec<String>,
    /// Tokens for linking, after the objects.
    #[serde(default)]
    pub libs: Vec<String>,
    /// Name in pkg-config; a hint, never a proof.
    #[serde(default)]
    pub pkg_config: Option<String>,
    /// What is appended to symbol names.
    #[serde(default)]
    pub symbol_suffix: Option<String>,
    /// Environment the running program needs.
    #[serde(default)]
    pub run_env: UniqueMap<String, String>,
    /// Package names by package manager.
    #[serde(default)]
    pub install: UniqueMap<String, String>,
    /// What says so.
    pub source: String,
    /// Conditions and reasons.
    #[serde(default)]
    pub note: Option<String>,
}

impl BlasRow {
    fn systems(&self) -> Systems {
        Systems {
            os: self.os,
            arch: self.arch,
        }
    }

    /// ScaLAPACK rows are linked in addition to the library's own.
    #[must_use]
    pub fn is_addition(&self) -> bool {
        self.provides.contains(&Provides::Scalapack) && !self.provides.contains(&Provides::Blas)
    }

    fn overlaps(&self, other: &Self, base: &KnowledgeBase) -> bool {
        (
            self.threading,
            self.interface,
            self.linkage,
            self.is_addition(),
        ) == (
            other.threading,
            other.interface,
            other.linkage,
            other.is_addition(),
        ) && self.runtime == other.runtime
            && self.mpi == other.mpi
            && self.systems().meets(other.systems())
            && base
                .family_ids()
                .any(|family| self.families.has(family) && other.families.has(family))
    }
}

/// Where the files of one variant of a library are.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlasPlace {
    /// How its calls run; where it is left out, files of every kind are there.
    #[serde(default)]
    pub threading: Option<Threading>,
    /// Width of its integers; likewise.
    #[serde(default)]
    pub interface: Option<Interface>,
    #[serde(default)]
    os: OsSet,
    #[serde(default)]
    arch: ArchSet,
    /// Directories of library files; `{multiarch}` is Debian's triplet, `{root}` the library's root variable.
    pub library: Vec<String>,
    /// Directories of headers, likewise.
    #[serde(default)]
    pub include: Vec<String>,
    /// The shared file's name.
    #[serde(default)]
    pub file: Option<String>,
    /// The archive's name.
    #[serde(default, rename = "static")]
    pub archive: Option<String>,
    /// What the archive needs after it.
    #[serde(default)]
    pub static_libs: Vec<String>,
    /// What must be linked instead where LAPACKE or ScaLAPACK come too.
    #[serde(default)]
    pub lapack_libs: Vec<String>,
    /// What says so.
    pub source: String,
    /// Conditions.
    #[serde(default)]
    pub note: Option<String>,
}

impl BlasPlace {
    /// Whether files of this kind are there on a system.
    #[must_use]
    pub fn holds(&self, threading: Threading, interface: Interface, target: Target) -> bool {
        self.threading.is_none_or(|kind| kind == threading)
            && self.interface.is_none_or(|width| width == interface)
            && self.os.has(target.os)
            && self.arch.has(target.arch)
    }
}

/// A combination that fails, or that works worse than it looks.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlasConflict {
    #[serde(default)]
    families: FamilySet,
    #[serde(default)]
    os: OsSet,
    #[serde(default)]
    threading: Option<Threading>,
    #[serde(default)]
    interface: Option<Interface>,
    #[serde(default)]
    linkage: Option<Linkage>,
    /// Of the row.
    #[serde(default)]
    runtime: Option<String>,
    /// Of the compiler.
    #[serde(default)]
    openmp_runtime: Vec<String>,
    #[serde(default)]
    mpi: Option<String>,
    #[serde(default)]
    provides: Option<Provides>,
    /// How serious it is.
    pub severity: Severity,
    /// What happens.
    pub reason: String,
    /// What to do instead.
    #[serde(default)]
    pub hint: Option<String>,
    /// What says so.
    pub source: String,
    /// Conditions.
    #[serde(default, rename = "note")]
    _note: Option<String>,
}

impl BlasConflict {
    fn meets(&self, row: &BlasRow, request: &BlasRequest<'_>) -> bool {
        self.families.has(request.family)
            && self.os.has(request.target.os)
            && self
                .threading
                .is_none_or(|threading| threading == row.threading)
            && self
                .interface
                .is_none_or(|interface| interface == row.interface)
            && self.linkage.is_none_or(|linkage| linkage == row.linkage)
            && self
                .runtime
                .as_ref()
                .is_none_or(|runtime| row.runtime.as_ref() == Some(runtime))
            && (self.openmp_runtime.is_empty()
                || request
                    .openmp_runtime
                    .is_some_and(|runtime| self.openmp_runtime.iter().any(|name| name == runtime)))
            && self
                .mpi
                .as_deref()
                .is_none_or(|mpi| request.mpi == Some(mpi))
            && self.provides.is_none_or(|provides| {
                row.provides.contains(&provides) || request.provides.contains(&provides)
            })
    }
}

/// A function without arguments that tells a library's threading.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlasQuery {
    /// Its name; it returns an `int`.
    pub symbol: String,
    /// What it returns, and what that means.
    pub values: UniqueMap<String, Threading>,
    /// What says so.
    pub source: String,
}

/// A BLAS library.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blas {
    format_version: u32,
    /// Identifier, such as `openblas`.
    pub id: String,
    /// Its maker's name for it.
    pub name: String,
    /// Other words that mean it.
    pub aliases: Vec<String>,
    #[serde(default)]
    families: FamilySet,
    headers: Headers,
    #[serde(default)]
    threads: Vec<Threads>,
    /// How a linked library is asked for its threading.
    #[serde(default)]
    pub query: Option<BlasQuery>,
    rows: Vec<BlasRow>,
    /// Where its files are.
    #[serde(default)]
    pub places: Vec<BlasPlace>,
    /// Variables that name its root directory.
    #[serde(default)]
    pub root_variables: Vec<String>,
    #[serde(default)]
    conflicts: Vec<BlasConflict>,
    /// What is worth knowing of the library as a whole.
    #[serde(default)]
    pub note: Option<String>,
}

/// A question for a library.
#[derive(Clone, Debug)]
pub struct BlasRequest<'a> {
    /// Compiler family's id.
    pub family: &'a str,
    /// System built for.
    pub target: Target,
    /// Wanted threading.
    pub threading: WantedThreading,
    /// Wanted integers.
    pub interface: Interface,
    /// Wanted kind of file.
    pub linkage: Linkage,
    /// The OpenMP run-time library that the program itself runs on, if it uses OpenMP.
    pub openmp_runtime: Option<&'a str>,
    /// MPI implementation, if the program uses it.
    pub mpi: Option<&'a str>,
    /// What must be provided.
    pub provides: &'a [Provides],
}

/// A library as it is linked.
#[derive(Clone, Debug)]
pub struct ResolvedBlas<'k> {
    /// The library.
    pub library: &'k Blas,
    /// The row that answers.
    pub row: &'k BlasRow,
    /// Where that row stands.
    pub source: RowSource<'k>,
    /// ScaLAPACK's row, linked before.
    pub additions: Vec<&'k BlasRow>,
    /// What is known to work worse than it looks.
    pub warnings: Vec<&'k BlasConflict>,
}

impl ResolvedBlas<'_> {
    /// Thread-count variables, the strongest first.
    #[must_use]
    pub fn thread_variables(&self, target: Target) -> Vec<&str> {
        self.library.thread_variables(self.row.threading, target)
    }

    /// All link tokens before the objects.
    pub fn link(&self) -> impl Iterator<Item = &str> {
        self.rows().flat_map(|row| &row.link).map(String::as_str)
    }

    /// All link tokens after the objects.
    pub fn libs(&self) -> impl Iterator<Item = &str> {
        self.rows().flat_map(|row| &row.libs).map(String::as_str)
    }

    fn rows(&self) -> impl Iterator<Item = &BlasRow> {
        self.additions
            .iter()
            .copied()
            .chain(std::iter::once(self.row))
    }
}

impl Blas {
    pub(crate) fn parse(document: &Document) -> Result<Self, Error> {
        let blas: Self = document.json()?;
        check_format(document, blas.format_version)?;
        Ok(blas)
    }

    /// All rows.
    #[must_use]
    pub fn rows(&self) -> &[BlasRow] {
        &self.rows
    }

    /// All conflicts.
    #[must_use]
    pub fn conflicts(&self) -> &[BlasConflict] {
        &self.conflicts
    }

    /// The header that declares a C interface.
    #[must_use]
    pub fn header(&self, provides: Provides) -> Option<&str> {
        match provides {
            Provides::Cblas => self.headers.cblas.as_deref(),
            Provides::Lapacke => self.headers.lapacke.as_deref(),
            _ => None,
        }
    }

    /// Thread-count variables for a kind of threading, the strongest first.
    #[must_use]
    pub fn thread_variables(&self, threading: Threading, target: Target) -> Vec<&str> {
        let entry = self
            .threads
            .iter()
            .find(|entry| entry.threading.contains(&threading) && entry.os.has(target.os));
        entry.map_or_else(Vec::new, |entry| {
            entry.variables.iter().map(String::as_str).collect()
        })
    }

    pub(crate) fn check(&self, document: &Document, base: &KnowledgeBase) -> Result<(), Error> {
        self.families
            .check(base)
            .map_err(|message| invalid_key(document, "families", message))?;
        if let Some(threads) = self
            .threads
            .iter()
            .find(|threads| threads.source.trim().is_empty())
        {
            let message = format!(
                "an entry of `threads` ({:?}) needs a `source`",
                threads.threading
            );
            return Err(invalid_key(document, "threads", message));
        }
        for (number, row) in self.rows.iter().enumerate() {
            let wrong = |message: String| invalid(document, "rows", number, message);
            row.families.check(base).map_err(wrong)?;
            if let Some(token) = row
                .compile
                .iter()
                .chain(&row.link)
                .chain(&row.libs)
                .chain(&row.define)
                .find(|token| token.is_empty() || token.contains(char::is_whitespace))
            {
                return Err(wrong(format!(
                    "{token:?} is no token: each argument is one element of the list, without spaces"
                )));
            }
            if row.compile.is_empty()
                && row.link.is_empty()
                && row.libs.is_empty()
                && row.note.is_none()
            {
                return Err(wrong(
                    "a row without tokens needs a `note` that says why none is needed".to_owned(),
                ));
            }
            if row.provides.is_empty() || row.source.trim().is_empty() {
                return Err(wrong("a row needs `provides` and a `source`".to_owned()));
            }
            if let Some(earlier) = self.rows[..number]
                .iter()
                .position(|other| other.overlaps(row, base))
            {
                let line = document.place_of_element("rows", earlier).line();
                return Err(wrong(format!(
                    "the row overlaps the one on line {line}: one question would have two answers"
                )));
            }
        }
        for (number, conflict) in self.conflicts.iter().enumerate() {
            let wrong = |message: String| invalid(document, "conflicts", number, message);
            conflict.families.check(base).map_err(wrong)?;
            if conflict.reason.trim().is_empty() || conflict.source.trim().is_empty() {
                return Err(wrong(
                    "a conflict needs a `reason` and a `source`".to_owned(),
                ));
            }
        }
        Ok(())
    }

    /// What is linked for a request, of the threading kinds that it allows the
    /// one that suits the compiler best.
    fn choose(
        &self,
        request: &BlasRequest<'_>,
    ) -> Result<(usize, &BlasRow, Vec<&BlasConflict>), String> {
        let kinds: &[Threading] = match request.threading {
            WantedThreading::Exactly(Threading::Sequential) => &[Threading::Sequential],
            WantedThreading::Exactly(Threading::Openmp) => &[Threading::Openmp],
            WantedThreading::Exactly(Threading::Pthread) => &[Threading::Pthread],
            WantedThreading::Exactly(Threading::Tbb) => &[Threading::Tbb],
            // The program's own OpenMP threads are used where the library can.
            WantedThreading::Threaded => &[Threading::Openmp, Threading::Pthread, Threading::Tbb],
        };
        let here = |row: &&(usize, &BlasRow)| {
            self.families.has(request.family)
                && row.1.families.has(request.family)
                && row.1.systems().has(request.target)
                && !row.1.is_addition()
        };
        let numbered: Vec<(usize, &BlasRow)> = self.rows.iter().enumerate().collect();
        let mut refused = None;
        for &kind in kinds {
            let mut rows: Vec<&(usize, &BlasRow)> = numbered
                .iter()
                .filter(here)
                .filter(|(_, row)| {
                    row.threading == kind
                        && row.interface == request.interface
                        && row.linkage == request.linkage
                })
                .collect();
            // The program's own run-time library first, then rows that name none.
            rows.sort_by_key(|(_, row)| match (&row.runtime, request.openmp_runtime) {
                (Some(runtime), Some(own)) if runtime == own => 0,
                (None, _) => 1,
                _ => 2,
            });
            for (number, row) in rows {
                let met: Vec<&BlasConflict> = self
                    .conflicts
                    .iter()
                    .filter(|conflict| conflict.meets(row, request))
                    .collect();
                match met
                    .iter()
                    .find(|conflict| conflict.severity == Severity::Error)
                {
                    None => return Ok((*number, row, met)),
                    Some(conflict) => {
                        let hint = conflict
                            .hint
                            .as_deref()
                            .map(|hint| format!("; {hint}"))
                            .unwrap_or_default();
                        refused.get_or_insert_with(|| format!("{}{hint}", conflict.reason));
                    }
                }
            }
        }
        Err(refused.unwrap_or_else(|| {
            let mut have: Vec<String> = numbered
                .iter()
                .filter(here)
                .map(|(_, row)| describe(row))
                .collect();
            have.dedup();
            have.sort();
            have.dedup();
            match have.is_empty() {
                true => "the library does not exist there".to_owned(),
                false => format!("there it is {}", have.join(", ")),
            }
        }))
    }

    fn addition(&self, request: &BlasRequest<'_>, row: &BlasRow) -> Option<&BlasRow> {
        self.rows.iter().find(|other| {
            other.is_addition()
                && other.interface == row.interface
                && other.linkage == row.linkage
                && other.threading == row.threading
                && other.families.has(request.family)
                && other.systems().has(request.target)
                && other
                    .mpi
                    .as_deref()
                    .is_none_or(|mpi| request.mpi == Some(mpi))
        })
    }
}

fn describe(row: &BlasRow) -> String {
    let linkage = if row.linkage == Linkage::Static {
        " (static)"
    } else {
        ""
    };
    format!(
        "{} {}{linkage}",
        row.threading.as_str(),
        row.interface.as_str()
    )
}

impl KnowledgeBase {
    /// How `library` is linked for `request`.
    ///
    /// # Errors
    /// No such library; or it cannot be had so, with what there is instead or
    /// the conflict that stands against it.
    pub fn resolve_blas(
        &self,
        library: &str,
        request: &BlasRequest<'_>,
    ) -> Result<ResolvedBlas<'_>, Error> {
        let library = self.blas(library)?;
        let refuse = |reason: String| Error::NoLibrary {
            library: library.name.clone(),
            wanted: format!(
                "{} {}",
                request.threading.as_str(),
                request.interface.as_str()
            ),
            family: request.family.to_owned(),
            target: request.target,
            reason,
        };
        let (number, row, warnings) = library.choose(request).map_err(refuse)?;
        let mut additions = Vec::new();
        for provides in request.provides {
            if row.provides.contains(provides) {
                continue;
            }
            match library
                .addition(request, row)
                .filter(|row| row.provides.contains(provides))
            {
                Some(addition) => additions.push(addition),
                None => {
                    return Err(refuse(
                        format!("it does not provide {provides:?}").to_lowercase(),
                    ));
                }
            }
        }
        let document = self
            .blas_document(&library.id)
            .expect("a library was read from a document");
        Ok(ResolvedBlas {
            library,
            row,
            source: RowSource::new(document, number),
            additions,
            warnings,
        })
    }
}
