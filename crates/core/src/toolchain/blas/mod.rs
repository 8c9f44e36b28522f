//! BLAS libraries: a library × threading × interface is a triple, not a `-l` name.

mod resolve;
mod words;

use std::collections::BTreeMap;

use regex_lite::Regex;
use serde::Deserialize;

use super::identify::check_pattern;
use super::knowledge::KnowledgeBase;
use super::layer::{check_format, invalid, invalid_key};
use super::selector::{ArchSet, OsSet, Systems};
use crate::document::{Document, UniqueMap, objects};
use crate::error::Error;
use crate::name::{Target, UnknownWord};
use crate::version::Version;

pub use resolve::{BlasRequest, ResolvedBlas};
pub use words::{Interface, Linkage, Provides, Severity, Threading, WantedThreading};

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

/// Whether a family is one of those named, or none of those negated with `!`.
pub(crate) fn families_have(families: &[String], family: &str) -> bool {
    let named = families
        .iter()
        .any(|name| name.trim_start_matches('!') == family);
    match families.first() {
        None => true,
        Some(first) => named != first.starts_with('!'),
    }
}

impl FamilySet {
    fn has(&self, family: &str) -> bool {
        families_have(&self.0, family)
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
    /// Tokens that link what was found here, in place of the file itself;
    /// `{directory}` is the directory it was found in.
    #[serde(default)]
    pub libs: Vec<String>,
    /// The file that is linked, where it is not `file`.
    #[serde(default)]
    pub link_file: Option<String>,
    /// What stands before the names of symbols.
    #[serde(default)]
    pub symbol_prefix: String,
    /// What stands behind them.
    #[serde(default)]
    pub symbol_suffix: String,
    #[serde(default)]
    families: FamilySet,
    /// OpenMP run-time library that its threads are of.
    #[serde(default)]
    pub runtime: Option<String>,
    /// What says so.
    pub source: String,
    /// Conditions.
    #[serde(default)]
    pub note: Option<String>,
}

impl BlasPlace {
    /// The families that what is linked here is for, or all but those with `!`.
    #[must_use]
    pub fn families(&self) -> &[String] {
        &self.families.0
    }

    /// Whether what is linked here suits a family.
    #[must_use]
    pub fn suits(&self, family: &str) -> bool {
        self.families.has(family)
    }

    /// Whether it may be there on a system at all.
    #[must_use]
    pub fn is_for(&self, target: Target) -> bool {
        self.os.has(target.os) && self.arch.has(target.arch)
    }

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
    /// Reason and hint in one sentence.
    #[must_use]
    pub fn explanation(&self) -> String {
        let reason = self.reason.trim_end_matches('.');
        match &self.hint {
            Some(hint) => format!("{reason}; {hint}"),
            None => reason.to_owned(),
        }
    }

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

/// How a function that tells about its library is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum QueryCall {
    /// `int f(void)`.
    Int,
    /// `long f(void)`.
    Long,
    /// `const char *f(void)`.
    Text,
    /// `void f(char *, int)`.
    Buffer,
    /// `int f(int)`, called with -1.
    IntOfMinusOne,
}

impl QueryCall {
    /// The word used in documents.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Int => "int",
            Self::Long => "long",
            Self::Text => "text",
            Self::Buffer => "buffer",
            Self::IntOfMinusOne => "int-of-minus-one",
        }
    }
}

/// What a function of a library tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum QueryAsks {
    /// How calls run.
    Threading,
    /// The library's version.
    Version,
}

/// A function of a library that tells something of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlasQuery {
    /// What it tells.
    pub asks: QueryAsks,
    /// Its name.
    pub symbol: String,
    /// How it is called.
    pub call: QueryCall,
    /// What it returns, and what threading that means.
    #[serde(default)]
    pub values: UniqueMap<String, Threading>,
    /// Where the version is in the text that it returns.
    #[serde(default)]
    pub pattern: Option<String>,
    /// What says so.
    pub source: String,
    #[serde(default, rename = "note")]
    _note: Option<String>,
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
    #[serde(default, deserialize_with = "objects")]
    threads: Vec<Threads>,
    /// How a linked library is asked what it is; of several that ask the same,
    /// the first whose answer is understood counts.
    #[serde(default, deserialize_with = "objects")]
    pub queries: Vec<BlasQuery>,
    /// Threading by the stem of a file that is loaded with the library.
    #[serde(default)]
    pub components: UniqueMap<String, Threading>,
    #[serde(deserialize_with = "objects")]
    rows: Vec<BlasRow>,
    /// Where its files are.
    #[serde(default, deserialize_with = "objects")]
    pub places: Vec<BlasPlace>,
    /// Variables that name its root directory.
    #[serde(default)]
    pub root_variables: Vec<String>,
    #[serde(default, deserialize_with = "objects")]
    conflicts: Vec<BlasConflict>,
    /// What is worth knowing of the library as a whole.
    #[serde(default)]
    pub note: Option<String>,
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

    /// The threading that it says it has, by the answers of its queries and the
    /// files that are loaded with it.
    #[must_use]
    pub fn told_threading(
        &self,
        answers: &BTreeMap<String, String>,
        mapped: &[String],
    ) -> Option<Threading> {
        let component = mapped.iter().find_map(|file| {
            let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
            let stem = name.split('.').next().unwrap_or(name);
            self.components.get(stem).copied()
        });
        component.or_else(|| {
            let asked = self
                .queries
                .iter()
                .filter(|query| query.asks == QueryAsks::Threading);
            let mut told =
                asked.filter_map(|query| query.values.get(answers.get(&query.symbol)?).copied());
            told.next()
        })
    }

    /// The version that it says it has.
    #[must_use]
    pub fn told_version(&self, answers: &BTreeMap<String, String>) -> Option<Version> {
        let asked = self
            .queries
            .iter()
            .filter(|query| query.asks == QueryAsks::Version);
        let mut told = asked.filter_map(|query| {
            let captures = Regex::new(query.pattern.as_deref()?).ok()?;
            let captures = captures.captures(answers.get(&query.symbol)?)?;
            Version::from_printed(captures.name("version")?.as_str())
        });
        told.next()
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
        for (number, query) in self.queries.iter().enumerate() {
            let wrong = |message: String| invalid(document, "queries", number, message);
            match (query.asks, &query.pattern) {
                (QueryAsks::Version, Some(pattern)) => {
                    check_pattern(pattern, Some("version")).map_err(wrong)?;
                }
                (QueryAsks::Threading, None) if !query.values.is_empty() => {}
                _ => {
                    return Err(wrong(
                        "a query needs `values` for threading, or `pattern` for a version"
                            .to_owned(),
                    ));
                }
            }
        }
        for (number, place) in self.places.iter().enumerate() {
            let wrong = |message: String| invalid(document, "places", number, message);
            place.families.check(base).map_err(wrong)?;
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
}
