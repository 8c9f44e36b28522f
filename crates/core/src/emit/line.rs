//! Commands and flags as one text, which is how variables hold them.

use super::quote;
use crate::matrix::Variant;
use crate::name::Os;
use crate::toolchain::Dialect;

/// The executable of a command, and the arguments that are part of its name, as
/// in `ccache gcc` or `zig cc`.
///
/// A command is a text, and a directory may have spaces: a word that goes on with
/// a relative path goes on with the directory before it.
pub(crate) fn command_words(command: &str) -> Vec<&str> {
    let is_absolute = |word: &str| {
        let mut letters = word.chars();
        word.starts_with(['/', '\\'])
            || letters.next().is_some_and(|c| c.is_ascii_alphabetic())
                && letters.next() == Some(':')
    };
    let continues = |word: &str| {
        word.contains(['/', '\\']) && !is_absolute(word) && !word.starts_with(['-', '.'])
    };
    let mut end = command.find(' ').unwrap_or(command.len());
    if command[..end].contains(['/', '\\']) {
        let mut at = end;
        while at < command.len() {
            let next = command[at + 1..].find(' ');
            let next = next.map_or(command.len(), |length| at + 1 + length);
            let word = &command[at + 1..next];
            if is_absolute(word) || word.starts_with(['-', '.']) {
                break;
            }
            if continues(word) {
                end = next;
            }
            at = next;
        }
    }
    let arguments = command[end..].split(' ').filter(|word| !word.is_empty());
    std::iter::once(&command[..end]).chain(arguments).collect()
}

/// Words as one text that the build tools of the variant's system split into the
/// same words: a POSIX shell's quotes, or those of Windows.
pub(super) fn line<S: AsRef<str>>(variant: &Variant<'_>, words: &[S]) -> String {
    let for_windows =
        |toolchain: &crate::configuration::ToolchainIdentity| toolchain.target.os == Os::Windows;
    let identity = variant.configuration.toolchain.as_ref();
    if !identity.is_some_and(for_windows) {
        return quote::posix_words(words);
    }
    // There, GNU tools may have a POSIX shell or none.
    let quoted: Vec<String> = words
        .iter()
        .map(AsRef::as_ref)
        .map(|word| {
            let differs =
                word.contains(['"', '$', '`']) || word.contains(r"\\") || word.ends_with('\\');
            if differs && !is_msvc(variant) {
                quote::posix(word)
            } else {
                quote::windows(word)
            }
        })
        .collect();
    quoted.join(" ")
}

/// A tool as a command of a line.
pub(super) fn command(variant: &Variant<'_>, tool: &str) -> String {
    line(variant, &command_words(tool))
}

/// Whether the compiler takes the options of Microsoft's.
pub(super) fn is_msvc(variant: &Variant<'_>) -> bool {
    let toolchain = variant.toolchain.as_ref();
    toolchain.is_some_and(|toolchain| toolchain.family.dialect(toolchain.target) == Dialect::Msvc)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_an_executable_and_arguments() {
        for (command, words) in [
            ("gcc", &["gcc"][..]),
            ("", &[""]),
            ("ccache gcc", &["ccache", "gcc"]),
            (
                "/usr/bin/ccache /usr/bin/gcc",
                &["/usr/bin/ccache", "/usr/bin/gcc"],
            ),
            ("/opt/zig/zig cc", &["/opt/zig/zig", "cc"]),
            ("/opt/my tools/gcc", &["/opt/my tools/gcc"]),
            (
                "/opt/my own tools/gcc -m32",
                &["/opt/my own tools/gcc", "-m32"],
            ),
            ("gcc --sysroot=/opt/x", &["gcc", "--sysroot=/opt/x"]),
            (
                "/usr/bin/gcc --sysroot=/opt/x",
                &["/usr/bin/gcc", "--sysroot=/opt/x"],
            ),
            (
                r"C:\Program Files\LLVM\bin\clang.exe",
                &[r"C:\Program Files\LLVM\bin\clang.exe"],
            ),
            ("/usr/bin/ccache ./gcc", &["/usr/bin/ccache", "./gcc"]),
        ] {
            assert_eq!(command_words(command), words, "{command}");
        }
    }
}
