//! What was built: found, read, and kept for all that is asked of it.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::commands::{Command, Records};
use super::content::Content;
use super::source::Sources;
use super::{ArtifactDigest, Environment, real};
use crate::artifact::{
    Artifact, ArtifactError, Closure, Image, LoaderPaths, Picked, Role, Unit, closure,
};
use crate::digest::digest_of;

/// Where a variant was built, and what of it is looked at.
#[derive(Clone, Debug)]
pub struct Scene {
    /// Its build directory.
    pub build: PathBuf,
    /// Where its sources are; what lies in the build directory is its own, too.
    pub sources: Vec<PathBuf>,
    /// The files to look at; those of the build directory where none are named.
    pub artifacts: Option<Vec<PathBuf>>,
    /// What its build printed.
    pub logs: Vec<PathBuf>,
    /// The environment in which it runs.
    pub run_env: Environment,
    /// Where the loader looks.
    pub loader: LoaderPaths,
}

impl Scene {
    /// All that lies in a build directory, on this machine.
    #[must_use]
    pub fn of_build(build: &Path, sources: &[PathBuf], run_env: Environment) -> Self {
        Self {
            build: build.to_owned(),
            sources: sources.to_vec(),
            artifacts: None,
            logs: Vec::new(),
            run_env,
            loader: LoaderPaths::of_this_machine(build),
        }
    }

    /// With files of what its build printed, which tell how sources were compiled.
    #[must_use]
    pub fn with_logs(self, logs: Vec<PathBuf>) -> Self {
        Self { logs, ..self }
    }

    /// These files, on this machine.
    #[must_use]
    pub fn of_files(
        files: &[PathBuf],
        build: &Path,
        sources: &[PathBuf],
        run_env: Environment,
    ) -> Self {
        Self {
            artifacts: Some(files.to_vec()),
            ..Self::of_build(build, sources, run_env)
        }
    }
}

/// A file with all that was read of it.
pub(super) struct Seen {
    /// Relative to the build directory if it is below it, with `/`.
    pub(super) name: String,
    pub(super) artifact: Artifact,
    pub(super) content: Content,
    /// Nothing for an archive; a reason where the loader cannot be followed.
    pub(super) closure: Option<Result<Closure, String>>,
}

/// The scene with what was read of it.
pub(super) struct Stage<'s> {
    pub(super) scene: &'s Scene,
    pub(super) artifacts: Vec<Seen>,
    pub(super) unreadable: Vec<String>,
    /// Object files of the build directory, relative to it.
    pub(super) object_files: Vec<PathBuf>,
    /// Directories whose code is the variant's.
    own: Vec<PathBuf>,
    objects: OnceCell<Vec<(String, Artifact)>>,
    sources: OnceCell<Sources>,
    records: Records,
    commands: OnceCell<Vec<Command>>,
}

/// So many object files are read where debug information does not tell.
const OBJECTS: usize = 4000;

impl<'s> Stage<'s> {
    pub(super) fn set(scene: &'s Scene) -> Result<Self, ArtifactError> {
        let mut found = Found::default();
        // A file that is named says nothing of what else lies in the directory.
        if scene.artifacts.is_none() {
            found.walk(&scene.build);
        }
        found.records.logs.extend(scene.logs.iter().cloned());
        let mut stage = Self {
            scene,
            artifacts: Vec::new(),
            unreadable: Vec::new(),
            object_files: found.objects,
            own: own_directories(scene),
            objects: OnceCell::new(),
            sources: OnceCell::new(),
            records: found.records,
            commands: OnceCell::new(),
        };
        match &scene.artifacts {
            Some(named) => {
                for path in named {
                    let path = scene.build.join(path);
                    let artifact = Artifact::read(&path)?;
                    stage.add(artifact)?;
                }
            }
            None => {
                for path in found.artifacts {
                    let read = Artifact::read(&path).and_then(|artifact| stage.add(artifact));
                    if let Err(error) = read {
                        stage.unreadable.push(error.to_string());
                    }
                }
            }
        }
        Ok(stage)
    }

    fn add(&mut self, artifact: Artifact) -> Result<(), ArtifactError> {
        let content = Content::read(&artifact.path).map_err(|source| ArtifactError::Read {
            path: artifact.path.clone(),
            source,
        })?;
        let linked = matches!(artifact.role, Role::Executable | Role::SharedLibrary);
        let followed = linked.then(|| {
            closure(&artifact.path, &self.scene.run_env, &self.scene.loader)
                .map_err(|error| error.to_string())
        });
        self.artifacts.push(Seen {
            name: relative(&self.scene.build, &artifact.path),
            artifact,
            content,
            closure: followed,
        });
        Ok(())
    }

    /// The units of a file whose source is the variant's own.
    pub(super) fn own_units<'a>(&self, seen: &'a Seen) -> Vec<&'a Unit> {
        crate::artifact::units_below(seen.artifact.units(), &self.own)
    }

    /// The build's object files, and the members of its archives, with names.
    pub(super) fn objects(&self) -> &[(String, Artifact)] {
        self.objects.get_or_init(|| {
            self.object_files
                .iter()
                .take(OBJECTS)
                .filter_map(|path| {
                    let artifact = Artifact::read(path).ok()?;
                    Some((relative(&self.scene.build, path), artifact))
                })
                .collect()
        })
    }

    /// Every object that is the variant's own beyond doubt: object files and
    /// members of archives.
    pub(super) fn own_objects(&self) -> impl Iterator<Item = (String, &Image)> {
        let files = self
            .objects()
            .iter()
            .flat_map(|(name, artifact)| artifact.images.iter().map(|image| (name.clone(), image)));
        let archives = self
            .artifacts
            .iter()
            .filter(|seen| matches!(seen.artifact.role, Role::Archive | Role::Object));
        let members = archives.flat_map(|seen| {
            seen.artifact
                .images
                .iter()
                .map(move |image| match &image.member {
                    Some(member) => (format!("{}({member})", seen.name), image),
                    None => (seen.name.clone(), image),
                })
        });
        files.chain(members)
    }

    /// The commands that compiled sources of a file, as far as they are told: the
    /// names of these are in its symbols.
    pub(super) fn commands(&self, seen: &Seen) -> Vec<&Command> {
        let commands = self.commands.get_or_init(|| self.records.read());
        let name = |path: &str| super::file_name(Path::new(path));
        let inside: BTreeSet<String> = seen.content.sources.iter().map(|s| name(s)).collect();
        commands
            .iter()
            .filter(|command| inside.contains(&name(&command.source)))
            .collect()
    }

    /// What the sources that were compiled use.
    pub(super) fn sources(&self) -> &Sources {
        self.sources
            .get_or_init(|| Sources::read(&self.scene.sources, &self.compiled_names()))
    }

    /// File names of sources that were compiled into the artifacts, as far as
    /// these and the object files tell.
    fn compiled_names(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for seen in &self.artifacts {
            names.extend(seen.content.sources.iter().cloned());
            let units = seen.artifact.units().filter_map(Unit::source);
            names.extend(units.map(|source| super::file_name(&source)));
        }
        for path in &self.object_files {
            // `a.c.o` of CMake, `src_a.c.o` of Meson, `a.o` and `lib-a.o` of others.
            let stem = path.with_extension("");
            names.insert(super::file_name(&stem));
        }
        names
    }

    pub(super) fn digests(&self) -> Vec<ArtifactDigest> {
        let mine: HashSet<PathBuf> = self
            .artifacts
            .iter()
            .map(|seen| real(&seen.artifact.path))
            .collect();
        self.artifacts
            .iter()
            .map(|seen| ArtifactDigest {
                path: seen.name.clone(),
                role: seen.artifact.role,
                content: seen.content.digest.clone(),
                closure: seen.closure.as_ref().map(|followed| match followed {
                    Ok(followed) => closure_digest(followed, &mine),
                    Err(reason) => digest_of(reason.as_bytes()),
                }),
            })
            .collect()
    }
}

fn closure_digest(closure: &Closure, mine: &HashSet<PathBuf>) -> String {
    let others: Vec<_> = closure
        .loaded
        .iter()
        .filter(|loaded| loaded.picked != Picked::Subject && !mine.contains(&loaded.file))
        .map(|loaded| loaded.file.to_string_lossy())
        .collect();
    digest_of(others.join("\n").as_bytes())
}

/// As given and with links resolved: compilers write down either.
fn own_directories(scene: &Scene) -> Vec<PathBuf> {
    let mut own: Vec<PathBuf> = Vec::new();
    for directory in scene.sources.iter().chain([&scene.build]) {
        for form in [directory.clone(), real(directory)] {
            // The root would make everything the variant's own.
            if form.is_absolute() && form.parent().is_some() && !own.contains(&form) {
                own.push(form);
            }
        }
    }
    own
}

fn relative(build: &Path, path: &Path) -> String {
    let inside = path
        .strip_prefix(build)
        .map(Path::to_owned)
        .or_else(|_| real(path).strip_prefix(real(build)).map(Path::to_owned));
    let shown = inside.as_deref().unwrap_or(path);
    shown.to_string_lossy().replace('\\', "/")
}

/// What was found by walking.
#[derive(Default)]
struct Found {
    artifacts: Vec<PathBuf>,
    objects: Vec<PathBuf>,
    records: Records,
    /// Files with several names are looked at once.
    #[cfg(unix)]
    seen: HashSet<(u64, u64)>,
}

/// Directories in which build systems try the compiler out, and other tools'.
const PASSED: [&str; 8] = [
    "meson-private",
    "meson-logs",
    "CMakeScratch",
    "CMakeTmp",
    ".git",
    ".fingerprint",
    "incremental",
    "node_modules",
];

/// Names, or beginnings of them, of what is built to try the compiler out, or
/// to be run by the build.
const TRIED: [&str; 8] = [
    "CMakeDetermineCompilerABI",
    "CompilerId",
    "sanitycheck",
    "conftest",
    "cmTC_",
    "build-script-",
    "build_script_",
    "a.out-conftest",
];

/// Directories deeper than this are a loop.
const DEPTH: usize = 40;

impl Found {
    fn walk(&mut self, build: &Path) {
        self.directory(build, DEPTH);
        self.artifacts.sort();
        self.objects.sort();
    }

    fn directory(&mut self, directory: &Path, depth: usize) {
        let Ok(entries) = fs::read_dir(directory) else {
            return;
        };
        let mut entries: Vec<_> = entries.filter_map(Result::ok).collect();
        entries.sort_by_key(fs::DirEntry::file_name);
        // A Python environment is not what was built.
        if entries
            .iter()
            .any(|entry| entry.file_name() == "pyvenv.cfg")
        {
            return;
        }
        let of_cmake = directory.ends_with("CMakeFiles");
        for entry in entries {
            let name = entry.file_name().to_string_lossy().into_owned();
            let tried = TRIED.iter().any(|tried| name.starts_with(tried));
            if tried || PASSED.contains(&name.as_str()) {
                continue;
            }
            match entry.file_type() {
                // CMake's own directory has objects of targets, and trials beside them.
                _ if of_cmake && !name.ends_with(".dir") => {}
                Ok(file_type) if file_type.is_dir() && depth > 0 => {
                    self.directory(&entry.path(), depth - 1);
                }
                // A link is another name of what is found where it is.
                Ok(file_type) if file_type.is_file() => self.file(&entry, &name),
                _ => {}
            }
        }
    }

    fn file(&mut self, entry: &fs::DirEntry, name: &str) {
        let path = entry.path();
        self.records.take(&path, name);
        // Rust's own intermediate files are archives too.
        if name.ends_with(".rlib") || name.ends_with(".rmeta") {
            return;
        }
        let Some(role) = role_of(&path) else {
            return;
        };
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;
            let Ok(metadata) = entry.metadata() else {
                return;
            };
            if !self.seen.insert((metadata.dev(), metadata.ino())) {
                return;
            }
        }
        match role {
            Role::Object => self.objects.push(path),
            _ => self.artifacts.push(path),
        }
    }
}

/// What a file is by its first bytes; [`Role::Other`] for what is linked.
fn role_of(path: &Path) -> Option<Role> {
    let mut start = [0; 20];
    let mut file = fs::File::open(path).ok()?;
    file.read_exact(&mut start).ok()?;
    if start.starts_with(b"\x7fELF") {
        // `e_type`, in the file's own order of bytes.
        let number = if start[5] == 2 {
            u16::from_be_bytes([start[16], start[17]])
        } else {
            u16::from_le_bytes([start[16], start[17]])
        };
        return match number {
            1 => Some(Role::Object),
            2 | 3 => Some(Role::Other),
            _ => None,
        };
    }
    if start.starts_with(b"!<arch>\n") || start.starts_with(b"!<thin>\n") {
        return Some(Role::Archive);
    }
    let mach = [
        [0xcf, 0xfa, 0xed, 0xfe],
        [0xce, 0xfa, 0xed, 0xfe],
        [0xfe, 0xed, 0xfa, 0xcf],
        [0xfe, 0xed, 0xfa, 0xce],
    ];
    if mach.iter().any(|magic| start.starts_with(magic)) {
        // `filetype` 1 is an object file; the order of bytes is told by the magic.
        let object = start[12..16] == [1, 0, 0, 0] || start[12..16] == [0, 0, 0, 1];
        return Some(if object { Role::Object } else { Role::Other });
    }
    if start.starts_with(b"MZ") {
        return Some(Role::Other);
    }
    // COFF objects of x86-64 and AArch64 begin with the number of the machine.
    let coff = start.starts_with(&[0x64, 0x86]) || start.starts_with(&[0x64, 0xaa]);
    let named = path.extension().is_some_and(|e| e == "obj" || e == "o");
    (coff && named).then_some(Role::Object)
}
