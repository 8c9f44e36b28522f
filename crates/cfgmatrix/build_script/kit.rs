//! What was found for a build: applied to `cc`, and told to Cargo.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use cfgmatrix_core as core;
use cfgmatrix_core::{Identification, Linkage, Toolchain};
use cfgmatrix_probe::{BlasFile, trial::library_file};

use super::{Error, LINK_ARGUMENTS, Script, join};

/// Everything that was found for a build, ready to be applied.
#[derive(Debug)]
pub struct Kit {
    pub(super) identification: Identification,
    pub(super) compiler: String,
    pub(super) compile_flags: Vec<String>,
    pub(super) extra_compile: Vec<String>,
    pub(super) defines: Vec<String>,
    pub(super) include: Vec<PathBuf>,
    /// `cargo::` lines that follow the package's own library.
    pub(super) directives: Vec<String>,
    /// For this package's own programs and for those of its dependents.
    pub(super) link_arguments: Vec<String>,
    pub(super) openmp_runtime: Option<PathBuf>,
    pub(super) blas: Option<PathBuf>,
    pub(super) warnings: Vec<String>,
    pub(super) watched: Vec<String>,
    pub(super) out_dir: PathBuf,
    pub(super) has_links: bool,
    is_library: bool,
    is_program: bool,
    pub(super) package: String,
    pub(super) os: core::Os,
}

impl Kit {
    pub(super) fn new(
        script: &Script,
        toolchain: &Toolchain<'_>,
        identification: Identification,
    ) -> Self {
        let source = Path::new(script.text("CARGO_MANIFEST_DIR")).join("src");
        Self {
            identification,
            compiler: toolchain.title(),
            compile_flags: Vec::new(),
            extra_compile: Vec::new(),
            defines: Vec::new(),
            include: Vec::new(),
            directives: Vec::new(),
            link_arguments: Vec::new(),
            openmp_runtime: None,
            blas: None,
            warnings: Vec::new(),
            watched: vec!["LIBOMP_ROOT".to_owned(), "OpenMP_ROOT".to_owned()],
            out_dir: script.text("OUT_DIR").into(),
            is_library: source.join("lib.rs").is_file(),
            is_program: source.join("main.rs").is_file() || source.join("bin").is_dir(),
            has_links: script.variable("CARGO_MANIFEST_LINKS").is_some(),
            package: script.text("CARGO_PKG_NAME").to_owned(),
            os: toolchain.target.os,
        }
    }

    /// What the compiler is, and what told.
    #[must_use]
    pub fn compiler(&self) -> &Identification {
        &self.identification
    }

    /// The flags that are added to those of `cc`.
    pub fn flags(&self) -> impl Iterator<Item = &str> {
        self.compile_flags
            .iter()
            .chain(&self.extra_compile)
            .map(String::as_str)
    }

    /// The OpenMP run-time library's file, where it is linked by name.
    #[must_use]
    pub fn openmp_runtime(&self) -> Option<&Path> {
        self.openmp_runtime.as_deref()
    }

    /// The BLAS file.
    #[must_use]
    pub fn blas(&self) -> Option<&Path> {
        self.blas.as_deref()
    }

    /// Puts flags, definitions and include directories into `build`.
    pub fn apply(&self, build: &mut cc::Build) {
        for flag in self.flags() {
            build.flag(flag);
        }
        for define in &self.defines {
            let (name, value) = define
                .split_once('=')
                .map_or((define.as_str(), None), |(name, value)| (name, Some(value)));
            build.define(name, value);
        }
        build.includes(&self.include);
    }

    /// Applies everything, compiles the library `name`, and tells Cargo what is
    /// linked after it.
    ///
    /// # Errors
    /// The sources do not compile; dependents must be told something, and the
    /// package has no `links` key.
    pub fn compile(&self, build: &mut cc::Build, name: &str) -> Result<(), Error> {
        self.apply(build);
        build.try_compile(name).map_err(|error| Error::Compile {
            library: name.to_owned(),
            reason: error.to_string(),
        })?;
        self.link()
    }

    /// Tells Cargo what is linked; after the library that needs it.
    ///
    /// # Errors
    /// Dependents must be told something, and the package has no `links` key.
    #[expect(
        clippy::print_stdout,
        reason = "a build script tells Cargo by printing"
    )]
    pub fn link(&self) -> Result<(), Error> {
        for line in &self.directives {
            println!("{line}");
        }
        for argument in &self.link_arguments {
            println!("cargo::rustc-link-arg={argument}");
        }
        for warning in &self.warnings {
            println!("cargo::warning={warning}");
        }
        for variable in &self.watched {
            println!("cargo::rerun-if-env-changed={variable}");
        }
        if self.link_arguments.is_empty() {
            return Ok(());
        }
        if !self.has_links {
            let error = Error::NoLinks {
                what: self.link_arguments.join(" "),
                package: self.package.clone(),
            };
            // A program's own link arguments are enough for it. A library that has
            // a program beside it may have no dependents.
            return match (self.is_library, self.is_program) {
                (false, _) => Ok(()),
                (true, true) => {
                    println!("cargo::warning={error}");
                    Ok(())
                }
                (true, false) => Err(error),
            };
        }
        println!(
            "cargo::metadata={LINK_ARGUMENTS}={}",
            join(&self.link_arguments)
        );
        Ok(())
    }

    pub(super) fn link_blas(
        &mut self,
        library: &str,
        wanted: &str,
        file: &BlasFile,
        linked: &[PathBuf],
    ) -> Result<(), Error> {
        let name = format!("{library}_{}", wanted.replace(' ', "_"));
        if file.libs.is_empty() {
            self.link_file(&name, &file.file, file.linkage)?;
        } else {
            // Several files in a certain order, which no directive of Cargo's keeps.
            let tokens = file.libs.iter().cloned();
            tokens.for_each(|token| self.add_link_argument(token));
        }
        self.include.extend(file.include.iter().cloned());
        self.blas = Some(file.file.clone());
        if file.linkage == Linkage::Static {
            for need in &file.needs {
                self.link_need(need, linked)?;
            }
        } else {
            self.add_rpath(&file.directory);
        }
        self.directives
            .push(format!("cargo::rerun-if-changed={}", file.file.display()));
        Ok(())
    }

    /// Lets the running program find its libraries in a directory. On Windows
    /// there is no such thing: the DLL's directory must be in PATH.
    pub(super) fn add_rpath(&mut self, directory: &Path) {
        if self.os == core::Os::Windows {
            return;
        }
        // The older kind of run-time path holds for the library's own
        // dependencies too, and LD_LIBRARY_PATH does not override it.
        if self.os != core::Os::Macos {
            self.add_link_argument("-Wl,--disable-new-dtags".to_owned());
        }
        self.add_link_argument(format!("-Wl,-rpath,{}", directory.display()));
    }

    pub(super) fn add_link_argument(&mut self, argument: String) {
        if !self.link_arguments.contains(&argument) {
            self.link_arguments.push(argument);
        }
    }

    /// What an archive needs after it. The OpenMP run-time library is the
    /// program's own where it has one: it serves the archive's calls as well,
    /// and two of them would be two pools of threads.
    fn link_need(&mut self, need: &str, linked: &[PathBuf]) -> Result<(), Error> {
        let Some(name) = need.strip_prefix("-l") else {
            self.add_link_argument(need.to_owned());
            return Ok(());
        };
        if name == "gomp" && self.openmp_runtime.is_some() {
            return Ok(());
        }
        match library_file(linked, name) {
            // Libraries of the C compiler's own directory are not on rustc's path.
            Some(file) if !["m", "pthread", "c", "dl"].contains(&name) => {
                let file = file.to_owned();
                self.link_file(name, &file, Linkage::Shared)
            }
            _ => {
                self.directives
                    .push(format!("cargo::rustc-link-lib=dylib={name}"));
                Ok(())
            }
        }
    }

    /// Links exactly this file: under a name of its own, in a directory that
    /// holds nothing else, so that no other `-L` can put another in its place
    /// and this one puts nothing in the place of others.
    pub(super) fn link_file(
        &mut self,
        name: &str,
        file: &Path,
        linkage: Linkage,
    ) -> Result<(), Error> {
        let directory = self.out_dir.join("cfgmatrix-link");
        let unique = format!("cfgmatrix_{name}");
        let extension = match (linkage, file.extension().and_then(OsStr::to_str)) {
            (Linkage::Static, Some(extension)) => extension.to_owned(),
            (_, Some("dylib" | "tbd" | "lib" | "a")) => file
                .extension()
                .and_then(OsStr::to_str)
                .unwrap_or("so")
                .to_owned(),
            _ => "so".to_owned(),
        };
        let prefix = if extension == "lib" { "" } else { "lib" };
        let place = directory.join(format!("{prefix}{unique}.{extension}"));
        let failed = |source| Error::Write {
            path: place.clone(),
            source,
        };
        std::fs::create_dir_all(&directory).map_err(failed)?;
        if let Err(error) = std::fs::remove_file(&place)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            return Err(failed(error));
        }
        point_at(file, &place).map_err(failed)?;
        let search = format!("cargo::rustc-link-search=native={}", directory.display());
        if !self.directives.contains(&search) {
            self.directives.push(search);
        }
        // An archive is not copied into the crate: it is as large as all of BLAS.
        let kind = if linkage == Linkage::Static {
            "static:-bundle"
        } else {
            "dylib"
        };
        self.directives
            .push(format!("cargo::rustc-link-lib={kind}={unique}"));
        Ok(())
    }

    /// Family and version, for messages.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.compiler
    }
}

#[cfg(unix)]
fn point_at(file: &Path, place: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(file, place)
}

#[cfg(not(unix))]
fn point_at(file: &Path, place: &Path) -> std::io::Result<()> {
    std::fs::copy(file, place).map(|_| ())
}
