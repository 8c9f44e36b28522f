//! A matrix on a machine: compilers, libraries and MPI that were found there in
//! place of names.

use std::collections::BTreeMap;

use crate::error::Error;
use crate::host::{HostBlas, HostMpi, HostReport, HostScalapack, HostToolchain};
use crate::name::{Language, Target};
use crate::resolve::{CompilerSpec, Toolchain, Want};
use crate::toolchain::{
    BlasRequest, Interface, KnowledgeBase, Linkage, Mpi, Provides, ResolvedBlas, WantedThreading,
};
use crate::version::Version;

use super::Matrix;
use super::axis::{BlasValue, CompilerValue, Installed};
use super::expand::{Exclusion, Rule, Stop};

/// A BLAS of a machine, with what is linked.
pub(super) struct BoundBlas<'k, 'h> {
    pub(super) resolved: ResolvedBlas<'k>,
    pub(super) found: &'h HostBlas,
    pub(super) scalapack: Option<&'h HostScalapack>,
    pub(super) provides: Vec<Provides>,
}

impl BoundBlas<'_, '_> {
    /// Tokens for linking, after the objects.
    pub(super) fn libs(&self) -> Vec<String> {
        let found = self.found;
        if let Some(scalapack) = self.scalapack {
            return scalapack.libs.clone();
        }
        if self.provides.contains(&Provides::Lapacke) && !found.lapacke_libs.is_empty() {
            return found
                .lapacke_libs
                .iter()
                .chain(&found.lapack_libs)
                .cloned()
                .collect();
        }
        // Some directories have their LAPACK in a file of its own.
        let own_lapack = found.libs.iter().any(|token| token.contains("lapack"));
        if self.provides.contains(&Provides::Lapack) && !own_lapack && !found.lapack_libs.is_empty()
        {
            return found.lapack_libs.clone();
        }
        found.libs.clone()
    }
}

/// Whether a version is one of those that were asked for: `12` stands for 12.2.0.
fn is_of(found: Option<&Version>, wanted: Option<&Version>) -> bool {
    let Some(wanted) = wanted else { return true };
    found.is_some_and(|found| found.parts().starts_with(wanted.parts()))
}

/// The compiler of a machine that a value of the matrix stands for: the newest
/// of those that fit.
pub(super) fn toolchain<'h>(
    host: &'h HostReport,
    value: &CompilerValue,
    wanted_toolchain: &Toolchain<'_>,
) -> Result<&'h HostToolchain, Stop> {
    let family = wanted_toolchain.family;
    let named = |toolchain: &HostToolchain| {
        let commands = [
            (Language::C, &value.cc),
            (Language::Cxx, &value.cxx),
            (Language::Fortran, &value.fc),
        ];
        commands.iter().all(|(language, command)| {
            command.as_deref().is_none_or(|command| {
                let driver = toolchain.drivers.get(language);
                driver.is_some_and(|driver| driver.is_called(command))
            })
        })
    };
    let of_family: Vec<&HostToolchain> = host
        .toolchains
        .iter()
        .filter(|toolchain| {
            toolchain.family == family.id && toolchain.system == Some(wanted_toolchain.target)
        })
        .collect();
    let version = wanted_toolchain.version.as_ref();
    let fitting = of_family
        .iter()
        .filter(|toolchain| is_of(toolchain.version.as_ref(), version) && named(toolchain));
    if let Some(found) = fitting.max_by(|a, b| prefer(a, b)) {
        return Ok(found);
    }
    let mut there: Vec<String> = of_family
        .iter()
        .map(|toolchain| toolchain.title())
        .collect();
    there.dedup();
    let there = if there.is_empty() {
        String::new()
    } else {
        format!(" (there is {})", there.join(", "))
    };
    let what = [&value.cc, &value.cxx, &value.fc]
        .into_iter()
        .flatten()
        .next()
        .map_or_else(
            || wanted_toolchain.title(),
            |command| format!("{} called `{command}`", wanted_toolchain.title()),
        );
    let install = family.packages(version);
    let elsewhere = if install.is_empty() {
        "; where it is elsewhere, name the directory of its programs with `probe --path`"
    } else {
        ""
    };
    let reason = format!("no {what} was found on this machine{there}{elsewhere}");
    Err(Stop::missing(&reason, install))
}

/// The newer one; of the same version the one with more languages, and one that
/// was installed for the machine's own C library.
fn prefer(a: &HostToolchain, b: &HostToolchain) -> std::cmp::Ordering {
    let key = |toolchain: &HostToolchain| {
        let own_library = toolchain.other_c_library().is_none();
        (
            toolchain.version.clone(),
            own_library,
            toolchain.drivers.len(),
        )
    };
    key(a).cmp(&key(b))
}

/// What the machine says of the features that a variant must have.
pub(super) fn check_features(
    found: &HostToolchain,
    languages: &[Language],
    wants: &[Want],
) -> Result<(), Stop> {
    for want in wants {
        for &language in languages {
            let Some(seen) = found.feature(&want.feature, language) else {
                continue;
            };
            if seen.proof.works == Some(false) {
                let hint = seen.proof.hint.as_ref().map(|hint| format!("; {hint}"));
                let reason = format!(
                    "{} has no `{}` for {language} on this machine: {}{}",
                    found.title(),
                    want.feature,
                    seen.proof.evidence,
                    hint.unwrap_or_default()
                );
                return Err(Stop::Excluded(Exclusion {
                    rule: Rule::RequireFeatures,
                    reason,
                    install: seen.proof.install.clone(),
                }));
            }
        }
    }
    Ok(())
}

/// The BLAS of a machine that a value of the matrix stands for.
pub(super) fn blas<'k, 'h>(
    matrix: &Matrix,
    known: &'k KnowledgeBase,
    host: &'h HostReport,
    value: &BlasValue,
    toolchain: &Toolchain<'k>,
    wants: &[Want],
    mpi: Option<&HostMpi>,
) -> Result<BoundBlas<'k, 'h>, Stop> {
    let (library, threading) = matrix.blas_names(value, toolchain)?;
    let interface = value.interface.unwrap_or_default();
    let mut refused: Option<String> = None;
    let (mut impossible, mut possible) = (None, false);
    let mut install = BTreeMap::new();
    let mut name = library.to_owned();
    let unplaced = |error| Stop::from(matrix.placed(error, "blas", library));
    let mpi_name = mpi.map(|mpi| mpi.implementation.as_str());
    let wanted = matrix.blas_request(value, toolchain, wants, threading, mpi_name);
    for kind in known.blas_threadings(library, &wanted).map_err(unplaced)? {
        let request = BlasRequest {
            threading: WantedThreading::Exactly(kind),
            ..wanted.clone()
        };
        let resolved = match known.resolve_blas(library, &request) {
            Ok(resolved) => resolved,
            Err(error @ Error::NoLibrary { .. }) => {
                impossible.get_or_insert(error.to_string());
                continue;
            }
            Err(error) => return Err(unplaced(error)),
        };
        name.clone_from(&resolved.library.name);
        let same = |found: &&HostBlas| {
            found.library == resolved.library.id
                && found.threading == kind
                && found.interface == interface
                && found.linkage == value.linkage
                && found.system == toolchain.target
                && found.suits(&toolchain.family.id)
                && found.symbol_prefix.is_empty()
                && found.symbol_suffix.is_empty()
                && match (&found.runtime, &resolved.row.runtime) {
                    (Some(own), Some(wanted)) => own == wanted,
                    _ => true,
                }
        };
        let provides = value.provides();
        for found in host.blas.iter().filter(same) {
            if !found.proof.holds() {
                refused = Some(format!(
                    "{} does not work: {}",
                    found.file, found.proof.evidence
                ));
                continue;
            }
            let missing = provides.iter().find(|&&wanted| {
                wanted != Provides::Scalapack && !found.provides.contains(&wanted)
            });
            if let Some(missing) = missing {
                refused =
                    Some(format!("{} does not provide {missing:?}", found.file).to_lowercase());
                continue;
            }
            let scalapack = if provides.contains(&Provides::Scalapack) {
                match scalapack(host, found, mpi) {
                    Ok(scalapack) => Some(scalapack),
                    Err(reason) => {
                        refused = Some(reason);
                        continue;
                    }
                }
            } else {
                None
            };
            return Ok(BoundBlas {
                resolved,
                found,
                scalapack,
                provides,
            });
        }
        possible = true;
        if install.is_empty() {
            install.clone_from(&*resolved.row.install);
        }
    }
    let width = if interface == Interface::Ilp64 {
        " ilp64"
    } else {
        ""
    };
    let linkage = if value.linkage == Linkage::Static {
        " (static)"
    } else {
        ""
    };
    // That some kind of threads cannot be had is no news where another can.
    let why = refused.or(impossible.filter(|_| !possible));
    let why = why.map_or_else(String::new, |reason| format!(": {reason}"));
    let what = format!("{name} {}{width}{linkage}", threading.as_str());
    let title = toolchain.title();
    let reason = format!("no {what} that works with {title} was found on this machine{why}");
    Err(Stop::missing(&reason, install))
}

fn scalapack<'h>(
    host: &'h HostReport,
    blas: &HostBlas,
    mpi: Option<&HostMpi>,
) -> Result<&'h HostScalapack, String> {
    let Some(mpi) = mpi else {
        return Err("ScaLAPACK needs an MPI: give the matrix an axis `mpi`".to_owned());
    };
    let found = host.scalapack.iter().find(|found| {
        found.mpi == mpi.implementation
            && found.blas == blas.library
            && found.threading == blas.threading
            && found.interface == blas.interface
            && found.proof.holds()
    });
    found.ok_or_else(|| {
        format!(
            "no ScaLAPACK was seen to run with {} and {} {}",
            mpi.implementation,
            blas.library,
            blas.threading.as_str()
        )
    })
}

/// The MPI of a machine that a value of the matrix stands for.
pub(super) fn mpi<'h>(
    host: &'h HostReport,
    wanted: &Mpi,
    target: Target,
) -> Result<&'h HostMpi, Stop> {
    let own: Vec<&HostMpi> = host
        .mpi
        .iter()
        .filter(|mpi| mpi.implementation == wanted.id && mpi.system == target)
        .collect();
    if let Some(found) = own
        .iter()
        .filter(|mpi| mpi.proof.holds())
        .max_by_key(|mpi| mpi.version.clone())
    {
        return Ok(found);
    }
    let why = own
        .first()
        .map_or_else(String::new, |mpi| format!(": {}", mpi.proof.evidence));
    let reason = format!(
        "no {} that works was found on this machine{why}",
        wanted.name
    );
    Err(Stop::missing(&reason, (*wanted.install).clone()))
}

impl Matrix {
    /// Whether it leaves its compilers to the machine, so that it means nothing
    /// without a host report.
    #[must_use]
    pub fn needs_host(&self) -> bool {
        self.spec.axes.iter().any(|axis| axis.installed.is_some())
    }

    /// The compilers of a machine in place of `installed = true`, in order.
    pub(super) fn installed_compilers(
        &self,
        known: &KnowledgeBase,
        host: &HostReport,
        installed: &Installed,
    ) -> Result<Vec<CompilerValue>, Error> {
        Ok(name_values(&self.found(known, host, installed)?))
    }

    fn found<'h>(
        &self,
        known: &KnowledgeBase,
        host: &'h HostReport,
        installed: &Installed,
    ) -> Result<Vec<&'h HostToolchain>, Error> {
        let mut families: Vec<(String, Option<Version>)> = Vec::new();
        for text in &installed.families {
            let place = |error| self.placed(error, "families", text);
            let spec: CompilerSpec = text.parse().map_err(place)?;
            let family = known.family(&spec.family).map_err(place)?;
            families.push((family.id.clone(), spec.version));
        }
        let target = Target {
            os: installed.os.unwrap_or(host.host.target.os),
            arch: installed.arch.unwrap_or(host.host.target.arch),
        };
        let wanted = |toolchain: &&HostToolchain| {
            toolchain.system == Some(target)
                && (families.is_empty()
                    || families.iter().any(|(family, version)| {
                        *family == toolchain.family && is_of(toolchain.version.as_ref(), version.as_ref())
                    }))
                // Where languages are named, a compiler of others is not meant.
                && self.spec.languages.as_ref().is_none_or(|languages| {
                    languages.iter().any(|language| toolchain.drivers.contains_key(language))
                })
        };
        let mut found: Vec<&HostToolchain> = host.toolchains.iter().filter(wanted).collect();
        // Of one version, the one for the machine's own C library has the plain name.
        found.sort_by_key(|toolchain| toolchain.other_c_library().is_some());
        Ok(found)
    }
}

/// A value for each compiler, named by family and as much of the version as
/// tells them apart.
fn name_values(found: &[&HostToolchain]) -> Vec<CompilerValue> {
    let short = |toolchain: &HostToolchain, parts: usize| {
        let version = toolchain.version.as_ref();
        let numbers = version.map(|version| {
            let parts = version.parts().iter().take(parts);
            parts.map(ToString::to_string).collect::<Vec<_>>().join(".")
        });
        match numbers {
            Some(numbers) => format!("{}-{numbers}", toolchain.family),
            None => toolchain.family.clone(),
        }
    };
    let mut ids: Vec<String> = Vec::new();
    for toolchain in found {
        let alone = |parts: &usize| {
            let own = short(toolchain, *parts);
            let mut others = found
                .iter()
                .filter(|other| other.version != toolchain.version);
            !others.any(|other| short(other, *parts) == own)
        };
        let plain = short(toolchain, (1..4).find(alone).unwrap_or(3));
        // Two of one version differ in what they build for, or only in where they are.
        let library = toolchain.c_library.as_deref().unwrap_or_default();
        let with_library = format!("{plain}-{}", library.split(' ').next().unwrap_or_default());
        let numbered = (2..).map(|number| format!("{plain}-{number}"));
        let mut names = [plain.clone(), with_library].into_iter().chain(numbered);
        let free = names.find(|name| !ids.contains(name) && !name.ends_with('-'));
        ids.push(free.expect("numbers do not end"));
    }
    let values = found.iter().zip(ids);
    values
        .map(|(toolchain, id)| CompilerValue::of_host(id, toolchain))
        .collect()
}
