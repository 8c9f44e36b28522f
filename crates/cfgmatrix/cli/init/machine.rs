//! What of a machine goes into a matrix: the compilers, BLAS libraries and MPI
//! implementations that were seen to work.

use cfgmatrix_core::{
    Document, Error, HostReport, HostToolchain, Interface, KnowledgeBase, Language, Linkage,
    Matrix, Natural, Provides, Space, Threading,
};

use super::document::{Entry, Plan, list, quoted};
use super::project::{Fact, PROVIDES, Project};

/// A compiler that goes into the matrix.
#[derive(Clone, Debug)]
pub(super) struct Compiler {
    pub(super) family: String,
    pub(super) version: Option<String>,
    pub(super) entry: Entry,
}

/// What was chosen.
#[derive(Clone, Debug, Default)]
pub(super) struct Choice {
    pub(super) compilers: Vec<Compiler>,
    /// What is there and was not taken, and why.
    pub(super) left_out: Vec<String>,
    pub(super) mpi: Vec<Entry>,
    pub(super) blas: Vec<Entry>,
    /// What the project uses of BLAS that none of these brings.
    pub(super) blas_left_out: Vec<Provides>,
    /// Whether the machine has a BLAS that fits.
    pub(super) has_blas: bool,
}

/// Chooses for a project what a machine has.
pub(super) fn choose(
    project: &Project,
    host: &HostReport,
    known: &KnowledgeBase,
) -> Result<Choice, Error> {
    let mut choice = Choice::default();
    let fitting = fitting(project, host, known, &mut choice.left_out);
    choice.compilers = named(&fitting, &wanted_languages(project));
    choice.mpi = mpi(project, host, known);
    choose_blas(project, host, known, &mut choice)?;
    Ok(choice)
}

fn wanted_languages(project: &Project) -> Vec<Language> {
    match project.languages() {
        languages if languages.is_empty() => Language::ALL.to_vec(),
        languages => languages,
    }
}

/// The compilers that can build the project here.
fn fitting<'h>(
    project: &Project,
    host: &'h HostReport,
    known: &KnowledgeBase,
    left_out: &mut Vec<String>,
) -> Vec<&'h HostToolchain> {
    let languages = project.languages();
    let openmp = project.has(&Fact::OpenMp);
    let here = host
        .toolchains
        .iter()
        .filter(|toolchain| toolchain.system == Some(host.host.target));
    let mut fitting = Vec::new();
    for toolchain in here {
        let has = |language: &Language| toolchain.drivers.contains_key(language);
        let title = toolchain.title();
        // A newer program may have written the report.
        if known.family(&toolchain.family).is_err() {
            left_out.push(format!("{title}: not known to this version"));
            continue;
        }
        // What speaks none of them was never in question, and a machine that is
        // asked for these languages does not say that it is there.
        if !languages.is_empty() && !languages.iter().any(has) {
            continue;
        }
        if let Some(missing) = languages.iter().find(|language| !has(language)) {
            left_out.push(format!("{title}: no {} here", language_name(*missing)));
            continue;
        }
        if let Some(library) = toolchain.other_c_library() {
            left_out.push(format!("{title}: builds for {library}"));
            continue;
        }
        let own = wanted_languages(project).into_iter().filter(has);
        let refused = own
            .filter(|_| openmp)
            .filter_map(|language| toolchain.feature("openmp", language))
            .find(|feature| feature.proof.works == Some(false));
        match refused {
            Some(feature) => left_out.push(format!(
                "{title}: no OpenMP for {}: {}",
                language_name(feature.language),
                feature.proof.evidence
            )),
            None => fitting.push(toolchain),
        }
    }
    fitting
}

/// A value for each compiler. One that is alone of its family goes by the
/// family's name, so that the file serves on other machines too; others by as
/// much of their version as tells them apart.
fn named(fitting: &[&HostToolchain], languages: &[Language]) -> Vec<Compiler> {
    let mut compilers: Vec<Compiler> = Vec::new();
    for toolchain in fitting {
        let family = &toolchain.family;
        let of_family = |other: &&&HostToolchain| other.family == *family;
        let version = |toolchain: &HostToolchain, parts: usize| -> Option<String> {
            let version = toolchain.version.as_ref()?;
            let parts = version.parts().iter().take(parts).map(ToString::to_string);
            Some(parts.collect::<Vec<_>>().join("."))
        };
        let full = toolchain.version.as_ref().map(ToString::to_string);
        let compiler = |id: String, value: String| Compiler {
            family: family.clone(),
            version: full.clone(),
            entry: Entry {
                id,
                value,
                note: Some(note(toolchain, languages)),
            },
        };
        if fitting.iter().filter(of_family).count() == 1 {
            compilers.push(compiler(family.clone(), quoted(family)));
            continue;
        }
        let alone = |parts: &usize| {
            let own = version(toolchain, *parts);
            let same = fitting.iter().filter(of_family);
            same.filter(|other| version(other, *parts) == own).count() == 1
        };
        let Some(short) = (1..=4)
            .find(alone)
            .and_then(|parts| version(toolchain, parts))
        else {
            // The same version in two places is one value of a matrix.
            let first = full.as_deref().unwrap_or_default();
            let id = format!("{family}-{first}");
            if !compilers.iter().any(|known| known.entry.id == id) {
                let value = table(&id, &format!("{family}@{first}"), toolchain, languages);
                compilers.push(compiler(id, value));
            }
            continue;
        };
        let id = format!("{family}-{short}");
        let value = table(&id, &format!("{family}@{short}"), toolchain, languages);
        compilers.push(compiler(id, value));
    }
    compilers
}

/// `{ id = "gcc-12", family = "gcc@12", cc = "gcc-12" }`
fn table(id: &str, spec: &str, toolchain: &HostToolchain, languages: &[Language]) -> String {
    let mut text = format!("{{ id = {}, family = {}", quoted(id), quoted(spec));
    for (language, key) in [
        (Language::C, "cc"),
        (Language::Cxx, "cxx"),
        (Language::Fortran, "fc"),
    ] {
        let driver = toolchain.drivers.get(&language);
        // A command of several words is bound by the probe, not by its name.
        let driver = driver.filter(|driver| driver.arguments.is_empty());
        if let Some(driver) = driver.filter(|_| languages.contains(&language)) {
            let name = driver.path.rsplit(['/', '\\']).next();
            let name = name.unwrap_or(&driver.path);
            text.push_str(&format!(", {key} = {}", quoted(name)));
        }
    }
    text.push_str(" }");
    text
}

/// What a compiler is, and what it has of the languages of interest.
fn note(toolchain: &HostToolchain, languages: &[Language]) -> String {
    let languages: Vec<&str> = languages
        .iter()
        .filter(|language| toolchain.drivers.contains_key(language))
        .map(|&language| language_name(language))
        .collect();
    format!("{}: {}", toolchain.title(), languages.join(", "))
}

/// A language as people write it.
pub(super) fn language_name(language: Language) -> &'static str {
    match language {
        Language::C => "C",
        Language::Cxx => "C++",
        Language::Fortran => "Fortran",
        _ => language.as_str(),
    }
}

/// The MPI implementations that work, and a build without where that is possible.
fn mpi(project: &Project, host: &HostReport, known: &KnowledgeBase) -> Vec<Entry> {
    let scalapack = Fact::Provides(Provides::Scalapack);
    if !project.has(&Fact::Mpi) && !project.has(&scalapack) {
        return Vec::new();
    }
    let mut entries: Vec<Entry> = Vec::new();
    for mpi in &host.mpi {
        let value = quoted(&mpi.implementation);
        let fits = mpi.proof.holds()
            && mpi.system == host.host.target
            && known.mpi(&mpi.implementation).is_ok();
        if fits && !entries.iter().any(|known| known.value == value) {
            let version = mpi.version.as_ref().map(ToString::to_string);
            entries.push(Entry {
                id: mpi.implementation.clone(),
                value,
                note: version.map(|version| format!("{} {version}", mpi.implementation)),
            });
        }
    }
    let needed = project.of(&Fact::Mpi).any(|finding| finding.required) || project.has(&scalapack);
    if !needed && !entries.is_empty() {
        let without = Entry {
            id: "none".to_owned(),
            value: quoted("none"),
            note: Some("builds without MPI, too".to_owned()),
        };
        entries.insert(0, without);
    }
    entries
}

/// The BLAS values that can be built with on this machine: the words for what
/// each family's users expect, else the libraries that are there. What no such
/// library brings is left out rather than every variant.
fn choose_blas(
    project: &Project,
    host: &HostReport,
    known: &KnowledgeBase,
    choice: &mut Choice,
) -> Result<(), Error> {
    let wanted = project.provides();
    if wanted.is_empty() {
        return Ok(());
    }
    let trial = Trial {
        project,
        known,
        choice,
    };
    let mut found = trial.on_host(host, &wanted)?;
    let mut had = wanted.clone();
    if found.is_empty() {
        had = trial.had_anywhere(&wanted)?;
        if had != wanted {
            found = trial.on_host(host, &had)?;
        }
    }
    choice.blas_left_out = wanted
        .into_iter()
        .filter(|provides| !had.contains(provides))
        .collect();
    choice.has_blas = !found.is_empty();
    choice.blas = if choice.has_blas {
        found
    } else {
        words(&had).into()
    };
    Ok(())
}

/// What each family's users expect.
fn words(provides: &[Provides]) -> [Entry; 2] {
    ["sequential", "threaded"].map(|word| blas(word, None, word, provides))
}

fn blas(id: &str, library: Option<&str>, threading: &str, provides: &[Provides]) -> Entry {
    let plain = library.is_none() && provides.len() == 1;
    let value = if plain {
        quoted(id)
    } else {
        let mut text = format!("{{ id = {}", quoted(id));
        if let Some(library) = library {
            text.push_str(&format!(
                ", library = {}, threading = {}",
                quoted(library),
                quoted(threading)
            ));
        }
        if provides.len() > 1 {
            let words = provides.iter().map(|&word| quoted(provides_word(word)));
            text.push_str(&format!(", provides = {}", list(words)));
        }
        text.push_str(" }");
        text
    };
    Entry {
        id: id.to_owned(),
        value,
        note: None,
    }
}

/// What is provided, as matrix files write it.
pub(super) fn provides_word(provides: Provides) -> &'static str {
    let known = PROVIDES.iter().find(|(known, _)| *known == provides);
    known.map_or("blas", |(_, word)| word)
}

/// The shared libraries that work, each sequential before threaded.
fn libraries<'h>(host: &'h HostReport, known: &KnowledgeBase) -> Vec<(&'h str, &'static str)> {
    let mut libraries: Vec<(&str, &str)> = Vec::new();
    for found in &host.blas {
        let fits = found.proof.holds()
            && found.interface == Interface::Lp64
            && found.linkage == Linkage::Shared
            && found.system == host.host.target
            && known.blas(&found.library).is_ok();
        let threading = if found.threading == Threading::Sequential {
            "sequential"
        } else {
            "threaded"
        };
        let library = (found.library.as_str(), threading);
        if fits && !libraries.contains(&library) {
            libraries.push(library);
        }
    }
    libraries.sort_unstable();
    libraries
}

/// Tries BLAS values with the compilers and MPIs that were chosen.
struct Trial<'t> {
    project: &'t Project,
    known: &'t KnowledgeBase,
    choice: &'t Choice,
}

impl Trial<'_> {
    /// The values that some compiler can be bound to on a machine.
    fn on_host(&self, host: &HostReport, provides: &[Provides]) -> Result<Vec<Entry>, Error> {
        let mut found = Vec::new();
        for entry in words(provides) {
            if self.is_buildable(&entry, Some(host))? {
                found.push(entry);
            }
        }
        if !found.is_empty() {
            return Ok(found);
        }
        for (library, threading) in libraries(host, self.known) {
            let id = match threading {
                "sequential" => library.to_owned(),
                _ => format!("{library}-{threading}"),
            };
            let entry = blas(&id, Some(library), threading, provides);
            if self.is_buildable(&entry, Some(host))? {
                found.push(entry);
            }
        }
        Ok(found)
    }

    /// Of what is wanted, what the libraries that users expect do provide.
    fn had_anywhere(&self, wanted: &[Provides]) -> Result<Vec<Provides>, Error> {
        let mut had = vec![Provides::Blas];
        for &provides in wanted {
            let [entry, _] = words(&[Provides::Blas, provides]);
            if provides != Provides::Blas && self.is_buildable(&entry, None)? {
                had.push(provides);
            }
        }
        Ok(had)
    }

    /// Whether some variant is left, on a machine or by what is known alone.
    fn is_buildable(&self, blas: &Entry, host: Option<&HostReport>) -> Result<bool, Error> {
        let mut plan = Plan {
            name: "blas".to_owned(),
            languages: self.project.languages(),
            blas: vec![blas.clone()],
            mpi: self.choice.mpi.clone(),
            ..Plan::default()
        };
        plan.take_compilers(&self.choice.compilers);
        let text = plan.axes_alone().into_bytes();
        let matrix = Matrix::parse(Document::from_bytes("cfgmatrix.toml", text)?)?;
        // The compilers are the machine's, and there is none.
        if host.is_none() && matrix.needs_host() {
            return Ok(true);
        }
        match Space::new(&matrix, self.known, host, None) {
            Ok(space) => Ok(space.count(&space.all())? > Natural::ZERO),
            Err(cfgmatrix_core::Error::NothingInstalled { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
