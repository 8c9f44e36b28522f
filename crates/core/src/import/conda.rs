//! Variants of conda: `conda_build_config.yaml`.

use toml::{Table, Value};

use super::Imported;
use super::draft::{Draft, DraftAxis, DraftValue, free_id, one_line};
use super::yaml::Yaml;
use crate::Scalar;
use crate::document::Document;
use crate::error::Error;

/// Keys that say something of other keys.
const SPECIAL: [&str; 5] = [
    "zip_keys",
    "pin_run_as_build",
    "extend_keys",
    "ignore_version",
    "ignore_build_only_deps",
];

pub(super) fn import(document: &Document, platform: Option<&str>) -> Result<Imported, Error> {
    let mut draft = Draft {
        origin: match platform {
            Some(platform) => format!("`{}`, for {platform}", document.name()),
            None => format!("`{}`", document.name()),
        },
        name: super::matrix_name(document),
        ..Draft::default()
    };
    let chosen = select(document, platform, &mut draft)?;
    let Some(root) = Yaml::parse(&chosen)? else {
        return Err(Error::Invalid {
            message: "the file has no variants".to_owned(),
            hint: None,
            place: document.place(1, 1),
        });
    };
    let mut keys: Vec<(String, Vec<u32>)> = Vec::new();
    for (key, values) in root.entries() {
        let name = key.shown();
        if SPECIAL.contains(&name.as_str()) {
            if name != "zip_keys" {
                draft.note(format!(
                    "`{name}` is about how conda builds, and is left out: {}",
                    one_line(&values.shown())
                ));
            }
            continue;
        }
        keys.push((name, axis(key, values, &chosen, &mut draft)?));
    }
    if draft.axes.is_empty() {
        return Err(root.invalid(&chosen, "the file has no variants: `key: [value, …]`"));
    }
    if let Some(zips) = root.get("zip_keys") {
        zip(zips, &keys, &chosen, &mut draft)?;
    }
    Ok(draft.finish())
}

/// One axis; the numbers of its values in the order of the list.
fn axis(
    key: &Yaml,
    values: &Yaml,
    document: &Document,
    draft: &mut Draft,
) -> Result<Vec<u32>, Error> {
    let one = [values.clone()];
    let elements = match (values.elements(), values.text()) {
        (Some(elements), _) => elements,
        // conda-build takes one value for a list of it.
        (None, Some(_)) => &one,
        (None, None) => {
            let message = format!("`{}` is not a list of values", key.shown());
            return Err(values.invalid(document, message));
        }
    };
    let name = key.shown();
    let mut axis = DraftAxis {
        name: draft.axis_name(&name, false),
        values: Vec::new(),
    };
    let mut numbers = Vec::new();
    let mut texts: Vec<&str> = Vec::new();
    for element in elements {
        // conda-build reads all values as texts: `3.10` keeps its zero.
        let Some(text) = element.text() else {
            let message = format!("a value of `{name}` is a list or a map");
            return Err(element.invalid(document, message));
        };
        if let Some(known) = texts.iter().position(|&known| known == text) {
            numbers.push(known as u32);
            continue;
        }
        let id = free_id(text, &axis.values);
        if id != text {
            draft.note(format!(
                "`{name}`: the value `{}` is called `{id}`",
                one_line(text)
            ));
        }
        numbers.push(texts.len() as u32);
        texts.push(text);
        axis.values.push(DraftValue::new(Scalar::Text(id)));
    }
    if axis.values.is_empty() {
        draft.note(format!("`{name}` has no values, and is left out"));
    } else {
        draft.axes.push(axis);
    }
    Ok(numbers)
}

/// Keys that turn together become zips; what is left of other axes turns by
/// itself, and a value that comes twice in an axis comes once.
fn zip(
    zips: &Yaml,
    keys: &[(String, Vec<u32>)],
    document: &Document,
    draft: &mut Draft,
) -> Result<(), Error> {
    let Some(groups) = zips.elements() else {
        return Err(zips.invalid(document, "`zip_keys` is a list of lists of keys"));
    };
    if groups.iter().any(|group| group.elements().is_none()) {
        return Err(zips.invalid(
            document,
            "`zip_keys` is a list of lists of keys, and this is a flat list",
        ));
    }
    let present: Vec<&(String, Vec<u32>)> = keys
        .iter()
        .filter(|(_, numbers)| !numbers.is_empty())
        .collect();
    for group in groups {
        let mut members = Vec::new();
        for name in group.elements().into_iter().flatten().map(Yaml::shown) {
            match present.iter().position(|(key, _)| *key == name) {
                Some(axis) => members.push(axis),
                None => draft.note(format!(
                    "`zip_keys` names `{}`, which has no values",
                    one_line(&name)
                )),
            }
        }
        let Some(&first) = members.first() else {
            continue;
        };
        let length = present[first].1.len();
        if let Some(&other) = members
            .iter()
            .find(|&&axis| present[axis].1.len() != length)
        {
            let message = format!(
                "zipped keys have the same number of values, and `{}` has {length}, `{}` {}",
                present[first].0,
                present[other].0,
                present[other].1.len()
            );
            return Err(group.invalid(document, message));
        }
        if members.len() < 2 {
            continue;
        }
        let mut rows: Vec<Vec<Value>> = Vec::new();
        for row in 0..length {
            let ids = members.iter().map(|&axis| {
                let value = present[axis].1[row] as usize;
                super::draft::scalar(&draft.axes[axis].values[value].id)
            });
            let ids: Vec<Value> = ids.collect();
            if rows.contains(&ids) {
                draft.note("two rows of a zip are the same, and are one here");
            } else {
                rows.push(ids);
            }
        }
        let names = members
            .iter()
            .map(|&axis| Value::String(draft.axes[axis].name.clone()));
        let mut section = Table::new();
        section.insert("axes".to_owned(), Value::Array(names.collect()));
        let rows = rows.into_iter().map(Value::Array);
        section.insert("rows".to_owned(), Value::Array(rows.collect()));
        draft.sections.push(("zip", section));
    }
    let zipped = draft
        .sections
        .iter()
        .filter_map(|(_, zip)| zip.get("axes")?.as_array());
    let zipped: Vec<String> = zipped
        .flatten()
        .filter_map(|name| Some(name.as_str()?.to_owned()))
        .collect();
    draft.axes.retain(|axis| !zipped.contains(&axis.name));
    Ok(())
}

/// The document without lines whose selector, `# [linux]`, does not hold. Lines
/// stay where they are, so that errors tell their numbers.
fn select(
    document: &Document,
    platform: Option<&str>,
    draft: &mut Draft,
) -> Result<Document, Error> {
    let words = match platform {
        Some(platform) => Some(words(platform).ok_or_else(|| Error::Invalid {
            message: format!("unknown platform `{platform}`"),
            hint: Some(format!(
                "platforms are {}",
                PLATFORMS.map(|(name, _)| name).join(", ")
            )),
            place: document.place(1, 1),
        })?),
        None => None,
    };
    let mut text = String::with_capacity(document.text().len());
    for (number, line) in (1..).zip(document.text().lines()) {
        let selector = selector(line);
        let kept = match (selector, words) {
            (None, _) => true,
            (Some(selector), None) => {
                draft.note(format!(
                    "line {number} is for some platforms only, `[{}]`; `--platform` chooses one",
                    one_line(selector)
                ));
                true
            }
            (Some(selector), Some(words)) => match Selector::holds(selector, words) {
                Some(holds) => holds,
                None => {
                    draft.note(format!(
                        "line {number} is kept: its selector `[{}]` asks for more than the platform",
                        one_line(selector)
                    ));
                    true
                }
            },
        };
        if kept {
            text.push_str(line);
        }
        text.push('\n');
    }
    Document::from_bytes(document.name(), text.into_bytes())
}

/// What stands in brackets in the comment at the end of a line.
fn selector(line: &str) -> Option<&str> {
    let (before, comment) = line.split_once('#')?;
    if before.trim().is_empty() {
        return None;
    }
    let (_, rest) = comment.split_once('[')?;
    Some(rest.rsplit_once(']')?.0.trim())
}

/// The words that hold on each platform.
const PLATFORMS: [(&str, &[&str]); 9] = [
    (
        "linux-64",
        &["linux", "unix", "linux64", "x86_64", "x86", "64"],
    ),
    ("linux-32", &["linux", "unix", "linux32", "x86", "32"]),
    ("linux-aarch64", &["linux", "unix", "aarch64", "64"]),
    ("linux-ppc64le", &["linux", "unix", "ppc64le", "64"]),
    ("osx-64", &["osx", "unix", "x86_64", "x86", "64"]),
    ("osx-arm64", &["osx", "unix", "arm64", "64"]),
    ("win-64", &["win", "win64", "x86_64", "x86", "64"]),
    ("win-32", &["win", "win32", "x86", "32"]),
    ("win-arm64", &["win", "arm64", "64"]),
];

/// Words of other platforms.
const OTHER_WORDS: [&str; 2] = ["s390x", "armv7l"];

fn words(platform: &str) -> Option<&'static [&'static str]> {
    let found = PLATFORMS.iter().find(|(name, _)| *name == platform);
    found.map(|(_, words)| *words)
}

/// `linux and not (aarch64 or ppc64le)`.
struct Selector<'s> {
    rest: &'s str,
    words: &'static [&'static str],
    depth: usize,
}

impl<'s> Selector<'s> {
    const MAX_DEPTH: usize = 32;

    /// None for what is more than words of platforms.
    fn holds(text: &'s str, words: &'static [&'static str]) -> Option<bool> {
        let mut selector = Self {
            rest: text,
            words,
            depth: 0,
        };
        let holds = selector.any()?;
        selector.rest.trim().is_empty().then_some(holds)
    }

    fn any(&mut self) -> Option<bool> {
        let mut holds = self.all()?;
        while self.takes("or") {
            holds |= self.all()?;
        }
        Some(holds)
    }

    fn all(&mut self) -> Option<bool> {
        let mut holds = self.one()?;
        while self.takes("and") {
            holds &= self.one()?;
        }
        Some(holds)
    }

    fn one(&mut self) -> Option<bool> {
        self.depth += 1;
        if self.depth > Self::MAX_DEPTH {
            return None;
        }
        let holds = if self.takes("not") {
            !self.one()?
        } else if let Some(rest) = self.rest.trim_start().strip_prefix('(') {
            self.rest = rest;
            let holds = self.any()?;
            self.rest = self.rest.trim_start().strip_prefix(')')?;
            holds
        } else {
            let word = self.word();
            self.rest = &self.rest.trim_start()[word.len()..];
            let known = PLATFORMS.iter().any(|(_, words)| words.contains(&word));
            match word {
                "True" | "true" => true,
                "False" | "false" => false,
                _ if known || OTHER_WORDS.contains(&word) => self.words.contains(&word),
                _ => return None,
            }
        };
        self.depth -= 1;
        Some(holds)
    }

    fn word(&self) -> &'s str {
        let rest = self.rest.trim_start();
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        &rest[..end.unwrap_or(rest.len())]
    }

    fn takes(&mut self, word: &str) -> bool {
        let takes = self.word() == word;
        if takes {
            self.rest = &self.rest.trim_start()[word.len()..];
        }
        takes
    }
}
