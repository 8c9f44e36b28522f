//! A variant resolved to tools, flags and environment, and the hash that is
//! its identity.

use std::collections::BTreeMap;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::host::HostBlas;
use crate::matrix::{Decoration, Scalar};
use crate::name::{Language, Target};
use crate::resolve::{Answer, Tokens};
use crate::toolchain::{Interface, Linkage, ResolvedBlas, Stage, Threading};
use crate::version::Version;

/// The format of what is hashed into an id; a change of it changes every id.
const IDENTITY_FORMAT: u32 = 1;

/// Flags by who reads them, in order. The names are those of make's variables.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Flags {
    /// For the C preprocessor.
    pub cppflags: Vec<String>,
    /// For the C compiler.
    pub cflags: Vec<String>,
    /// For the C++ compiler.
    pub cxxflags: Vec<String>,
    /// For the Fortran compiler.
    pub fflags: Vec<String>,
    /// For linking, before the objects.
    pub ldflags: Vec<String>,
    /// For linking, after the objects.
    pub libs: Vec<String>,
}

/// What the compiler is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ToolchainIdentity {
    /// Family id.
    pub family: String,
    /// Version; null stands for the newest that is known.
    #[serde(serialize_with = "version_text")]
    pub version: Option<Version>,
    /// System built for.
    pub target: Target,
    /// The executables' names, without directories.
    pub drivers: BTreeMap<Language, String>,
    /// SHA-256 of the executables, once they are those of a machine.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub sha256: BTreeMap<Language, String>,
}

/// What the MPI is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MpiIdentity {
    /// Implementation id.
    pub implementation: String,
    /// Version; null where no machine tells it.
    pub version: Option<Version>,
    /// SHA-256 of the wrappers, once they are those of a machine.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub sha256: BTreeMap<Language, String>,
}

fn version_text<S: serde::Serializer>(
    version: &Option<Version>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match version {
        Some(version) => serializer.collect_str(version),
        None => serializer.serialize_none(),
    }
}

/// A library that is linked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Library {
    /// Its id in the knowledge base.
    pub id: String,
    /// How its calls run.
    pub threading: Threading,
    /// Width of its integers.
    pub interface: Interface,
    /// Kind of file.
    pub linkage: Linkage,
    /// SHA-256 of the file, once it is one of a machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

/// Everything that a build needs to be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Configuration {
    /// SHA-256, in hexadecimal, over the canonical JSON of what decides the build.
    pub id: String,
    /// What the compiler is; nothing where the matrix has no axis `compiler`.
    pub toolchain: Option<ToolchainIdentity>,
    /// The commands to start, by role: `cc`, `cxx`, `fc`, and for link-time
    /// optimisation `ar`, `ranlib`, `nm`.
    pub tools: BTreeMap<String, String>,
    /// Flags.
    pub flags: Flags,
    /// Those of the flags that are for the libraries, for tools that bring their
    /// own; a flag that a feature wants too is among them all the same.
    #[serde(skip)]
    pub library_flags: Flags,
    /// Libraries, in link order.
    pub libraries: Vec<Library>,
    /// The MPI, where there is one.
    pub mpi: Option<MpiIdentity>,
    /// The values of the matrix's own axes, those that are their axis' default
    /// left out.
    pub own_axes: BTreeMap<String, Scalar>,
    /// Environment of the build.
    pub env: BTreeMap<String, String>,
    /// Environment of the running program; not part of the id.
    pub run_env: BTreeMap<String, String>,
}

#[derive(Serialize)]
struct Identity<'a> {
    format_version: u32,
    toolchain: &'a Option<ToolchainIdentity>,
    flags: &'a Flags,
    libraries: &'a [Library],
    #[serde(skip_serializing_if = "Option::is_none")]
    mpi: &'a Option<MpiIdentity>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    own_axes: &'a BTreeMap<String, Scalar>,
    env: &'a BTreeMap<String, String>,
}

/// What the matrix adds to what was resolved.
pub(crate) struct Own<'a> {
    /// Values of its own axes, the defaults left out.
    pub(crate) axes: BTreeMap<String, Scalar>,
    /// What its values and `[[set]]` say, the last on top.
    pub(crate) decorations: &'a [&'a Decoration],
}

/// What a library adds to a build.
#[derive(Clone, Debug, Default)]
pub(crate) struct LinkTokens {
    /// For the preprocessor.
    pub(crate) preprocess: Vec<String>,
    /// For the compilers.
    pub(crate) compile: Vec<String>,
    /// For linking, before the objects.
    pub(crate) before: Vec<String>,
    /// For linking, after the objects.
    pub(crate) after: Vec<String>,
    /// Environment of the running program.
    pub(crate) run_env: BTreeMap<String, String>,
    /// The library itself.
    pub(crate) library: Option<Library>,
}

impl LinkTokens {
    /// A library as it is known.
    pub(crate) fn of(blas: &ResolvedBlas<'_>) -> Self {
        Self {
            preprocess: blas.defines().collect(),
            compile: blas.row.compile.clone(),
            before: blas.link().map(str::to_owned).collect(),
            after: blas.libs().map(str::to_owned).collect(),
            run_env: (*blas.row.run_env).clone(),
            library: Some(library(blas, None)),
        }
    }
}

/// What a configuration is joined of, beside the answers for features.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parts {
    pub(crate) toolchain: Option<ToolchainIdentity>,
    /// The commands by role.
    pub(crate) tools: BTreeMap<String, String>,
    pub(crate) link: LinkTokens,
    pub(crate) env: BTreeMap<String, String>,
    pub(crate) mpi: Option<MpiIdentity>,
}

impl Configuration {
    /// Joins what was resolved and what the matrix adds.
    #[must_use]
    pub(crate) fn new(parts: Parts, answers: &[Answer<'_>], own: Own<'_>) -> Self {
        let Parts {
            toolchain,
            mut tools,
            link,
            mut env,
            mpi,
        } = parts;
        for answer in answers {
            for (role, tool) in answer.row().into_iter().flat_map(|row| row.tools.iter()) {
                tools.insert(role.clone(), tool.clone());
            }
        }
        let library_flags = flags(&[], &link, toolchain.as_ref());
        let mut flags = flags(answers, &link, toolchain.as_ref());
        let mut run_env = link.run_env;
        for decoration in own.decorations {
            decoration.add_flags(&mut flags);
            let pairs = |map: &BTreeMap<String, String>| map.clone().into_iter();
            env.extend(pairs(&decoration.env));
            run_env.extend(pairs(&decoration.run_env));
        }
        let mut configuration = Self {
            id: String::new(),
            flags,
            library_flags,
            toolchain,
            tools,
            libraries: link.library.into_iter().collect(),
            mpi,
            own_axes: own.axes,
            env,
            run_env,
        };
        configuration.id = configuration.compute_id();
        configuration
    }

    /// The canonical JSON (RFC 8785) that the id is the SHA-256 of.
    #[must_use]
    pub fn identity(&self) -> String {
        let identity = Identity {
            format_version: IDENTITY_FORMAT,
            toolchain: &self.toolchain,
            flags: &self.flags,
            libraries: &self.libraries,
            mpi: &self.mpi,
            own_axes: &self.own_axes,
            env: &self.env,
        };
        serde_json_canonicalizer::to_string(&identity)
            .expect("texts, lists and maps with text keys are always JSON")
    }

    fn compute_id(&self) -> String {
        let digest = Sha256::digest(self.identity().as_bytes());
        digest
            .iter()
            .fold(String::with_capacity(64), |mut text, byte| {
                use std::fmt::Write as _;
                write!(text, "{byte:02x}").expect("writing to a String does not fail");
                text
            })
    }
}

pub(crate) fn library(blas: &ResolvedBlas<'_>, found: Option<&HostBlas>) -> Library {
    Library {
        id: blas.library.id.clone(),
        threading: blas.row.threading,
        interface: blas.row.interface,
        linkage: blas.row.linkage,
        sha256: found.map(|found| found.sha256.clone()),
    }
}

fn flags(
    answers: &[Answer<'_>],
    library: &LinkTokens,
    toolchain: Option<&ToolchainIdentity>,
) -> Flags {
    let (mut cpp, mut c, mut cxx, mut fortran, mut link, mut libs): (
        Tokens,
        Tokens,
        Tokens,
        Tokens,
        Tokens,
        Tokens,
    ) = Default::default();
    for answer in answers {
        let into = match (answer.feature.stage, answer.language) {
            (Stage::Preprocess, _) => &mut cpp,
            (_, Language::C) => &mut c,
            (_, Language::Cxx) => &mut cxx,
            (_, Language::Fortran) => &mut fortran,
        };
        into.extend(answer.compile());
        link.extend(answer.link());
    }
    cpp.extend(&library.preprocess);
    for (language, into) in [
        (Language::C, &mut c),
        (Language::Cxx, &mut cxx),
        (Language::Fortran, &mut fortran),
    ] {
        if toolchain.is_some_and(|toolchain| toolchain.drivers.contains_key(&language)) {
            into.extend(&library.compile);
        }
    }
    link.extend(&library.before);
    libs.extend(&library.after);
    // Features' libraries come last: a BLAS may need the OpenMP runtime, never the reverse.
    for answer in answers {
        libs.extend(answer.libs());
    }
    Flags {
        cppflags: cpp.into_vec(),
        cflags: c.into_vec(),
        cxxflags: cxx.into_vec(),
        fflags: fortran.into_vec(),
        ldflags: link.into_vec(),
        libs: libs.into_vec(),
    }
}
