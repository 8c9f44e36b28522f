//! The ways to share the cores that are measured.

use cfgmatrix_core::Threading;
use serde::{Serialize, Serializer};

use super::super::demand::BlasDemand;
use super::super::variables::Variable;

const OMP_NUM_THREADS: &str = "OMP_NUM_THREADS";

/// Threads of BLAS in a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BlasThreads {
    /// So many.
    Counted(usize),
    /// Those of the application, which has one outside of its parallel regions: one
    /// variable counts both.
    Shared,
    /// As many as the library likes: none of its variables is set, or it has none.
    Own,
}

impl Serialize for BlasThreads {
    /// A number, `shared` or `own`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            Self::Counted(threads) => serializer.serialize_u64(threads as u64),
            Self::Shared => serializer.serialize_str("shared"),
            Self::Own => serializer.serialize_str("own"),
        }
    }
}

/// One way to share the cores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Threads of the application; nothing where none are set.
    pub application: Option<usize>,
    /// Threads of a BLAS call.
    pub blas: BlasThreads,
    /// Threads at work at a time, at most; nothing where nothing limits them.
    pub threads: Option<usize>,
    /// The variables that make it so.
    pub variables: Vec<Variable>,
}

/// What is known of the BLAS that a program uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Library {
    /// It has none, or which one it has is known.
    Known(Option<BlasDemand>),
    /// Nothing: these variables are those by which libraries count their own
    /// threads, and all of them are set.
    Unknown(Vec<String>),
}

/// Counts of threads that are tried: the powers of two, and all cores.
#[must_use]
pub fn lengths(cores: usize) -> Vec<usize> {
    let powers = std::iter::successors(Some(1_usize), |power| power.checked_mul(2));
    let mut lengths: Vec<usize> = powers.take_while(|&power| power < cores).collect();
    lengths.push(cores.max(1));
    lengths
}

/// The cells of a program with this library, none with more threads than cores.
///
/// `application` are the threads that the application is tried with; nothing for
/// one that is known to have one thread. `default` adds the cell in which nothing
/// is set, where it is another than those that are.
#[must_use]
pub fn grid(
    library: &Library,
    application: Option<&[usize]>,
    blas: &[usize],
    cores: usize,
    default: bool,
) -> Vec<Cell> {
    let mut cells = match library {
        Library::Unknown(names) => {
            let pairs = pairs(application.unwrap_or(&[1]), blas, usize::saturating_mul);
            let cells = pairs.into_iter();
            cells
                .map(|pair| two_variables(pair, names, false))
                .collect()
        }
        Library::Known(library) => of_library(library.as_ref(), application, blas),
    };
    cells.retain(|cell| cell.threads.is_none_or(|threads| threads <= cores));
    if default && is_another_by_default(library, &cells) {
        cells.push(Cell {
            application: None,
            blas: BlasThreads::Own,
            threads: None,
            variables: Vec::new(),
        });
    }
    cells
}

/// Threads of the application, of BLAS, and of both together.
fn pairs(
    application: &[usize],
    blas: &[usize],
    together: fn(usize, usize) -> usize,
) -> Vec<(usize, usize, usize)> {
    let pairs = application.iter();
    let pairs = pairs.flat_map(|&own| blas.iter().map(move |&blas| (own, blas)));
    pairs
        .map(|(own, blas)| (own, blas, together(own, blas)))
        .collect()
}

fn of_library(
    library: Option<&BlasDemand>,
    application: Option<&[usize]>,
    blas: &[usize],
) -> Vec<Cell> {
    let sequential = application.is_none();
    let application = application.unwrap_or(&[1]);
    let Some(library) = library.filter(|library| library.is_threaded()) else {
        return application.iter().map(|&own| alone(own)).collect();
    };
    if !library.can_be_held() {
        let cells = application.iter();
        return cells.map(|&own| uncounted(own, library)).collect();
    }
    match library.own_variable() {
        None if sequential => blas.iter().map(|&blas| of_blas(blas, library)).collect(),
        None => {
            let mut both = [application, blas].concat();
            both.sort_unstable();
            both.dedup();
            let cells = both.into_iter();
            cells.map(|threads| shared(threads, library)).collect()
        }
        Some(name) => {
            let names = [name.to_owned()];
            // Threads of OpenMP take turns: a call in a parallel region has one.
            let turns = library.threading == Threading::Openmp;
            let together = if turns {
                usize::max
            } else {
                usize::saturating_mul
            };
            let cells = pairs(application, blas, together).into_iter();
            cells
                .map(|pair| two_variables(pair, &names, turns))
                .collect()
        }
    }
}

/// Whether nothing set is another cell than those that are. With one variable for
/// all, the runtime's own choice is all cores, as it is in a cell.
fn is_another_by_default(library: &Library, cells: &[Cell]) -> bool {
    let own_variable = match library {
        Library::Unknown(_) => true,
        Library::Known(library) => {
            let library = library.as_ref();
            library.is_some_and(|library| library.own_variable().is_some())
        }
    };
    cells.iter().any(|cell| match cell.blas {
        BlasThreads::Own => true,
        BlasThreads::Counted(threads) => threads > 1 && own_variable,
        BlasThreads::Shared => false,
    })
}

fn openmp(threads: usize, reason: &str) -> Variable {
    Variable::new(OMP_NUM_THREADS, threads.to_string(), reason)
}

fn one_level() -> Variable {
    let reason = "a parallel region inside of another one has one thread";
    Variable::new("OMP_MAX_ACTIVE_LEVELS", "1", reason)
}

/// The application counts by OpenMP's variable, and BLAS by those of its own.
fn two_variables(
    (application, blas, threads): (usize, usize, usize),
    names: &[String],
    turns: bool,
) -> Cell {
    let mut variables = vec![openmp(application, "threads of the application")];
    let own = names.iter().map(|name| {
        let reason = if names.len() > 1 {
            "threads of BLAS, if it is a library that reads this one"
        } else {
            "threads of BLAS"
        };
        Variable::new(name, blas.to_string(), reason)
    });
    variables.extend(own);
    variables.extend(turns.then(one_level));
    variables.sort_by(|a, b| a.name.cmp(&b.name));
    Cell {
        application: Some(application),
        blas: BlasThreads::Counted(blas),
        threads: Some(threads),
        variables,
    }
}

/// One variable counts the threads of the application and of BLAS.
fn shared(threads: usize, library: &BlasDemand) -> Cell {
    let reason = format!(
        "threads of the application and of {}, in turn",
        library.title()
    );
    Cell {
        application: Some(threads),
        blas: BlasThreads::Shared,
        threads: Some(threads),
        variables: vec![one_level(), openmp(threads, &reason)],
    }
}

/// OpenMP's variable counts the threads of BLAS alone.
fn of_blas(threads: usize, library: &BlasDemand) -> Cell {
    let reason = format!("threads of {}", library.title());
    Cell {
        application: Some(1),
        blas: BlasThreads::Counted(threads),
        threads: Some(threads),
        variables: vec![openmp(threads, &reason)],
    }
}

/// The threads of BLAS cannot be counted from outside.
fn uncounted(application: usize, library: &BlasDemand) -> Cell {
    let reason = format!(
        "threads of the application; none of {} can be set",
        library.title()
    );
    Cell {
        application: Some(application),
        blas: BlasThreads::Own,
        threads: None,
        variables: vec![openmp(application, &reason)],
    }
}

/// BLAS has one thread.
fn alone(application: usize) -> Cell {
    Cell {
        application: Some(application),
        blas: BlasThreads::Counted(1),
        threads: Some(application),
        variables: vec![openmp(application, "threads of the application")],
    }
}
