//! What every back end has at hand: the variant's words, and its files.

use std::fs;
use std::path::{Path, PathBuf};

use cfgmatrix_core::emit::{self, EmitOptions, Format};
use cfgmatrix_core::{Dialect, Expansion, Variant};

use super::{Backend, BackendError, Jobs, Layout};

/// Where the files are, below the build directory.
const DIRECTORY: &str = "cfgmatrix";

/// A variant that is to be built with one back end.
pub(super) struct Hook<'a, 'k> {
    pub(super) backend: Backend,
    pub(super) variant: &'a Variant<'k>,
    pub(super) layout: &'a Layout,
    pub(super) jobs: Jobs,
    environment: Vec<(String, String)>,
}

impl<'a, 'k> Hook<'a, 'k> {
    /// Makes the build directory the variant's.
    ///
    /// No build system notices every change of flags: objects of one configuration
    /// must not be taken for those of another.
    pub(super) fn new(
        backend: Backend,
        variant: &'a Variant<'k>,
        layout: &'a Layout,
        jobs: Jobs,
    ) -> Result<Self, BackendError> {
        if layout.build == layout.source && !backend.in_place(&layout.source) {
            return Err(BackendError::SameDirectory {
                path: layout.build.clone(),
            });
        }
        let hook = Self {
            backend,
            variant,
            layout,
            jobs,
            environment: emit::environment(variant),
        };
        let id = &variant.configuration.id;
        let path = hook.path("id");
        match fs::read_to_string(&path) {
            Ok(found) if found.trim_end() != id => {
                return Err(BackendError::OtherConfiguration {
                    build: layout.build.clone(),
                    found: found.trim_end().to_owned(),
                });
            }
            _ => hook.write("id", &format!("{id}\n"))?,
        };
        Ok(hook)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.layout.build.join(DIRECTORY).join(name)
    }

    /// The variant in a format of one file.
    pub(super) fn emitted(&self, format: Format, name: &str) -> Result<PathBuf, BackendError> {
        let mut alone = Expansion::empty("");
        alone.variants.push(self.variant.clone());
        let files = emit::emit(format, &alone, &EmitOptions::default())?;
        let [file] = files.as_slice() else {
            unreachable!("the formats of hooks have one file a variant")
        };
        self.write(name, &file.text)
    }

    /// Writes a file whole, and only if it says something new: a newer toolchain
    /// file would make CMake configure again.
    fn write(&self, name: &str, text: &str) -> Result<PathBuf, BackendError> {
        let path = self.path(name);
        if fs::read(&path).is_ok_and(|old| old == text.as_bytes()) {
            return Ok(path);
        }
        let directory = self.layout.build.join(DIRECTORY);
        fs::create_dir_all(&directory).map_err(BackendError::io("make", &directory))?;
        let written = || {
            let mut file = tempfile::NamedTempFile::new_in(&directory)?;
            std::io::Write::write_all(&mut file, text.as_bytes())?;
            file.persist(&path)?;
            Ok(())
        };
        written().map_err(BackendError::io("write", &path))?;
        Ok(path)
    }

    /// A variable of the variant's environment.
    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        let known = self.environment.iter().find(|(known, _)| known == name);
        known.map(|(_, value)| value.as_str())
    }

    /// The variables of these names that the variant has, in this order.
    pub(super) fn variables<'n>(
        &self,
        names: &'n [&'n str],
    ) -> impl Iterator<Item = (&'n str, &str)> {
        let has = |&name: &&'n str| self.variable(name).map(|value| (name, value));
        names.iter().filter_map(has)
    }

    /// Whether one of these features is on.
    pub(super) fn has_feature(&self, features: &[&str]) -> bool {
        let answers = self.variant.answers.iter();
        let mut on = answers.filter(|answer| answer.support.is_available());
        on.any(|answer| features.contains(&answer.feature.id.as_str()))
    }

    /// Whether the compiler takes the options of Microsoft's.
    pub(super) fn is_msvc(&self) -> bool {
        let toolchain = self.variant.toolchain.as_ref();
        toolchain.is_some_and(|known| known.family.dialect(known.target) == Dialect::Msvc)
    }

    pub(super) fn source(&self) -> &Path {
        &self.layout.source
    }

    pub(super) fn build(&self) -> &Path {
        &self.layout.build
    }

    pub(super) fn install(&self) -> Option<&Path> {
        self.layout.install.as_deref()
    }
}
