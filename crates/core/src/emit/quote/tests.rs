//! Each language has a reader here, written from its own description; what is
//! quoted is read back as what it was. The real readers do the same in the
//! integration tests.

use proptest::prelude::*;

use super::*;

/// Texts with much of what means something somewhere.
fn texts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-zA-Z0-9./=-]{0,3}",
        4 => prop::sample::select(&[
            " ", "  ", "\t", "'", "''", "\"", "\\", "\\\\", "$", "${", "$(", "}", "`", "#", ";", "&", "|", "<", ">",
            "(", ")", "%", "%PATH%", "!", "^", "*", "?", "~", "{a,b}", "[", "]", "@DIRNAME@", "@GLOBAL_SOURCE_ROOT@",
            "é", "\u{2019}", "\u{1f600}", ":", ",", "-",
        ][..]).prop_map(str::to_owned),
        1 => prop::sample::select(&["\n", "\r", "\r\n", "\u{7f}", "\u{1c}", "\u{85}"][..]).prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

/// What the C library of Windows makes of a command line.
fn read_windows(line: &str) -> Vec<String> {
    let (mut words, mut word, mut begun, mut quoted, mut backslashes) =
        (Vec::new(), String::new(), false, false, 0);
    for c in line.chars() {
        match c {
            '\\' => backslashes += 1,
            '"' => {
                word.extend(std::iter::repeat_n('\\', backslashes / 2));
                if backslashes % 2 == 1 {
                    word.push('"');
                } else {
                    quoted = !quoted;
                }
                (backslashes, begun) = (0, true);
            }
            _ => {
                word.extend(std::iter::repeat_n('\\', std::mem::take(&mut backslashes)));
                if (c == ' ' || c == '\t') && !quoted {
                    if begun || !word.is_empty() {
                        words.push(std::mem::take(&mut word));
                    }
                    begun = false;
                } else {
                    word.push(c);
                }
            }
        }
    }
    word.extend(std::iter::repeat_n('\\', backslashes));
    if begun || !word.is_empty() {
        words.push(word);
    }
    words
}

fn read_fish(text: &str) -> String {
    let inner = text.strip_prefix('\'').unwrap().strip_suffix('\'').unwrap();
    let (mut read, mut rest) = (String::new(), inner.chars().peekable());
    while let Some(c) = rest.next() {
        assert_ne!(c, '\'', "{text}: the quotes end early");
        match (c, rest.peek()) {
            ('\\', Some('\\' | '\'')) => read.extend(rest.next()),
            _ => read.push(c),
        }
    }
    read
}

fn read_powershell(expression: &str) -> String {
    let mut units: Vec<u16> = Vec::new();
    let mut rest = expression;
    loop {
        if let Some(code) = rest.strip_prefix("[char]0x") {
            units.push(u16::from_str_radix(&code[..4], 16).unwrap());
            rest = &code[4..];
        } else {
            let inner = rest.strip_prefix('\'').unwrap();
            let mut end = 0;
            let mut text = String::new();
            loop {
                let at = end + inner[end..].find('\'').unwrap();
                text.push_str(&inner[end..at]);
                if inner[at + 1..].starts_with('\'') {
                    text.push('\'');
                    end = at + 2;
                } else {
                    rest = &inner[at + 1..];
                    break;
                }
            }
            units.extend(text.encode_utf16());
        }
        match rest.strip_prefix(" + ") {
            Some(next) => rest = next,
            None => break,
        }
    }
    assert_eq!(rest, "", "{expression}");
    String::from_utf16(&units).unwrap()
}

/// What `set "X=…"` of a batch file sets.
fn read_cmd(quoted: &str) -> String {
    let line = format!("set \"X={quoted}\"").replace("%%", "\0");
    assert!(!line.contains('%'), "{line}: a variable of the shell");
    let (mut parsed, mut in_quotes, mut rest) = (String::new(), false, line.chars());
    while let Some(c) = rest.next() {
        match c {
            '"' => {
                in_quotes = !in_quotes;
                parsed.push(c);
            }
            '^' if !in_quotes => parsed.extend(rest.next()),
            '&' | '|' | '<' | '>' if !in_quotes => panic!("{line}: the command ends at {c}"),
            _ => parsed.push(c),
        }
    }
    let inner = parsed.strip_prefix("set \"X=").unwrap();
    inner[..inner.rfind('"').unwrap()].replace('\0', "%")
}

fn read_make(value: &str) -> String {
    assert!(!value.starts_with([' ', '\t']) && !value.ends_with(['\\', ' ', '\t']));
    let (mut read, mut rest) = (String::new(), value.chars().peekable());
    while let Some(c) = rest.next() {
        match c {
            '\\' => {
                let mut backslashes = 1;
                while rest.next_if_eq(&'\\').is_some() {
                    backslashes += 1;
                }
                if rest.next_if_eq(&'#').is_some() {
                    assert_eq!(backslashes % 2, 1, "{value}: a comment");
                    read.push_str(&"\\".repeat(backslashes / 2));
                    read.push('#');
                } else {
                    read.push_str(&"\\".repeat(backslashes));
                }
            }
            '#' => panic!("{value}: a comment"),
            '$' => match rest.next() {
                Some('$') => read.push('$'),
                Some('(') => assert_eq!(rest.next(), Some(')'), "{value}"),
                other => panic!("{value}: `$` before {other:?}"),
            },
            _ => read.push(c),
        }
    }
    read
}

fn read_ninja(value: &str) -> String {
    assert!(!value.starts_with(' '));
    let (mut read, mut rest) = (String::new(), value.chars());
    while let Some(c) = rest.next() {
        if c == '$' {
            let next = rest.next();
            assert!(matches!(next, Some('$' | ' ' | ':')), "{value}");
            read.extend(next);
        } else {
            read.push(c);
        }
    }
    read
}

fn read_cmake(argument: &str) -> String {
    let inner = argument
        .strip_prefix('"')
        .unwrap()
        .strip_suffix('"')
        .unwrap();
    let (mut read, mut rest) = (String::new(), inner.chars());
    while let Some(c) = rest.next() {
        match c {
            '\\' => read.push(match rest.next().unwrap() {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                c if c.is_ascii_alphanumeric() => panic!("{argument}: \\{c}"),
                c => c,
            }),
            '"' | '$' => panic!("{argument}: {c}"),
            _ => read.push(c),
        }
    }
    read
}

/// What Meson makes of a value: see the module.
fn read_meson(value: &str) -> String {
    assert!(!value.contains("@DIRNAME@") && !value.contains("@GLOBAL_SOURCE_ROOT@"));
    let doubled = value.replace('\\', r"\\");
    let mut read = String::new();
    let mut rest = doubled.as_str();
    loop {
        if let Some(inner) = rest.strip_prefix("'''") {
            let end = inner.find("'''").unwrap();
            read.push_str(&inner[..end]);
            rest = &inner[end + 3..];
        } else {
            let inner = rest.strip_prefix('\'').unwrap();
            let end = inner.find('\'').unwrap();
            assert!(
                !inner[..end].replace(r"\\", "").contains('\\'),
                "{value}: an escape"
            );
            read.push_str(&inner[..end].replace(r"\\", r"\"));
            rest = &inner[end + 1..];
        }
        match rest.strip_prefix(" + ") {
            Some(next) => rest = next,
            None => break,
        }
    }
    assert_eq!(rest, "", "{value}");
    read
}

/// The words of a line of an rc file, as Bazel splits it.
fn read_bazelrc(line: &str) -> Vec<String> {
    assert!(!line.contains("${"), "{line}: a variable");
    let (mut words, mut rest) = (Vec::new(), line.chars().peekable());
    loop {
        while rest.next_if(|&c| " \n\t\r".contains(c)).is_some() {}
        let Some(&first) = rest.peek() else { break };
        assert_ne!(first, '#', "{line}: a comment");
        let (mut word, mut quote) = (String::new(), None);
        while let Some(c) = rest.next_if(|&c| quote.is_some() || !" \n\t\r".contains(c)) {
            match (c, quote) {
                ('\\', _) => word.extend(rest.next()),
                (c, Some(end)) if c == end => quote = None,
                (_, Some(_)) => word.push(c),
                ('\'' | '"', None) => quote = Some(c),
                ('#', None) => panic!("{line}: a comment"),
                (_, None) => word.push(c),
            }
        }
        words.push(word);
    }
    words
}

/// A YAML text in double quotes, as conda's tools come to see it.
fn read_conda(quoted: &str) -> String {
    assert!(quoted.is_ascii(), "{quoted}");
    assert!(!quoted.contains(['#', '[', ']', '{', '}']), "{quoted}");
    assert!(!quoted.contains(".startswith") && !quoted.contains("os.environ.get"));
    let inner = quoted.strip_prefix('"').unwrap().strip_suffix('"').unwrap();
    let (mut read, mut rest) = (String::new(), inner.chars());
    while let Some(c) = rest.next() {
        if c != '\\' {
            assert_ne!(c, '"', "{quoted}");
            read.push(c);
            continue;
        }
        let escape = rest.next().unwrap();
        let digits = match escape {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        let code: String = rest.by_ref().take(digits).collect();
        let c = match escape {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            '"' | '\\' => escape,
            _ => char::from_u32(u32::from_str_radix(&code, 16).unwrap()).unwrap(),
        };
        read.push(c);
    }
    read
}

fn has_line_break(text: &str) -> bool {
    text.contains(['\n', '\r'])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn a_posix_shell_reads_the_same(texts in prop::collection::vec(texts(), 0..4)) {
        prop_assert_eq!(shell_words::split(&posix_words(&texts)).unwrap(), texts);
    }

    #[test]
    fn windows_reads_the_same(texts in prop::collection::vec(texts(), 0..4)) {
        prop_assert_eq!(read_windows(&windows_words(&texts)), texts);
    }

    #[test]
    fn fish_reads_the_same(text in texts()) {
        prop_assert_eq!(read_fish(&fish(&text)), text);
    }

    #[test]
    fn powershell_reads_the_same(text in texts()) {
        match powershell(&text) {
            Ok(quoted) => {
                prop_assert!(quoted.chars().all(|c| matches!(c, ' '..='~')));
                prop_assert_eq!(read_powershell(&quoted), text);
            }
            Err(_) => prop_assert!(text.is_empty()),
        }
    }

    #[test]
    fn cmd_reads_the_same(text in texts()) {
        match cmd(&text) {
            Ok(quoted) => prop_assert_eq!(read_cmd(&quoted), text),
            Err(_) => prop_assert!(text.is_empty() || text.contains(|c: char| c.is_control() && c != '\t')),
        }
    }

    #[test]
    fn make_reads_the_same(text in texts()) {
        match make(&text) {
            Ok(quoted) => prop_assert_eq!(read_make(&quoted), text),
            Err(_) => prop_assert!(has_line_break(&text)),
        }
    }

    #[test]
    fn ninja_reads_the_same(text in texts()) {
        match ninja(&text) {
            Ok(quoted) => prop_assert_eq!(read_ninja(&quoted), text),
            Err(_) => prop_assert!(has_line_break(&text)),
        }
    }

    #[test]
    fn cmake_reads_the_same(text in texts()) {
        prop_assert_eq!(read_cmake(&cmake(&text)), text.clone());
        const DOLLAR: &str = "${dollar}";
        let preset = preset(&text);
        let without = preset.replace(DOLLAR, "");
        prop_assert!(!without.contains('$'));
        prop_assert_eq!(preset.replace(DOLLAR, "$"), text);
    }

    #[test]
    fn meson_reads_the_same(text in texts()) {
        match meson(&text) {
            Ok(quoted) => prop_assert_eq!(read_meson(&quoted), text),
            Err(_) => prop_assert!(has_line_break(&text) || text.contains('\'')),
        }
    }

    #[test]
    fn toml_reads_the_same(name in texts(), text in texts()) {
        let document: ::toml::Table = ::toml::from_str(&format!("{} = {}", toml_key(&name), toml(&text))).unwrap();
        prop_assert_eq!(document.get(&name).and_then(|value| value.as_str()), Some(text.as_str()));
    }

    #[test]
    fn conda_reads_the_same(text in texts(), more in prop::sample::select(&["", ".startswith(", "os.environ.get", "x # [linux]"][..])) {
        let text = text + more;
        prop_assert_eq!(read_conda(&conda(&text)), text);
    }

    #[test]
    fn configparser_reads_the_same(text in texts()) {
        match cfg(&text) {
            Ok(quoted) => {
                let without = quoted.replace("%%", "");
                prop_assert!(!without.contains('%'));
                prop_assert_eq!(quoted.replace("%%", "%"), text);
            }
            Err(_) => prop_assert!(has_line_break(&text) || text.starts_with(|c: char| !c.is_ascii_graphic()) || text.ends_with(|c: char| !c.is_ascii_graphic())),
        }
    }

    #[test]
    fn bazel_reads_the_same(texts in prop::collection::vec(texts(), 0..4)) {
        let quoted: Result<Vec<String>, Unquotable> = texts.iter().map(|text| bazelrc(&format!("--copt={text}"))).collect();
        match quoted {
            Ok(quoted) => {
                let read = read_bazelrc(&quoted.join(" "));
                let expected: Vec<String> = texts.iter().map(|text| format!("--copt={text}")).collect();
                prop_assert_eq!(read, expected);
            }
            Err(_) => prop_assert!(texts.iter().any(|text| has_line_break(text))),
        }
    }
}

#[test]
fn what_is_plain_stays_plain() {
    assert_eq!(
        posix_words(&["-O3", "-std=c++17", "-Wl,-rpath,/opt/x"]),
        "-O3 -std=c++17 -Wl,-rpath,/opt/x"
    );
    assert_eq!(
        windows_words(&["/O2", r"C:\lib\x.lib"]),
        r#"/O2 "C:\lib\x.lib""#
    );
    assert_eq!(bazelrc("--copt=-O3").unwrap(), "--copt=-O3");
    assert_eq!(toml_key("CC_x86_64-linux"), "CC_x86_64-linux");
}

#[test]
fn what_means_something_to_one_shell_only_is_quoted() {
    for word in ["a{b,c}", "!x", "^x", "=ls", "~", "a\nb", "#x", ""] {
        assert!(posix(word).starts_with('\''), "{word}");
    }
    assert_eq!(posix("it's"), r"'it'\''s'");
}

#[test]
fn a_space_and_backslashes_are_the_same_for_windows_and_a_posix_shell() {
    let include = r"-IC:\Program Files\OpenBLAS\include";
    assert_eq!(windows(include), format!("\"{include}\""));
    assert_eq!(shell_words::split(&windows(include)).unwrap(), [include]);
}

#[test]
fn what_meson_cannot_say_is_refused() {
    for text in ["it'", "a'\\b", "a'''b", "a\nb"] {
        assert!(meson(text).is_err(), "{text}");
    }
    assert_eq!(meson(r"C:\it's").unwrap(), r"'C:\it' + ''''s'''");
}
