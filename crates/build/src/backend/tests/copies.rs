//! Copies of source trees.

use std::time::{Duration, SystemTime};

use super::*;

#[test]
fn backend_copy_has_what_the_tree_has() {
    let place = tempfile::tempdir().unwrap();
    let from = place.path().join("from ü");
    write(
        &from,
        &[
            ("a file", "text"),
            ("deep/er/file", "more"),
            ("build/out", "left out"),
            (".git/HEAD", "left out"),
            ("deep/.git/HEAD", "left out"),
            ("empty", ""),
        ],
    );
    let old = SystemTime::UNIX_EPOCH + Duration::from_nanos(1_000_000_000_123_456_789);
    let file = fs::File::options()
        .write(true)
        .open(from.join("a file"))
        .unwrap();
    file.set_modified(old).unwrap();
    let to = from.join("build/copies/one");
    copy_tree(&from, &to, &[from.join("build")]).unwrap();
    let relative = |root: &Path| -> Vec<(PathBuf, Vec<u8>)> {
        let tree = tree(root).into_iter();
        tree.map(|(path, text)| (path.strip_prefix(root).unwrap().to_owned(), text))
            .collect()
    };
    let expected = [
        ("a file", "text"),
        ("deep", ""),
        ("deep/er", ""),
        ("deep/er/file", "more"),
        ("empty", ""),
    ];
    let expected = expected.map(|(path, text)| (PathBuf::from(path), text.as_bytes().to_vec()));
    assert_eq!(relative(&to), expected);
    assert_eq!(
        fs::metadata(to.join("a file")).unwrap().modified().unwrap(),
        old
    );
    let left: Vec<_> = fs::read_dir(to.parent().unwrap()).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing unfinished is left");
    fs::write(to.join("a file"), "changed").unwrap();
    assert_eq!(fs::read_to_string(from.join("a file")).unwrap(), "text");
}

#[cfg(unix)]
#[test]
fn backend_copy_keeps_permissions_and_links() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
    let place = tempfile::tempdir().unwrap();
    let from = dunce::canonicalize(place.path()).unwrap().join("from");
    write(&from, &[("script", "#!/bin/sh"), ("closed/file", "x")]);
    fs::hard_link(from.join("script"), from.join("twin")).unwrap();
    symlink("script", from.join("beside")).unwrap();
    symlink(from.join("closed/file"), from.join("within")).unwrap();
    symlink("/nowhere/at/all", from.join("dangling")).unwrap();
    let mode =
        |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    mode(&from.join("script"), 0o755);
    mode(&from.join("closed/file"), 0o444);
    mode(&from.join("closed"), 0o555);
    let to = dunce::canonicalize(place.path()).unwrap().join("to");
    copy_tree(&from, &to, &[]).unwrap();
    let seen = |name: &str| fs::symlink_metadata(to.join(name)).unwrap();
    assert_eq!(seen("script").mode() & 0o7777, 0o755);
    assert_eq!(seen("closed/file").mode() & 0o7777, 0o444);
    assert_eq!(seen("closed").mode() & 0o7777, 0o555);
    assert_eq!(seen("twin").nlink(), 1);
    let target = |name: &str| fs::read_link(to.join(name)).unwrap();
    assert_eq!(target("beside"), Path::new("script"));
    assert_eq!(target("within"), to.join("closed/file"));
    assert_eq!(target("dangling"), Path::new("/nowhere/at/all"));
    let original = fs::symlink_metadata(from.join("dangling")).unwrap();
    assert_eq!(seen("dangling").mtime_nsec(), original.mtime_nsec());
    for directory in [&from, &to] {
        mode(&directory.join("closed"), 0o755);
    }
}

#[test]
fn backend_copy_messages() {
    let place = tempfile::tempdir().unwrap();
    let here = place.path();
    write(here, &[("from/file", ""), ("to/file", "")]);
    let message = |from: &str, to: &str| {
        let error = copy_tree(&here.join(from), &here.join(to), &[]).unwrap_err();
        error.to_string().replace(here.to_str().unwrap(), "HERE")
    };
    assert_eq!(
        message("from", "to"),
        "cannot copy to `HERE/to`: it is there already"
    );
    assert_eq!(
        message("absent", "new"),
        "`HERE/absent` is no directory with sources"
    );
    assert_eq!(
        message("from/file", "new"),
        "`HERE/from/file` is no directory with sources"
    );
    assert_eq!(message("from", "to/file/new"), "cannot make `HERE/to/file`");
}
