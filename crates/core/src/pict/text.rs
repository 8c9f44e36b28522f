//! Texts and numbers as PICT compares them.

use std::cmp::Ordering;

/// Whether a character separates words. C's `iswspace` leaves the spaces out
/// that do not break a line, where Rust's own does not.
pub(super) fn is_space(c: char) -> bool {
    c.is_whitespace() && !matches!(c, '\u{85}' | '\u{a0}' | '\u{2007}' | '\u{202f}')
}

/// The text without the space around it.
pub(super) fn trim(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// How texts are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Comparison {
    pub(super) case_sensitive: bool,
}

impl Comparison {
    /// The same for texts that are equal.
    pub(super) fn key(self, text: &str) -> String {
        text.chars().map(|c| self.fold(c)).collect()
    }

    pub(super) fn equal(self, one: &str, other: &str) -> bool {
        self.order(one, other) == Ordering::Equal
    }

    pub(super) fn order(self, one: &str, other: &str) -> Ordering {
        let one = one.chars().map(|c| self.fold(c));
        one.cmp(other.chars().map(|c| self.fold(c)))
    }

    /// Whether a text is like a pattern, where `*` stands for any characters
    /// and `?` for one.
    pub(super) fn like(self, text: &str, pattern: &str) -> bool {
        let text: Vec<char> = text.chars().map(|c| self.fold(c)).collect();
        let pattern: Vec<char> = pattern.chars().map(|c| self.fold(c)).collect();
        let (mut at, mut expected) = (0, 0);
        // Where to go on when what follows the last `*` does not fit.
        let mut again: Option<(usize, usize)> = None;
        while at < text.len() {
            match pattern.get(expected) {
                Some('*') => {
                    again = Some((at, expected));
                    expected += 1;
                }
                Some(&c) if c == '?' || c == text[at] => {
                    at += 1;
                    expected += 1;
                }
                _ => {
                    let Some((from, star)) = &mut again else {
                        return false;
                    };
                    *from += 1;
                    at = *from;
                    expected = *star + 1;
                }
            }
        }
        pattern[expected..].iter().all(|&c| c == '*')
    }

    fn fold(self, c: char) -> char {
        if self.case_sensitive {
            return c;
        }
        // C's `towupper` maps a character to one character or not at all.
        let mut upper = c.to_uppercase();
        match (upper.next(), upper.next()) {
            (Some(upper), None) => upper,
            _ => c,
        }
    }
}

/// The number that a whole text is, if it is one.
pub(super) fn number(text: &str) -> Option<f64> {
    let (number, length) = number_at_start(text)?;
    (length == text.len()).then_some(number)
}

/// The number that a text begins with, and how many bytes it takes: what C's
/// `strtod` reads, hexadecimal, infinite and not-a-number ones included. None
/// where the number is too large or too small.
pub(super) fn number_at_start(text: &str) -> Option<(f64, usize)> {
    let body = text.trim_start_matches(is_space);
    let space = text.len() - body.len();
    let unsigned = body.strip_prefix(['+', '-']).unwrap_or(body);
    let sign = body.len() - unsigned.len();
    let (magnitude, length) = named(unsigned)
        .or_else(|| hexadecimal(unsigned))
        .or_else(|| decimal(unsigned))?;
    let number = if body.starts_with('-') {
        -magnitude
    } else {
        magnitude
    };
    Some((number, space + sign + length))
}

/// An infinite number, or not-a-number.
fn named(text: &str) -> Option<(f64, usize)> {
    let begins = |word: &str| {
        let start = text.get(..word.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(word))
    };
    if begins("infinity") {
        Some((f64::INFINITY, "infinity".len()))
    } else if begins("inf") {
        Some((f64::INFINITY, "inf".len()))
    } else if begins("nan") {
        // The payload in parentheses belongs to it.
        let rest = &text["nan".len()..];
        let payload = rest.strip_prefix('(').and_then(|rest| {
            let word = rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
            word.starts_with(')').then(|| rest.len() - word.len() + 2)
        });
        Some((f64::NAN, "nan".len() + payload.unwrap_or(0)))
    } else {
        None
    }
}

fn hexadecimal(text: &str) -> Option<(f64, usize)> {
    let rest = text
        .strip_prefix("0x")
        .or_else(|| text.strip_prefix("0X"))?;
    let mut mantissa = 0.0;
    let mut exponent = 0_i32;
    let mut digits = 0;
    let mut fraction = false;
    let mut length = 0;
    for c in rest.chars() {
        match c.to_digit(16) {
            Some(digit) => {
                mantissa = mantissa * 16.0 + f64::from(digit);
                exponent -= if fraction { 4 } else { 0 };
                digits += 1;
            }
            None if c == '.' && !fraction => fraction = true,
            None => break,
        }
        length += 1;
    }
    if digits == 0 {
        return None;
    }
    if let Some((power, power_length)) = exponent_at(&rest[length..], 'p') {
        exponent = exponent.saturating_add(power);
        length += power_length;
    }
    let number = finite(mantissa * f64::from(exponent).exp2(), mantissa != 0.0)?;
    Some((number, "0x".len() + length))
}

fn decimal(text: &str) -> Option<(f64, usize)> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(text);
    let mut length = whole;
    if text[length..].starts_with('.') {
        let fraction = digits(&text[length + 1..]);
        if whole + fraction == 0 {
            return None;
        }
        length += 1 + fraction;
    } else if whole == 0 {
        return None;
    }
    let zero = text[..length].bytes().all(|c| matches!(c, b'0' | b'.'));
    if let Some((_, power_length)) = exponent_at(&text[length..], 'e') {
        length += power_length;
    }
    let number = text[..length].parse().expect("it has the form of a number");
    Some((finite(number, !zero)?, length))
}

/// An exponent that follows a mantissa, and its length.
fn exponent_at(text: &str, mark: char) -> Option<(i32, usize)> {
    let rest = text.strip_prefix([mark, mark.to_ascii_uppercase()])?;
    let unsigned = rest.strip_prefix(['+', '-']).unwrap_or(rest);
    let digits = unsigned.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return None;
    }
    // What is beyond any number is beyond it as one of these, too.
    let power = unsigned[..digits].parse().unwrap_or(i32::MAX / 2);
    let power = if rest.starts_with('-') { -power } else { power };
    Some((power, text.len() - unsigned.len() + digits))
}

/// The number, unless it left the range that numbers have.
fn finite(number: f64, expected_not_zero: bool) -> Option<f64> {
    let lost = !number.is_finite() || (expected_not_zero && !number.is_normal());
    (!lost).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_what_c_reads() {
        for (text, expected) in [
            ("1", Some(1.0)),
            ("-1", Some(-1.0)),
            ("+1.5", Some(1.5)),
            (".5", Some(0.5)),
            ("5.", Some(5.0)),
            ("1e3", Some(1000.0)),
            ("1E+3", Some(1000.0)),
            ("0x1F", Some(31.0)),
            ("0x.8p1", Some(1.0)),
            ("inf", Some(f64::INFINITY)),
            ("-Infinity", Some(f64::NEG_INFINITY)),
            ("0", Some(0.0)),
            ("0e99999", Some(0.0)),
            ("", None),
            (".", None),
            ("-", None),
            ("1e", None),
            ("1 ", None),
            ("1GB", None),
            ("0x", None),
            ("1e999", None),
            ("1e-999", None),
            ("infinite", None),
            ("1.2.3", None),
            ("é", None),
        ] {
            assert_eq!(number(text), expected, "{text}");
        }
        assert!(number("nan(1)").unwrap().is_nan());
        assert_eq!(number_at_start("1AND"), Some((1.0, 1)));
        assert_eq!(number_at_start("1e AND"), Some((1.0, 1)));
        assert_eq!(number_at_start("0xZ"), Some((0.0, 1)));
    }

    #[test]
    fn patterns_match_as_wildcards_do() {
        let any = Comparison {
            case_sensitive: false,
        };
        for (text, pattern, expected) in [
            ("FAT32", "fat*", true),
            ("FAT", "FAT*", true),
            ("NTFS", "FAT*", false),
            ("aab", "?ab", true),
            ("aab", "?ab*", true),
            ("aab", "a*a*b*", true),
            ("aab", "a*c", false),
            ("", "*", true),
            ("", "?", false),
            ("", "", true),
            ("x", "", false),
            ("mississippi", "*iss*ip*", true),
            ("Ä", "ä", true),
        ] {
            assert_eq!(any.like(text, pattern), expected, "{text} {pattern}");
        }
        let exact = Comparison {
            case_sensitive: true,
        };
        assert!(!exact.like("FAT32", "fat*"));
        let long = "a".repeat(5000);
        assert!(!any.like(&long, &format!("{}b", "a*".repeat(500))));
    }
}
