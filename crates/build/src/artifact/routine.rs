//! Names of BLAS and LAPACK routines, however they are spelled.

use serde::Serialize;

/// Which of the two a routine belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Library {
    /// Basic linear algebra subprograms.
    Blas,
    /// The linear algebra package on top of them.
    Lapack,
}

/// A symbol understood as a routine of BLAS or LAPACK.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub struct Routine<'a> {
    /// Which library has it.
    pub library: Library,
    /// Its name in the standard: `dgemm`.
    pub name: &'a str,
    /// What stands before it: ``, `cblas_`, `scipy_`, `scipy_cblas_`, `LAPACKE_`.
    pub prefix: &'a str,
    /// What stands behind it: ``, `_`, `64_`, `_64_`, `_64`.
    pub suffix: &'a str,
}

impl<'a> Routine<'a> {
    /// The routine that a symbol names; nothing if it names none.
    #[must_use]
    pub fn of(symbol: &'a str) -> Option<Self> {
        let bare = symbol.strip_prefix("scipy_").unwrap_or(symbol);
        let (bare, c) = if let Some(rest) = bare.strip_prefix("cblas_") {
            (rest, Some(Library::Blas))
        } else if let Some(rest) = bare.strip_prefix("LAPACKE_") {
            (rest, Some(Library::Lapack))
        } else {
            (bare, None)
        };
        let prefix = &symbol[..symbol.len() - bare.len()];
        // The longest first: `_64_` ends with `_` too.
        let suffix = ["_64_", "64_", "_64", "__", "_"]
            .into_iter()
            .find(|suffix| bare.ends_with(suffix))
            .unwrap_or("");
        let name = bare.strip_suffix(suffix)?;
        if suffix.is_empty() && c.is_none() {
            // Without any mark, a short word is anyone's: `ddot` may be a variable.
            return None;
        }
        let work = name.strip_suffix("_work").unwrap_or(name);
        let library = if is_blas(work) {
            Library::Blas
        } else if is_lapack(work) {
            Library::Lapack
        } else {
            return None;
        };
        if c.is_some_and(|c| c != library) {
            return None;
        }
        Some(Self {
            library,
            name,
            prefix,
            suffix,
        })
    }

    /// Whether the spelling is one that libraries with 64-bit integers use.
    /// A library may have them without saying so.
    #[must_use]
    pub fn is_marked_ilp64(&self) -> bool {
        self.suffix.contains("64")
    }
}

/// What follows the letter of the type; the last four are OpenBLAS's and others'.
const BLAS: [&str; 47] = [
    "asum", "axpby", "axpy", "cabs1", "copy", "dot", "dotc", "dotu", "gbmv", "gemm", "gemm3m",
    "gemmt", "gemv", "ger", "gerc", "geru", "hbmv", "hemm", "hemv", "her", "her2", "her2k", "herk",
    "hpmv", "hpr", "hpr2", "nrm2", "rot", "rotg", "rotm", "rotmg", "sbmv", "scal", "spmv", "spr",
    "spr2", "swap", "symm", "symv", "syr", "syr2", "syr2k", "syrk", "axpyc", "geadd", "imatcopy",
    "omatcopy",
];

/// More of the same, for triangular matrices.
const TRIANGULAR: [&str; 8] = [
    "tbmv", "tbsv", "tpmv", "tpsv", "trmm", "trmv", "trsm", "trsv",
];

/// Names with two letters of type, or with the type in the middle.
const ODD: [&str; 22] = [
    "icamax",
    "idamax",
    "isamax",
    "izamax",
    "icamin",
    "idamin",
    "isamin",
    "izamin",
    "dsdot",
    "sdsdot",
    "scasum",
    "dzasum",
    "scnrm2",
    "dznrm2",
    "csrot",
    "zdrot",
    "csscal",
    "zdscal",
    "zdotc_sub",
    "zdotu_sub",
    "cdotc_sub",
    "cdotu_sub",
];

fn is_blas(name: &str) -> bool {
    if ODD.contains(&name) {
        return true;
    }
    name.strip_prefix(['s', 'd', 'c', 'z'])
        .is_some_and(|rest| BLAS.contains(&rest) || TRIANGULAR.contains(&rest))
}

/// The kinds of matrices of LAPACK's naming scheme, and its auxiliary routines.
const MATRICES: [&str; 30] = [
    "bd", "di", "gb", "ge", "gg", "gt", "hb", "he", "hg", "hp", "hs", "op", "or", "pb", "po", "pp",
    "pt", "sb", "sp", "st", "sy", "tb", "tg", "tp", "tr", "tz", "un", "up", "pf", "tf",
];

/// What is done with them, without the marks of a variant.
const OPERATIONS: [&str; 92] = [
    "trf", "trs", "tri", "con", "rfs", "equ", "equb", "sv", "ls", "lsy", "lss", "lsd", "lst",
    "sls", "qrf", "qlf", "lqf", "rqf", "rzf", "qpf", "qr", "lq", "ql", "rq", "qrt", "lqt", "gqr",
    "mqr", "glq", "mlq", "gql", "mql", "grq", "mrq", "mrz", "mqrt", "mlqt", "hrd", "ghr", "mhr",
    "bal", "bak", "brd", "gbr", "mbr", "trd", "gtr", "mtr", "eqr", "eqz", "ein", "evc", "ev",
    "evd", "evr", "es", "svd", "sdd", "svdq", "svj", "jsv", "sqr", "sdc", "tf", "ti", "gst", "gv",
    "gvd", "edc", "emr", "egr", "ebz", "sen", "syl", "exc", "sja", "sna", "svp", "glm", "lse",
    "csd", "bdb", "bd", "hd", "tc", "sc", "conv", "convf", "swapr", "ttp", "ttr", "ttf",
];

/// Marks of newer algorithms for an operation.
const VARIANTS: [&str; 6] = ["_aa_2stage", "_2stage", "_rook", "_rk", "_aa", "_3"];

fn is_operation(text: &str) -> bool {
    let mut text = VARIANTS
        .iter()
        .find_map(|variant| text.strip_suffix(variant))
        .unwrap_or(text);
    // `getrf2`, `geqrfp`, `sytri2x`: unblocked, positive, expert.
    loop {
        if OPERATIONS.contains(&text) {
            return true;
        }
        match text.strip_suffix(['2', '3', 'x', 'p']) {
            Some(shorter) => text = shorter,
            None => return false,
        }
    }
}

fn is_lapack(name: &str) -> bool {
    let Some(rest) = name.strip_prefix(['s', 'd', 'c', 'z']) else {
        return matches!(name, "ilaver" | "ilaenv");
    };
    if let Some(auxiliary) = rest.strip_prefix("la") {
        return matches!(
            auxiliary,
            "mch"
                | "swp"
                | "cpy"
                | "set"
                | "nge"
                | "nsy"
                | "nhe"
                | "ntr"
                | "rnv"
                | "rfg"
                | "rfb"
                | "rft"
                | "rtg"
                | "scl"
                | "ssq"
                | "pmt"
                | "uum"
                | "mrg"
        );
    }
    rest.split_at_checked(2)
        .is_some_and(|(matrix, operation)| MATRICES.contains(&matrix) && is_operation(operation))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_is_understood() {
        for (symbol, name, prefix, suffix) in [
            ("dgemm_", "dgemm", "", "_"),
            ("cblas_dgemm", "dgemm", "cblas_", ""),
            ("dgemm_64_", "dgemm", "", "_64_"),
            ("dgemm64_", "dgemm", "", "64_"),
            ("cblas_dgemm64_", "dgemm", "cblas_", "64_"),
            ("cblas_dgemm_64", "dgemm", "cblas_", "_64"),
            ("scipy_cblas_dgemm64_", "dgemm", "scipy_cblas_", "64_"),
            ("scipy_dgemm_64_", "dgemm", "scipy_", "_64_"),
            ("idamax_", "idamax", "", "_"),
            ("cblas_zdotc_sub", "zdotc_sub", "cblas_", ""),
        ] {
            let routine = Routine::of(symbol).unwrap_or_else(|| panic!("{symbol} is BLAS"));
            assert_eq!(routine.library, Library::Blas, "{symbol}");
            assert_eq!(
                (routine.name, routine.prefix, routine.suffix),
                (name, prefix, suffix)
            );
        }
        for symbol in [
            "dgesv_",
            "dpotrf_",
            "LAPACKE_dgesv",
            "LAPACKE_dsyev_work",
            "dsytrf_rook_",
            "zhesv_aa_2stage_",
            "dgetrf2_",
            "ssytri2x_",
            "dgesvdx_",
            "dgglse_",
            "dlamch_",
        ] {
            let routine = Routine::of(symbol).unwrap_or_else(|| panic!("{symbol} is LAPACK"));
            assert_eq!(routine.library, Library::Lapack, "{symbol}");
        }
    }

    #[test]
    fn other_names_are_not() {
        for symbol in [
            "",
            "_",
            "dgemm",
            "copy_",
            "scopy",
            "main",
            "xerbla_",
            "dspline_",
            "storage_",
            "cgroup_",
            "spread_",
            "cblas_",
            "LAPACKE_dgemm",
            "é64_",
            "dé_",
        ] {
            assert_eq!(Routine::of(symbol), None, "{symbol}");
        }
    }
}
