//! Directories by a path in which `*` stands for anything within a component.

use std::ffi::OsStr;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// The paths that exist, the last name first: of several versions the newest.
pub(crate) fn expand(path: &Path) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::new()];
    for component in path.components() {
        match component {
            Component::Normal(pattern) if has_star(pattern) => {
                found = found
                    .iter()
                    .flat_map(|directory| matching(directory, pattern))
                    .collect();
            }
            other => found.iter_mut().for_each(|start| start.push(other)),
        }
    }
    found.retain(|path| path.exists());
    found
}

fn has_star(pattern: &OsStr) -> bool {
    pattern.as_encoded_bytes().contains(&b'*')
}

fn matching(directory: &Path, pattern: &OsStr) -> Vec<PathBuf> {
    let Some(pattern) = pattern.to_str() else {
        return Vec::new();
    };
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut names: Vec<_> = entries
        .map(|entry| entry.file_name())
        .filter(|name| name.to_str().is_some_and(|name| matches(name, pattern)))
        .collect();
    names.sort();
    names.reverse();
    names.iter().map(|name| directory.join(name)).collect()
}

/// Whether a name is what a pattern with stars stands for.
fn matches(name: &str, pattern: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return name == pattern;
    };
    let Some(mut left) = name.strip_prefix(start) else {
        return false;
    };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let end = parts.pop().unwrap_or_default();
    for part in parts {
        match left.find(part) {
            Some(at) => left = &left[at + part.len()..],
            None => return false,
        }
    }
    left.len() >= end.len() && left.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_anything_within_a_name() {
        for (name, pattern, expected) in [
            ("llvm-19", "llvm-*", true),
            ("llvm-19", "*", true),
            ("llvm", "llvm-*", false),
            ("python3.11", "python*", true),
            ("Xcode-15.app", "Xcode*.app", true),
            ("a", "a*a", false),
            ("aba", "a*a", true),
            ("abcabd", "a*c*d", true),
            ("abcabd", "a*d*c", false),
        ] {
            assert_eq!(matches(name, pattern), expected, "{name} {pattern}");
        }
    }

    #[test]
    fn the_newest_is_first_and_what_is_absent_is_left_out() {
        let root = tempfile::tempdir().unwrap();
        for version in ["23.1", "24.1"] {
            fs::create_dir_all(root.path().join(version).join("bin")).unwrap();
        }
        fs::create_dir_all(root.path().join("25.1")).unwrap();
        let found = expand(&root.path().join("*").join("bin"));
        let expected: Vec<PathBuf> = ["24.1", "23.1"]
            .map(|version| root.path().join(version).join("bin"))
            .into();
        assert_eq!(found, expected);
        assert!(expand(&root.path().join("no").join("*")).is_empty());
    }
}
