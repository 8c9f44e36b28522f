//! What is asked: a compiler, a toolchain, features.

use std::fmt;
use std::str::FromStr;

use crate::error::Error;
use crate::name::Target;
use crate::toolchain::{BlasRequest, Family, Interface, Linkage, Provides, WantedThreading};
use crate::version::{Version, VersionRange};

/// A compiler as users name it: `gcc`, `icc@14.0.2`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompilerSpec {
    /// Family id or alias.
    pub family: String,
    /// Its version; none stands for the newest that is known.
    pub version: Option<Version>,
}

impl FromStr for CompilerSpec {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let Some((family, version)) = text.split_once('@') else {
            return Ok(Self {
                family: text.to_owned(),
                version: None,
            });
        };
        let wrong = |reason| Error::CompilerSpec {
            spec: text.to_owned(),
            reason,
        };
        if version.contains("..") {
            let range: VersionRange = version.parse().map_err(wrong)?;
            let example = range.min().or(range.below()).map_or_else(
                || family.to_owned(),
                |version| format!("{family}@{version}"),
            );
            return Err(Error::RangeForVersion {
                spec: text.to_owned(),
                example,
            });
        }
        Ok(Self {
            family: family.to_owned(),
            version: Some(version.parse().map_err(wrong)?),
        })
    }
}

impl fmt::Display for CompilerSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.version {
            Some(version) => write!(f, "{}@{version}", self.family),
            None => f.write_str(&self.family),
        }
    }
}

/// A feature that is asked for, with the value that some take: `rpath=/opt/lib`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Want {
    /// Feature id.
    pub feature: String,
    /// Its value.
    pub value: Option<String>,
}

impl Want {
    /// A feature without a value.
    #[must_use]
    pub fn new(feature: &str) -> Self {
        Self {
            feature: feature.to_owned(),
            value: None,
        }
    }
}

impl From<&str> for Want {
    fn from(text: &str) -> Self {
        match text.split_once('=') {
            Some((feature, value)) => Self {
                feature: feature.to_owned(),
                value: Some(value.to_owned()),
            },
            None => Self::new(text),
        }
    }
}

/// One family at one version for one system.
#[derive(Clone, Debug)]
pub struct Toolchain<'k> {
    /// The family.
    pub family: &'k Family,
    /// Its version; none stands for the newest that is known.
    pub version: Option<Version>,
    /// The version of the family it is built from, where a compiler told it.
    pub base_version: Option<Version>,
    /// System that is built for.
    pub target: Target,
    /// Separately installed parts that are there, such as `libomp`, and features
    /// that are asked for beside the one in question.
    pub parts: Vec<String>,
}

impl<'k> Toolchain<'k> {
    /// Whether the compiler is newer than what its rows were checked against.
    #[must_use]
    pub fn is_newer_than_known(&self) -> bool {
        // 16.1.2 is not news to rows that know 16.1.
        let known = self.family.newest.parts();
        self.version.as_ref().is_some_and(|version| {
            let shown = &version.parts()[..version.parts().len().min(known.len())];
            Version::new(shown.iter().copied()) > self.family.newest
        })
    }

    /// A question for a BLAS beside these features: 32-bit integers, a shared
    /// library, no MPI; what differs is set by who asks.
    #[must_use]
    pub fn blas_request(&self, threading: WantedThreading, wants: &[Want]) -> BlasRequest<'k> {
        let uses_openmp = wants.iter().any(|want| want.feature == "openmp");
        BlasRequest {
            family: &self.family.id,
            target: self.target,
            threading,
            interface: Interface::Lp64,
            linkage: Linkage::Shared,
            openmp_runtime: self
                .family
                .openmp_runtime
                .as_deref()
                .filter(|_| uses_openmp),
            mpi: None,
            provides: &[Provides::Blas],
        }
    }

    /// The same toolchain where these features are asked for together: some
    /// rows hold only with, or without, another feature beside them.
    #[must_use]
    pub fn beside(&self, wants: &[Want]) -> Self {
        let mut beside = self.clone();
        beside
            .parts
            .extend(wants.iter().map(|want| want.feature.clone()));
        beside
    }

    /// What a user should know of a compiler that is newer than its rows.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        self.is_newer_than_known().then(|| {
            let (title, newest) = (self.title(), &self.family.newest);
            format!("{title} is newer than {newest}, up to which its flags are known")
        })
    }

    /// Family and version, for messages.
    #[must_use]
    pub fn title(&self) -> String {
        match &self.version {
            Some(version) => format!("{} {version}", self.family.id),
            None => self.family.id.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specs() {
        let spec: CompilerSpec = "icc@14.0.2".parse().unwrap();
        assert_eq!(
            (
                spec.family.as_str(),
                spec.version.unwrap().to_string().as_str()
            ),
            ("icc", "14.0.2")
        );
        for (text, message) in [
            (
                "gcc@banana",
                "`gcc@banana` names no compiler version: `banana` is not a version: expected numbers between dots, such as `12.2` or `2021.9.0`",
            ),
            (
                "gcc@",
                "`gcc@` names no compiler version: `` is not a version: expected numbers between dots, such as `12.2` or `2021.9.0`",
            ),
            (
                "gcc@12..11",
                "`gcc@12..11` names no compiler version: `12..11` is a reversed or empty range: it holds versions from `12` up to but not including `11`",
            ),
            (
                "gcc@11..13",
                "`gcc@11..13` is a range of versions, and one version is wanted here, such as `gcc@11`",
            ),
        ] {
            assert_eq!(
                text.parse::<CompilerSpec>().unwrap_err().to_string(),
                message
            );
        }
    }
}
