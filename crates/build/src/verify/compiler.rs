//! Which compiler made the code.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::SystemTime;

use cfgmatrix_core::{KnowledgeBase, Language, Toolchain, Variant, Version};

use super::scene::{Seen, Stage};
use super::source::{is_source, language_of};
use super::{Judgement, some_of};
use crate::artifact::{Artifact, Image, Role, Unit};
use crate::digest::digest_of_file;
use crate::outcome::Claim;

/// What was recognised before: compilers by what they write of themselves, and
/// files by their digests. One serves all variants of a run.
#[derive(Debug, Default)]
pub struct Recogniser {
    made: Mutex<HashMap<String, Option<Made>>>,
    digests: Mutex<HashMap<FileState, String>>,
    startup: OnceLock<Vec<String>>,
}

/// A file at a moment.
#[derive(Debug, PartialEq, Eq, Hash)]
struct FileState {
    path: PathBuf,
    size: u64,
    modified: Option<SystemTime>,
}

/// A compiler that made something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Made {
    pub(super) family: String,
    pub(super) version: Option<Version>,
}

impl Made {
    fn title(&self) -> String {
        match &self.version {
            Some(version) => format!("{} {version}", self.family),
            None => self.family.clone(),
        }
    }
}

impl Recogniser {
    /// One that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The compiler that calls itself so, in debug information or `.comment`.
    pub(super) fn made(&self, known: &KnowledgeBase, text: &str) -> Option<Made> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = made.get(text) {
            return known.clone();
        }
        let found = known
            .identify_banner(&as_banner(text)?)
            .ok()
            .and_then(Result::ok)
            .map(|found| Made {
                family: found.family,
                version: found.version,
            });
        made.insert(text.to_owned(), found.clone());
        found
    }

    /// SHA-256 of a file; nothing if it cannot be read.
    pub(super) fn digest(&self, path: &Path) -> Option<String> {
        let metadata = fs::metadata(path).ok()?;
        let state = FileState {
            path: path.to_owned(),
            size: metadata.len(),
            modified: metadata.modified().ok(),
        };
        // Held while it is read: the others want the same file.
        let mut digests = self.digests.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(digest) = digests.get(&state) {
            return Some(digest.clone());
        }
        let digest = digest_of_file(path).ok()?;
        digests.insert(state, digest.clone());
        Some(digest)
    }

    /// What the start-up code that a linker adds to every program says of its compiler.
    fn startup(&self) -> &[String] {
        self.startup.get_or_init(|| {
            let inside = |directories: Vec<PathBuf>| -> Vec<PathBuf> {
                directories
                    .iter()
                    .filter_map(|directory| fs::read_dir(directory).ok())
                    .flat_map(|entries| entries.filter_map(Result::ok))
                    .map(|entry| entry.path())
                    .collect()
            };
            let mut comments: Vec<String> =
                inside(inside(vec!["/usr/lib/gcc".into(), "/usr/lib64/gcc".into()]))
                    .iter()
                    .filter_map(|directory| Artifact::read(&directory.join("crtbegin.o")).ok())
                    .flat_map(|artifact| {
                        let comments = artifact.comments().into_iter().map(str::to_owned);
                        comments.collect::<Vec<_>>()
                    })
                    .collect();
            comments.sort();
            comments.dedup();
            comments
        })
    }
}

/// What a compiler writes into a file, in the words that it prints; nothing for
/// an assembler or a linker.
fn as_banner(text: &str) -> Option<String> {
    let of_gnu = text
        .strip_prefix("GNU ")
        .or_else(|| text.strip_prefix("GCC: "));
    let Some(rest) = of_gnu else {
        // Rust's compiler is made with LLVM, and is none of those that are asked for.
        let other = text.starts_with("Linker:") || text.contains("rustc version");
        return (!other).then(|| text.to_owned());
    };
    if rest.starts_with("AS ") {
        return None;
    }
    // `GNU C17 8.5.0 20210514 (Red Hat 8.5.0-10)`, `GCC: (Debian 12.2.0-14) 12.2.0`.
    let plain = match rest.strip_prefix('(') {
        Some(inner) => inner.split_once(") ")?.1,
        None => rest,
    };
    let version = plain
        .split_whitespace()
        .find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    Some(format!("gcc version {version}"))
}

/// The language of a unit, as far as it is one of those that compilers are chosen for.
pub(super) fn language(unit: &Unit) -> Option<Language> {
    let word = unit.language.as_deref()?;
    if word.starts_with("c_plus_plus") {
        Some(Language::Cxx)
    } else if word.starts_with("fortran") {
        Some(Language::Fortran)
    } else if matches!(word, "c" | "c89" | "c99" | "c11" | "c17" | "c23") {
        Some(Language::C)
    } else {
        None
    }
}

/// How a compiler stands to the one that is claimed.
enum Match {
    Same,
    /// The family that the claimed one is built from, which writes the same.
    Base,
    Other,
}

fn compare(claimed: &Toolchain<'_>, made: &Made, known: &KnowledgeBase) -> Match {
    if made.family == claimed.family.id {
        let same = match (&claimed.version, &made.version) {
            (Some(claimed), Some(made)) => {
                let length = claimed.parts().len().min(made.parts().len());
                claimed.parts()[..length] == made.parts()[..length]
            }
            _ => true,
        };
        return if same { Match::Same } else { Match::Other };
    }
    let is_base = claimed.family.base_family() == Some(made.family.as_str())
        && known.family(&made.family).is_ok();
    if is_base { Match::Base } else { Match::Other }
}

/// The compilers of some code, each with the places where it was seen.
#[derive(Default)]
pub(super) struct Compilers {
    pub(super) made: Vec<(Made, Vec<String>)>,
    /// What could not be recognised.
    strange: Vec<String>,
}

impl Compilers {
    fn add(&mut self, made: Made, place: String) {
        match self.made.iter_mut().find(|(known, _)| *known == made) {
            Some((_, places)) => places.push(place),
            None => self.made.push((made, vec![place])),
        }
    }

    fn add_unit(&mut self, unit: &Unit, known: &KnowledgeBase, recogniser: &Recogniser) {
        let Some(tool) = unit.tool() else {
            return;
        };
        match recogniser.made(known, tool) {
            Some(made) => self.add(made, unit.name.clone().unwrap_or_default()),
            None if as_banner(tool).is_some() => self.strange.push(tool.to_owned()),
            None => {}
        }
    }

    fn is_empty(&self) -> bool {
        self.made.is_empty() && self.strange.is_empty()
    }

    fn judge(&self, claimed: &Toolchain<'_>, known: &KnowledgeBase, source: &str) -> Judgement {
        let mut others = Vec::new();
        let mut base = None;
        for (made, places) in &self.made {
            match compare(claimed, made, known) {
                Match::Same => {}
                Match::Base => base = Some(made.title()),
                Match::Other => others.push((made.title(), some_of(places))),
            }
        }
        if !others.is_empty() {
            let observed: Vec<String> = others.iter().map(|(title, _)| title.clone()).collect();
            let evidence: Vec<String> = others
                .iter()
                .map(|(title, places)| format!("{places} by {title}"))
                .collect();
            return Judgement::refuted(
                some_of(&observed),
                format!("{source}: {}", evidence.join("; ")),
            );
        }
        if let Some(strange) = self.strange.first() {
            return Judgement::unknown(format!(
                "{source} names `{strange}`, which is no compiler that is known"
            ));
        }
        if let Some(base) = base {
            return Judgement::unknown(format!(
                "{source} names {base}, which {} is built from and may write of itself",
                claimed.title()
            ));
        }
        let (made, places) = &self.made[0];
        let count = match places.len() {
            1 => "1 source".to_owned(),
            count => format!("{count} sources"),
        };
        Judgement::proved(made.title(), format!("{source} of {count}"))
    }
}

const LANGUAGES: [Language; 3] = [Language::C, Language::Cxx, Language::Fortran];

/// The compilers of the variant's own code, wherever that is told.
pub(super) fn observed(
    known: &KnowledgeBase,
    recogniser: &Recogniser,
    stage: &Stage<'_>,
) -> Vec<Made> {
    let mut all = Compilers::default();
    for seen in &stage.artifacts {
        for unit in stage.own_units(seen) {
            all.add_unit(unit, known, recogniser);
        }
    }
    if all.is_empty() {
        for (name, image) in stage.own_objects() {
            add_image(&mut all, &name, image, &LANGUAGES, known, recogniser);
        }
    }
    all.made.into_iter().map(|(made, _)| made).collect()
}

pub(super) fn judge(
    variant: &Variant<'_>,
    known: &KnowledgeBase,
    recogniser: &Recogniser,
    stage: &Stage<'_>,
    claims: &mut Vec<Claim>,
) {
    let Some(claimed) = &variant.toolchain else {
        return;
    };
    let title = claimed.title();
    let mut silent = Vec::new();
    for seen in &stage.artifacts {
        let mut compilers = Compilers::default();
        for unit in stage.own_units(seen) {
            if language(unit).is_some_and(|language| claimed.family.languages.contains(&language)) {
                compilers.add_unit(unit, known, recogniser);
            }
        }
        if compilers.is_empty() {
            silent.push(seen);
            continue;
        }
        let judgement = compilers.judge(claimed, known, "debug information");
        claims.push(judgement.of("compiler", Some(&seen.name), &title));
    }
    if silent.is_empty() {
        return;
    }
    // Where the linked files are silent, the objects that they were linked from speak.
    let mut compilers = Compilers::default();
    for (name, image) in stage.own_objects() {
        let languages = &claimed.family.languages;
        add_image(&mut compilers, &name, image, languages, known, recogniser);
    }
    if !compilers.is_empty() {
        let judgement = compilers.judge(claimed, known, "`.comment` of object files");
        claims.push(judgement.of("compiler", None, &title));
        return;
    }
    for seen in silent {
        let judgement = by_comments(seen, claimed, known, recogniser);
        claims.push(judgement.of("compiler", Some(&seen.name), &title));
    }
}

/// The compiler of an object that is of one of these languages: a C compiler's
/// variant may have Fortran of another family.
fn add_image(
    compilers: &mut Compilers,
    name: &str,
    image: &Image,
    languages: &[Language],
    known: &KnowledgeBase,
    recogniser: &Recogniser,
) {
    let asked = |of: Option<Language>| of.is_some_and(|language| languages.contains(&language));
    if !image.units.is_empty() {
        for unit in image.units.iter().filter(|unit| asked(language(unit))) {
            compilers.add_unit(unit, known, recogniser);
        }
        return;
    }
    let mut sources = image
        .sources
        .iter()
        .map(Path::new)
        .filter(|path| is_source(path));
    if sources
        .next()
        .is_some_and(|source| !asked(language_of(source)))
    {
        return;
    }
    let comments = image.comments.iter();
    for made in comments.filter_map(|comment| recogniser.made(known, comment)) {
        compilers.add(made, name.to_owned());
    }
}

/// What `.comment` tells of a linked file: the compilers of all its objects,
/// those of start-up code and of static libraries among them.
fn by_comments(
    seen: &Seen,
    claimed: &Toolchain<'_>,
    known: &KnowledgeBase,
    recogniser: &Recogniser,
) -> Judgement {
    let comments = seen.artifact.comments();
    let startup = recogniser.startup();
    let mut named = Vec::new();
    let mut own = Vec::new();
    let mut others = Vec::new();
    for comment in comments {
        let Some(made) = recogniser.made(known, comment) else {
            continue;
        };
        named.push(made.title());
        if startup.iter().any(|text| text == comment) {
            continue;
        }
        match compare(claimed, &made, known) {
            Match::Same => own.push(made.title()),
            Match::Base | Match::Other => others.push(made.title()),
        }
    }
    let linked = matches!(
        seen.artifact.role,
        Role::Executable | Role::SharedLibrary | Role::Other
    );
    match (own.first(), others.first()) {
        (Some(own), None) => Judgement::proved(
            own.clone(),
            "`.comment` names it, and beside it only what start-up code names",
        ),
        (None, Some(_)) if linked && others.iter().all(|other| !is_base(claimed, other)) => {
            Judgement::refuted(
                some_of(&others),
                format!("`.comment` names it, and never {}", claimed.title()),
            )
        }
        (_, Some(_)) => Judgement::unknown(format!(
            "`.comment` names {}: which of them made the variant's own code is not told",
            some_of(&named)
        )),
        (None, None) if named.is_empty() => Judgement::unknown(
            "there is no debug information of the sources, and no compiler in `.comment`",
        ),
        (None, None) => Judgement::unknown(format!(
            "there is no debug information of the sources, and `.comment` names {}, as start-up code does in every program",
            some_of(&named)
        )),
    }
}

fn is_base(claimed: &Toolchain<'_>, title: &str) -> bool {
    claimed
        .family
        .base_family()
        .is_some_and(|base| title.split(' ').next() == Some(base))
}

#[cfg(test)]
mod tests {
    use super::as_banner;

    #[test]
    fn records_become_what_is_printed() {
        for (text, banner) in [
            ("GNU C17 12.2.0", Some("gcc version 12.2.0")),
            ("GNU Fortran2008 11.3.0", Some("gcc version 11.3.0")),
            ("GNU GIMPLE 12.2.0", Some("gcc version 12.2.0")),
            (
                "GNU C17 8.5.0 20210514 (Red Hat 8.5.0-10)",
                Some("gcc version 8.5.0"),
            ),
            (
                "GCC: (Debian 12.2.0-14+deb12u1) 12.2.0",
                Some("gcc version 12.2.0"),
            ),
            ("GNU AS 2.40", None),
            ("Linker: LLD 14.0.6", None),
            ("clang LLVM (rustc version 1.88.0)", None),
            (
                "Debian clang version 14.0.6",
                Some("Debian clang version 14.0.6"),
            ),
        ] {
            assert_eq!(as_banner(text).as_deref(), banner, "{text}");
        }
    }
}
