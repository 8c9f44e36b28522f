//! Which libraries a file's symbols speak of.

use std::collections::BTreeSet;

use serde::Serialize;

use super::routine::{self, Library};

/// Names that a file uses, and names that it has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub struct Names {
    /// What another file must provide.
    pub undefined: BTreeSet<String>,
    /// What is in this file: it was linked statically, or it is the library.
    pub defined: BTreeSet<String>,
}

impl Names {
    /// Whether nothing of it occurs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.undefined.is_empty() && self.defined.is_empty()
    }

    fn add(&mut self, name: &str, defined: bool) {
        let set = if defined {
            &mut self.defined
        } else {
            &mut self.undefined
        };
        if !set.contains(name) {
            set.insert(name.to_owned());
        }
    }

    /// What the loader binds is from elsewhere, even where a stub for it is here.
    fn import(&mut self, name: &str) {
        self.defined.remove(name);
        self.undefined.insert(name.to_owned());
    }

    /// Takes over what another file of the same link uses and has.
    fn absorb(&mut self, other: &Self) {
        self.undefined.extend(other.undefined.iter().cloned());
        self.defined.extend(other.defined.iter().cloned());
    }

    /// What one member needs and another has is no longer needed.
    fn settle(&mut self) {
        let defined = &self.defined;
        self.undefined.retain(|name| !defined.contains(name));
    }
}

/// The symbols that tell how a file was built, by what they belong to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub struct Symbols {
    /// Whether local symbols were there to be read; a stripped file has none.
    pub complete: bool,
    /// BLAS, in Fortran and C spelling.
    pub blas: Names,
    /// LAPACK and LAPACKE.
    pub lapack: Names,
    /// `GOMP_*`, `__kmpc_*`, `omp_*` and their like.
    pub openmp: Names,
    /// `MPI_*` and its Fortran spelling.
    pub mpi: Names,
    /// What a failed `assert` calls.
    pub assertion: Names,
}

impl Symbols {
    /// Takes in a symbol. `underscore`: names of C begin with one more `_`.
    pub(super) fn add(&mut self, name: &[u8], defined: bool, underscore: bool) {
        if let Some(name) = plain(name, underscore)
            && let Some(names) = self.of(name)
        {
            names.add(name, defined);
        }
    }

    /// Takes in a name that the loader binds.
    pub(super) fn import(&mut self, name: &[u8], underscore: bool) {
        if let Some(name) = plain(name, underscore)
            && let Some(names) = self.of(name)
        {
            names.import(name);
        }
    }

    fn of(&mut self, name: &str) -> Option<&mut Names> {
        if ASSERTION.contains(&name) {
            return Some(&mut self.assertion);
        }
        if OPENMP.iter().any(|prefix| name.starts_with(prefix)) {
            return Some(&mut self.openmp);
        }
        if is_mpi(name) {
            return Some(&mut self.mpi);
        }
        match routine::Routine::of(name)?.library {
            Library::Blas => Some(&mut self.blas),
            Library::Lapack => Some(&mut self.lapack),
        }
    }

    pub(super) fn absorb(&mut self, other: &Self) {
        self.complete |= other.complete;
        self.blas.absorb(&other.blas);
        self.lapack.absorb(&other.lapack);
        self.openmp.absorb(&other.openmp);
        self.mpi.absorb(&other.mpi);
        self.assertion.absorb(&other.assertion);
    }

    pub(super) fn settle(&mut self) {
        self.blas.settle();
        self.lapack.settle();
        self.openmp.settle();
        self.mpi.settle();
        self.assertion.settle();
    }
}

/// A symbol as the source has it.
fn plain(name: &[u8], underscore: bool) -> Option<&str> {
    let name = std::str::from_utf8(name).ok()?;
    // In a PE file, the pointer to an imported function.
    let name = name.strip_prefix("__imp_").unwrap_or(name);
    let name = if underscore {
        name.strip_prefix('_').unwrap_or(name)
    } else {
        name
    };
    // `name@VERSION` in a table that the assembler wrote.
    name.split('@').next()
}

/// glibc and musl; macOS; Windows; Android and the BSDs.
const ASSERTION: [&str; 8] = [
    "__assert_fail",
    "__assert_rtn",
    "_assert",
    "_wassert",
    "__assert",
    "__assert2",
    "__assert13",
    "__assert_perror_fail",
];

/// GNU; LLVM, Intel, NVIDIA and others; the portable calls; Microsoft; IBM.
const OPENMP: [&str; 18] = [
    "GOMP_",
    "__kmpc_",
    "omp_get_",
    "omp_set_",
    "omp_in_",
    "omp_init_",
    "omp_destroy_",
    "omp_test_",
    "omp_unset_",
    "omp_is_",
    "omp_target_",
    "omp_alloc",
    "omp_free",
    "omp_display_",
    "omp_pause_",
    "omp_capture_",
    "_vcomp_",
    "_xlsmp",
];

fn is_mpi(name: &str) -> bool {
    let c = name
        .strip_prefix("MPI_")
        .or_else(|| name.strip_prefix("PMPI_"));
    if let Some(rest) = c {
        return rest.starts_with(|c: char| c.is_ascii_uppercase());
    }
    // gfortran and its like: `mpi_init_`, `mpi_init__`; with mpi_f08: `mpi_init_f08_`.
    (name.starts_with("mpi_") || name.starts_with("pmpi_")) && name.ends_with('_')
}
