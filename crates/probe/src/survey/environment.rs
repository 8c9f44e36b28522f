//! The environment as it was handed down: read once by the program, looked up here.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::cache::digest;
use crate::wildcard;

/// Environment variables.
#[derive(Clone, Debug, Default)]
pub struct Environment(BTreeMap<OsString, OsString>);

impl FromIterator<(OsString, OsString)> for Environment {
    fn from_iter<I: IntoIterator<Item = (OsString, OsString)>>(variables: I) -> Self {
        Self(variables.into_iter().collect())
    }
}

/// What the answers of compilers and programs may depend on: these variables,
/// and those that begin so.
const DECISIVE: &[&str] = &[
    "PATH",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "LD_RUN_PATH",
    "DYLD_LIBRARY_PATH",
    "LIBRARY_PATH",
    "CPATH",
    "C_INCLUDE_PATH",
    "CPLUS_INCLUDE_PATH",
    "OBJC_INCLUDE_PATH",
    "GCC_EXEC_PREFIX",
    "COMPILER_PATH",
    "CCC_OVERRIDE_OPTIONS",
    "SDKROOT",
    "DEVELOPER_DIR",
    "MACOSX_DEPLOYMENT_TARGET",
    "INCLUDE",
    "LIB",
    "PKG_CONFIG_PATH",
    "PKG_CONFIG_LIBDIR",
];
const DECISIVE_PREFIXES: &[&str] = &[
    "OMPI_", "MPICH_", "I_MPI_", "CRAY", "PE_", "NVHPC", "WINE", "QEMU_",
];

impl Environment {
    /// The value of a variable, if it is set to something.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        let value = self.0.get(OsStr::new(name))?;
        (!value.is_empty()).then_some(value.as_os_str())
    }

    /// All variables.
    pub fn iter(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        let variables = self.0.iter();
        variables.map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }

    /// The directories of `PATH`; those that are not absolute are nobody's to trust.
    pub(super) fn search_path(&self) -> impl Iterator<Item = PathBuf> {
        let path = self.get("PATH").unwrap_or_default().to_owned();
        let directories: Vec<PathBuf> = std::env::split_paths(&path).collect();
        directories
            .into_iter()
            .filter(|directory| directory.is_absolute())
    }

    /// The directories that a template stands for: a leading `{NAME}` is the
    /// value of a variable, `*` anything within a component. Only those that exist.
    pub(super) fn expand(&self, template: &str) -> Vec<PathBuf> {
        let start = match template
            .strip_prefix('{')
            .and_then(|rest| rest.split_once('}'))
        {
            Some((name, rest)) => match self.get(name) {
                Some(value) => Path::new(value).join(rest.trim_start_matches('/')),
                None => return Vec::new(),
            },
            None => PathBuf::from(template),
        };
        wildcard::expand(&start)
    }

    /// A number for everything that answers may depend on.
    pub(super) fn digest(&self) -> u64 {
        let decisive = self.0.iter().filter(|(name, _)| {
            name.to_str().is_some_and(|name| {
                DECISIVE.contains(&name)
                    || DECISIVE_PREFIXES
                        .iter()
                        .any(|prefix| name.starts_with(prefix))
            })
        });
        digest(
            decisive.flat_map(|(name, value)| [name.as_encoded_bytes(), value.as_encoded_bytes()]),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_become_directories_that_exist() {
        let root = tempfile::tempdir().unwrap();
        for version in ["23.1", "24.1"] {
            std::fs::create_dir_all(root.path().join(version).join("bin")).unwrap();
        }
        let environment: Environment = [("ROOT".into(), root.path().into())].into_iter().collect();
        let expected: Vec<PathBuf> = ["24.1", "23.1"]
            .map(|version| root.path().join(version).join("bin"))
            .into();
        assert_eq!(environment.expand("{ROOT}/*/bin"), expected);
        assert_eq!(environment.expand("{ROOT}/23.1/bin"), [expected[1].clone()]);
        assert!(environment.expand("{ROOT}/*/lib").is_empty());
        assert!(environment.expand("{OTHER}/bin").is_empty());
    }

    #[test]
    fn only_what_decides_is_in_the_digest() {
        let of = |name: &str, value: &str| {
            let variables = [("PATH".into(), "/bin".into()), (name.into(), value.into())];
            variables.into_iter().collect::<Environment>().digest()
        };
        assert_eq!(of("EDITOR", "vi"), of("EDITOR", "ed"));
        assert_ne!(of("CPATH", "/a"), of("CPATH", "/b"));
        assert_ne!(of("OMPI_CC", "gcc"), of("OMPI_CC", "clang"));
    }
}
