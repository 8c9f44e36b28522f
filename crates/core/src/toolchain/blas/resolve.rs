//! Which row of a library answers a request.

use super::{
    Blas, BlasConflict, BlasRow, Interface, Linkage, Provides, Severity, Threading, WantedThreading,
};
use crate::error::Error;
use crate::name::Target;
use crate::toolchain::{KnowledgeBase, RowSource};

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

    /// The macros as tokens for compiling.
    pub fn defines(&self) -> impl Iterator<Item = String> {
        self.row.define.iter().map(|name| format!("-D{name}"))
    }

    /// All tokens for compiling, the macros first.
    pub fn compile_tokens(&self) -> impl Iterator<Item = String> {
        self.defines().chain(self.row.compile.iter().cloned())
    }

    /// All tokens for linking, before and after the objects.
    pub fn link_tokens(&self) -> impl Iterator<Item = &str> {
        self.link().chain(self.libs())
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
    /// The kinds of threading that satisfy a request, the one that suits it best
    /// first.
    fn threadings(&self, request: &BlasRequest<'_>) -> Vec<Threading> {
        let avoided = |kind: &Threading| {
            let mut rows = self.rows_of(request, *kind);
            rows.any(|(_, row)| {
                let mut met = self.met(row, request);
                met.any(|conflict| conflict.severity == Severity::Avoid)
            })
        };
        let mut kinds = request.threading.kinds().to_vec();
        kinds.sort_by_key(avoided);
        kinds
    }

    /// The rows that are for a request's compiler and system, by number.
    fn rows_here(&self, request: &BlasRequest<'_>) -> impl Iterator<Item = (usize, &BlasRow)> {
        let rows = self.rows.iter().enumerate();
        rows.filter(|(_, row)| {
            self.families.has(request.family)
                && row.families.has(request.family)
                && row.systems().has(request.target)
                && !row.is_addition()
        })
    }

    /// Those of them of this threading that have what is asked for.
    fn rows_of(
        &self,
        request: &BlasRequest<'_>,
        kind: Threading,
    ) -> impl Iterator<Item = (usize, &BlasRow)> {
        self.rows_here(request).filter(move |(_, row)| {
            row.threading == kind
                && row.interface == request.interface
                && row.linkage == request.linkage
        })
    }

    /// What stands against a row, or speaks against it.
    fn met(&self, row: &BlasRow, request: &BlasRequest<'_>) -> impl Iterator<Item = &BlasConflict> {
        let conflicts = self.conflicts.iter();
        conflicts.filter(|conflict| conflict.meets(row, request))
    }

    /// What is linked for a request, of the threading kinds that it allows the
    /// one that suits the compiler best.
    fn choose(
        &self,
        request: &BlasRequest<'_>,
    ) -> Result<(usize, &BlasRow, Vec<&BlasConflict>), String> {
        let mut refused = None;
        for kind in self.threadings(request) {
            let mut rows: Vec<(usize, &BlasRow)> = self.rows_of(request, kind).collect();
            // The program's own run-time library first, then rows that name none.
            rows.sort_by_key(|(_, row)| match (&row.runtime, request.openmp_runtime) {
                (Some(runtime), Some(own)) if runtime == own => 0,
                (None, _) => 1,
                _ => 2,
            });
            for (number, row) in rows {
                let met: Vec<&BlasConflict> = self.met(row, request).collect();
                match met
                    .iter()
                    .find(|conflict| conflict.severity == Severity::Error)
                {
                    None => return Ok((number, row, met)),
                    Some(conflict) => {
                        refused.get_or_insert_with(|| conflict.explanation());
                    }
                }
            }
        }
        Err(refused.unwrap_or_else(|| {
            let here = self.rows_here(request);
            let mut have: Vec<String> = here.map(|(_, row)| describe(row)).collect();
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
    /// The kinds of threading of `library` that satisfy `request`, the one that
    /// suits it best first.
    ///
    /// # Errors
    /// No such library.
    pub fn blas_threadings(
        &self,
        library: &str,
        request: &BlasRequest<'_>,
    ) -> Result<Vec<Threading>, Error> {
        Ok(self.blas(library)?.threadings(request))
    }

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
