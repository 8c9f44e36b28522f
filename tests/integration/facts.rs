//! The knowledge base held against the collected public facts: for each it gives
//! the same tokens, or decides otherwise and records why, or a table here says
//! why the fact is about nothing of ours.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use cfgmatrix::core::{
    Answer, Arch, CompilerSpec, Feature, KnowledgeBase, Language, Os, Support, Target, Toolchain,
    Version,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::data::known;
use crate::support::shared;

/// Families of the facts that are another word for one of ours, with the
/// system that the word implies.
const RENAMED_FAMILIES: [(&str, &str, Option<Os>); 4] = [
    ("intel-classic-cl", "intel-classic", Some(Os::Windows)),
    ("intel-dpcpp", "intel-llvm", None),
    ("intel-llvm-cl", "intel-llvm", Some(Os::Windows)),
    ("mingw", "gcc", Some(Os::Windows)),
];

/// Features of the facts whose names here follow no rule.
const RENAMED_FEATURES: [(&str, &str); 4] = [
    ("asan", "sanitize.address"),
    ("c2x", "std.c23"),
    ("tsan", "sanitize.thread"),
    ("ubsan", "sanitize.undefined"),
];

/// Words of the facts for what a feature's parameter stands for.
#[rustfmt::skip]
const PLACEHOLDERS: [(&str, &str); 5] =
    [("<dir>", "{dir}"), ("DIR", "{dir}"), ("<file>", "{file}"), ("<f>", "{file}"), ("x.d", "{file}")];

/// Families of the facts that the knowledge base leaves out, and why.
#[rustfmt::skip]
const FOREIGN_FAMILIES: [(&[&str], &str); 6] = [
    (&["absoft", "compaq", "g95", "lahey", "open64", "pathscale"], "no longer developed"),
    (&["any"], "a trial for whatever compiler there is"),
    (&["armcc"], "for targets without an operating system"),
    (&["dec", "hp", "lcc", "qcc", "sgi"], "their systems are no targets here"),
    (&["lfortran"], "does not compile all of Fortran yet"),
    (&["unknown"], "a guess for compilers that were not identified; none is made here"),
];

/// Features of the facts that the knowledge base leaves out, and why.
#[rustfmt::skip]
const FOREIGN_FEATURES: [(&[&str], &str); 16] = [
    (&["blas", "mkl-sequential"], "BLAS libraries have documents of their own"),
    (&["c2y"], "a draft without a final name"),
    (&["clang-mode"], "the mode is a family of its own, fujitsu-clang"),
    (&["crt-dynamic"], "a choice of the C library of one platform"),
    (&["fixed-line-length"], "fixed form is modelled, not its width"),
    (&["frame-pointer"], "serves profilers; no language or result depends on it"),
    (&["gcc-toolchain"], "where a GCC is installed, not a capability"),
    (&["isa-avx", "isa-avx2", "isa-avx512_icl", "isa-avx512_skx", "isa-avx512_spr", "isa-f16c", "isa-fma3",
       "isa-popcnt", "isa-sse", "isa-sse2", "isa-sse3", "isa-ssse3"], "march.* chooses instructions by processor"),
    (&["max-opt"], "mixes opt.3, fast-math and native, which are kept apart"),
    (&["offload"], "accelerators are not modelled"),
    (&["openmp-date"], "what a compiler reports, not how it is told"),
    (&["openmp-stubs", "static-openmp"], "the choice of a run-time library within OpenMP"),
    (&["opt-N", "std"], "templates; levels and standards are compared one by one"),
    (&["opt-g", "opt-size-z"], "variants of levels; opt.0, opt.1 and opt.size are portable"),
    (&["quiet", "silence-deprecation"], "about the compiler's messages, not the code"),
    (&["warn-extra"], "one set of warnings is modelled, warn.all"),
];

/// Words in the note of a fact that was tried here: its tokens do not work, and
/// no answer may give them.
#[rustfmt::skip]
const REFUTATIONS: [&str; 11] = [
    "ACCEPTED (rc 0) but means", "same false positive", "accepts and ignores", "does NOT define",
    "link fails without", "flang-new 19 rejects", "'argument unused' warning", "rejected: ",
    "warns -Ofast deprecated", "ignored with warning", "ignores with warning",
];

/// Banners that tell another family than the collection's word, or none.
#[rustfmt::skip]
const RENAMED_BANNERS: [(&str, Option<&str>, &str); 3] = [
    ("atfl", Some("flang"), "Arm Toolchain for Linux is LLVM flang with Arm's libraries"),
    ("emscripten", Some("clang"), "emcc prints the text of the clang that it runs"),
    ("lahey", None, "not a family here"),
];

#[derive(Debug, Deserialize)]
struct Fact {
    source: String,
    family: String,
    lang: String,
    version_min: Option<Version>,
    version_max: Option<Version>,
    feature: String,
    compile: Option<String>,
    link: Option<String>,
    note: Option<String>,
}

impl Fact {
    fn notes(&self, text: &str) -> bool {
        self.note.as_ref().is_some_and(|note| note.contains(text))
    }

    fn is_refuted(&self) -> bool {
        self.source == "probe" && REFUTATIONS.iter().any(|text| self.notes(text))
    }

    /// The word of the tables above that leaves this fact out.
    fn foreign(&self) -> Option<&'static str> {
        let word = |table: &[(&[&'static str], _)], word: &str| {
            let mut words = table.iter().flat_map(|row| row.0);
            words.find(|known| **known == word).copied()
        };
        word(&FOREIGN_FAMILIES, &self.family).or_else(|| word(&FOREIGN_FEATURES, &self.feature))
    }

    /// The family here, and the operating system where the fact implies one.
    fn family(&self) -> (&str, Option<Os>) {
        let renamed = RENAMED_FAMILIES.iter().find(|row| row.0 == self.family);
        // The home of xl is Linux, and some of its facts are about AIX.
        let aix = self.notes("AIX only") || self.notes("no flag on Linux");
        renamed.map_or((&self.family, aix.then_some(Os::Aix)), |row| (row.1, row.2))
    }

    fn feature<'k>(&self, known: &'k KnowledgeBase) -> Option<&'k Feature> {
        let name = self.feature.as_str();
        let renamed = RENAMED_FEATURES.iter().find(|row| row.0 == name);
        let candidates = [
            renamed.map_or(name, |row| row.1).to_owned(),
            format!("std.{name}"),
            format!("fortran.{name}"),
            name.replacen(['-', ':'], ".", 1),
        ];
        candidates.iter().find_map(|id| known.feature(id).ok())
    }

    /// The versions to ask for: the first and the last that the source speaks
    /// of, where no last one stands for the newest.
    fn versions(&self, last_inside: fn(&Version) -> Version) -> Vec<Option<Version>> {
        let first = self.version_min.clone().map(Some);
        let last = self.version_max.as_ref().map(last_inside);
        first.into_iter().chain([last]).collect()
    }

    /// Whether an answer gives the same tokens, as far as the fact states them.
    /// A fact that states none says that none is needed.
    fn is_met_by(&self, answer: &Answer<'_>) -> bool {
        let compile: BTreeSet<String> = answer.compile().map(plain).collect();
        let link: BTreeSet<String> = answer.link().chain(answer.libs()).map(plain).collect();
        let same = |said: &Option<String>, ours: &BTreeSet<String>| {
            let said = said.as_deref().map(str::split_whitespace);
            said.is_none_or(|tokens| &tokens.map(plain).collect::<BTreeSet<_>>() == ours)
        };
        match (&self.compile, &self.link) {
            (None, None) => compile.is_empty() && link.is_empty(),
            _ => same(&self.compile, &compile) && same(&self.link, &link),
        }
    }

    /// The answers in each language that the fact is about, at each version.
    fn ask<'k>(
        &self,
        known: &'k KnowledgeBase,
        feature: &'k Feature,
        versions: Vec<Option<Version>>,
    ) -> Vec<Answer<'k>> {
        let (family, os) = self.family();
        let mut answers = Vec::new();
        for version in versions {
            let family = family.to_owned();
            let spec = CompilerSpec { family, version };
            let mut toolchain = known.toolchain(&spec, None, &[]).expect("a known family");
            let family = toolchain.family;
            // Facts suppose that separate parts, such as libomp, are installed.
            let rows = family.rows().iter();
            toolchain.parts = rows.flat_map(|row| row.with.clone()).collect();
            let of_os = |target: &&Target| os.is_none_or(|os| os == target.os);
            toolchain.target = *family.targets.iter().find(of_os).expect("it exists there");
            let mut languages = match self.lang.as_str() {
                "any" => family.languages.clone(),
                language => vec![language.parse().expect("a language")],
            };
            languages.retain(|language| feature.languages.contains(language));
            let answer = |language| answer(known, &toolchain, language, feature);
            answers.extend(languages.into_iter().map(answer));
        }
        assert!(!answers.is_empty(), "nothing to ask for {self:?}");
        answers
    }
}

/// The answer on the target, or for a microarchitecture on the one it is of.
fn answer<'k>(
    known: &'k KnowledgeBase,
    toolchain: &Toolchain<'k>,
    language: Language,
    feature: &'k Feature,
) -> Answer<'k> {
    let ask = |arch: Arch| {
        let mut toolchain = toolchain.clone();
        toolchain.target.arch = arch;
        let answer = known.answer(&toolchain, language, feature);
        answer.expect("the documents load")
    };
    if !feature.id.starts_with("march.") {
        return ask(toolchain.target.arch);
    }
    let told = |answer: &Answer<'_>| answer.row().is_some() || answer.support == Support::Unknown;
    let mut answers = Arch::ALL.iter().map(|&arch| ask(arch));
    answers.find(told).expect("it is of some architecture")
}

/// One spelling for what tokens differ in without meaning anything: the names of
/// placeholders, and the two ways in which options begin on Windows.
fn plain(token: impl AsRef<str>) -> String {
    let mut token = token.as_ref().to_owned();
    for (said, here) in PLACEHOLDERS {
        token = token.replace(said, here);
    }
    match token.strip_prefix('/') {
        Some(option) => format!("-{option}"),
        None => token,
    }
}

/// The version before a bound that is not in its range: no release lies between.
fn just_below(bound: &Version) -> Version {
    let mut parts = bound.parts().to_vec();
    while parts.pop_if(|part| *part == 0).is_some() {}
    *parts.last_mut().expect("no bound is zero") -= 1;
    parts.push(u32::MAX);
    Version::new(parts)
}

fn read<T: DeserializeOwned>(path: &Path) -> Vec<T> {
    let text = fs::read_to_string(path).expect("the file is readable");
    serde_json::from_str(&text).expect("the file is a list of such rows")
}

/// Compares a file; `last_inside` is the last version that an upper bound lets
/// in. Gives the words that left facts out.
fn compare(file: &str, last_inside: fn(&Version) -> Version) -> Option<BTreeSet<&'static str>> {
    let path = shared(&format!("facts/{file}"));
    let Some(path) = path else {
        println!("skipped: needs ../shared");
        return None;
    };
    let known = known();
    let (mut agree, mut otherwise, mut not_ours) = (0, 0, 0);
    let (mut left_out, mut failures) = (BTreeSet::new(), Vec::new());
    for fact in read::<Fact>(&path) {
        let feature = fact.feature(&known);
        if let Some(word) = fact.foreign() {
            let is_ours = feature.is_some() && known.family(&fact.family).is_ok();
            assert!(!is_ours, "`{word}` is not left out: {fact:?}");
            left_out.insert(word);
            not_ours += 1;
            continue;
        }
        let Some(feature) = feature else {
            failures.push(format!("missing, no such feature: {fact:?}"));
            continue;
        };
        let answers = fact.ask(&known, feature, fact.versions(last_inside));
        match answers.iter().all(|answer| fact.is_met_by(answer)) {
            true => agree += 1,
            false => otherwise += 1,
        }
        for answer in answers {
            let note = answer.row().and_then(|row| row.note.as_deref());
            let wrong = match fact.is_met_by(&answer) {
                _ if answer.row().is_none() && answer.support == Support::Unknown => "missing",
                true if fact.is_refuted() => "seen to fail, and given",
                false if note.or(answer.reason()).is_none() => "decided otherwise without a note",
                _ => continue,
            };
            let place = answer.source().map(|source| source.location());
            let language = answer.language;
            failures.push(format!("{wrong} ({language}, {place:?}): {fact:?}"));
        }
    }
    println!("{file}: {agree} agree, {otherwise} decided otherwise, {not_ours} not ours");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    Some(left_out)
}

#[test]
fn compiler_facts_are_given_or_decided_otherwise_with_a_reason() {
    let Some(left_out) = compare("compiler-facts.json", just_below) else {
        return;
    };
    let rows = FOREIGN_FAMILIES.iter().chain(&FOREIGN_FEATURES);
    for word in rows.flat_map(|row| row.0) {
        assert!(left_out.contains(word), "no fact is about `{word}`");
    }
}

#[test]
fn march_facts_are_given_or_decided_otherwise_with_a_reason() {
    // The ranges of archspec contain their upper bound.
    compare("march-facts.json", Version::clone);
}

#[derive(Debug, Deserialize)]
struct Banner {
    family: String,
    version: String,
    stdout: String,
}

#[test]
fn banners_tell_family_and_version() {
    let path = shared("facts/version-banners.json");
    let Some(path) = path else {
        println!("skipped: needs ../shared");
        return;
    };
    let known = known();
    let (mut agree, mut otherwise, mut not_ours) = (0, 0, 0);
    for banner in read::<Banner>(&path) {
        let other = RENAMED_BANNERS.iter().find(|row| row.0 == banner.family);
        let same = RENAMED_FAMILIES.iter().find(|row| row.0 == banner.family);
        let same = same.map_or(banner.family.as_str(), |row| row.1);
        let expected = other.map_or(Some(same), |row| row.1);
        let found = known.identify_banner(&banner.stdout);
        let found = found.expect("the documents load").ok();
        let family = found.as_ref().map(|found| found.family.as_str());
        assert_eq!(family, expected, "{banner:?}");
        let Some(found) = found else {
            not_ours += 1;
            continue;
        };
        let said = Version::from_printed(&banner.version).expect("it has a version");
        let ours = found.version.expect("a banner tells the version");
        // nvcc's `release 10.1, V10.1.243` is 10.1.243 here.
        let extends = ours.parts().starts_with(said.parts());
        assert!(ours == said || extends, "{ours}: {banner:?}");
        match other {
            Some(_) => otherwise += 1,
            None => agree += 1,
        }
    }
    let file = "version-banners.json";
    println!("{file}: {agree} agree, {otherwise} decided otherwise, {not_ours} not ours");
}
