//! Writing: documents to standard output, messages to standard error, colours
//! only where a person reads them.

use std::borrow::Cow;
use std::error::Error as _;
use std::fmt::Display;
use std::io::{self, BufWriter, Write};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use cfgmatrix_core::plain::PlainError;
use clap::ValueEnum;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::Error;

pub(super) const HEADING: Style = Style::new().bold();
pub(super) const GOOD: Style = AnsiColor::Green.on_default();
pub(super) const BAD: Style = AnsiColor::Red.on_default();
pub(super) const FAINT: Style = Style::new().dimmed();

/// How an answer is printed that is either read by people or by programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Lines for people.
    Text,
    /// One document.
    Json,
}

/// Standard output.
pub(super) struct Output {
    stream: BufWriter<io::Stdout>,
    coloured: bool,
    /// Columns of the terminal that reads it.
    width: Option<usize>,
}

impl Output {
    pub(super) fn new() -> Self {
        let stdout = io::stdout();
        // The choice follows NO_COLOR, CLICOLOR, CLICOLOR_FORCE and whether it is a terminal.
        let coloured = AutoStream::choice(&stdout) != ColorChoice::Never;
        let width = terminal_size::terminal_size_of(&stdout).map(|(width, _)| usize::from(width.0));
        Self {
            stream: BufWriter::with_capacity(64 << 10, stdout),
            coloured,
            width,
        }
    }

    /// Writes a document as it is.
    pub(super) fn write(&mut self, text: &str) -> Result<(), Error> {
        self.stream.write_all(text.as_bytes()).map_err(stream_error)
    }

    /// Writes a line for people, its colours only where they are wanted.
    pub(super) fn line(&mut self, text: impl Display) -> Result<(), Error> {
        let text = text.to_string();
        if self.coloured {
            return writeln!(self.stream, "{text}").map_err(stream_error);
        }
        writeln!(self.stream, "{}", anstream::adapter::strip_str(&text)).map_err(stream_error)
    }

    /// Writes a table whole: sources and reasons are what is read in it.
    pub(super) fn table(&mut self, table: &Table) -> Result<(), Error> {
        table
            .lines(None)
            .into_iter()
            .try_for_each(|line| self.line(line))
    }

    /// Writes a table for an overview, cut to the width of the terminal if there
    /// is one.
    pub(super) fn overview(&mut self, table: &Table) -> Result<(), Error> {
        let limit = self.width;
        table
            .lines(limit)
            .into_iter()
            .try_for_each(|line| self.line(line))
    }

    /// Writes a serialisable document, pretty.
    pub(super) fn json<T: serde::Serialize>(&mut self, document: &T) -> Result<(), Error> {
        let mut text = serde_json::to_string_pretty(document)
            .expect("texts, lists and maps with text keys are always JSON");
        text.push('\n');
        self.write(&text)
    }

    pub(super) fn flush(&mut self) -> Result<(), Error> {
        self.stream.flush().map_err(stream_error)
    }
}

fn stream_error(source: io::Error) -> Error {
    match source.kind() {
        io::ErrorKind::BrokenPipe => Error::Closed,
        _ => Error::Io {
            action: "write",
            path: "standard output".into(),
            source,
        },
    }
}

/// Text in a style.
pub(super) fn styled(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}

/// Columns of equal width, two spaces between them; a column that is empty
/// everywhere is left out.
pub(super) struct Table {
    header: Vec<Cow<'static, str>>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new<C: Into<Cow<'static, str>>>(header: impl IntoIterator<Item = C>) -> Self {
        Self {
            header: header.into_iter().map(Into::into).collect(),
            rows: Vec::new(),
        }
    }

    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// The lines, none wider than `limit` columns where there is one.
    fn lines(&self, limit: Option<usize>) -> Vec<String> {
        let used: Vec<usize> = (0..self.header.len())
            .filter(|&column| self.rows.iter().any(|row| !row[column].is_empty()))
            .collect();
        let width = |column: usize| {
            let cells = self.rows.iter().map(|row| shown_width(&row[column]));
            cells
                .chain([shown_width(&self.header[column])])
                .max()
                .unwrap_or(0)
        };
        let mut widths: Vec<usize> = used.iter().map(|&column| width(column)).collect();
        if let Some(limit) = limit {
            narrow(&mut widths, limit);
        }
        let lay_out = |cells: Vec<&str>| {
            let mut line = String::from(" ");
            for (cell, &width) in cells.iter().zip(&widths) {
                let cell = cut(cell, width);
                line.push(' ');
                line.push_str(&cell);
                line.push_str(&" ".repeat(width + 1 - shown_width(&cell)));
            }
            line.trim_end().to_owned()
        };
        let header = lay_out(
            used.iter()
                .map(|&column| self.header[column].as_ref())
                .collect(),
        );
        let rows = self
            .rows
            .iter()
            .map(|row| lay_out(used.iter().map(|&column| row[column].as_str()).collect()));
        std::iter::once(styled(HEADING, header))
            .chain(rows)
            .collect()
    }
}

/// Takes width from the last columns, which say the least at a glance, until
/// the whole fits; none becomes narrower than a word.
fn narrow(widths: &mut [usize], limit: usize) {
    const WORD: usize = 12;
    let mut excess =
        (1 + widths.iter().map(|width| width + 2).sum::<usize>()).saturating_sub(limit + 1);
    for width in widths.iter_mut().rev() {
        let taken = excess.min(width.saturating_sub(WORD));
        *width -= taken;
        excess -= taken;
    }
}

/// Text of at most `width` columns, a mark in place of what is left out.
fn cut(text: &str, width: usize) -> Cow<'_, str> {
    if shown_width(text) <= width {
        return Cow::Borrowed(text);
    }
    // A cell that is cut loses its colour: half an escape sequence would colour the rest.
    let plain = anstream::adapter::strip_str(text).to_string();
    let mut kept = String::new();
    for c in plain.chars() {
        if shown_width(&kept) + c.width().unwrap_or(0) + 1 > width {
            break;
        }
        kept.push(c);
    }
    Cow::Owned(format!("{}…", kept.trim_end()))
}

/// Columns that text takes on a terminal; its colours take none.
fn shown_width(text: &str) -> usize {
    anstream::adapter::strip_str(text).to_string().width()
}

/// Prints an error with its place, its causes and what to do.
pub(super) fn print_error(error: &Error) {
    let mut message = format!("{}: {error}", styled(BAD.bold(), "error"));
    let place = match error {
        Error::Core(error) | Error::Plain(PlainError::Document(error)) => error.place(),
        Error::Report(error) => error.place(),
        _ => None,
    };
    for line in place
        .map(cfgmatrix_core::Place::excerpt)
        .unwrap_or_default()
        .lines()
    {
        message.push_str(&format!("\n  | {line}"));
    }
    let mut cause = error.source();
    while let Some(source) = cause {
        message.push_str(&format!("\n  because: {source}"));
        cause = source.source();
    }
    if let Some(hint) = error.hint() {
        message.push_str(&format!("\n  {hint}"));
    }
    print_message(&message);
}

/// Prints something that a person should know, and that changes no result.
pub(super) fn print_warning(text: impl Display) {
    print_message(&format!(
        "{}: {text}",
        styled(AnsiColor::Yellow.on_default().bold(), "warning")
    ));
}

fn print_message(text: &str) {
    // Nothing can be done, or said, about a standard error that is closed.
    let _ = writeln!(AutoStream::auto(io::stderr()), "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(["name", "empty", "flags"]);
        table.row([
            "gcc-debug".to_owned(),
            String::new(),
            styled(GOOD, "-g -O0 -fopenmp -Wall -Wextra"),
        ]);
        table.row(["ü".to_owned(), String::new(), "-g".to_owned()]);
        table
    }

    #[test]
    fn columns_are_even_and_empty_ones_are_left_out() {
        let lines: Vec<String> = table()
            .lines(None)
            .iter()
            .map(|line| anstream::adapter::strip_str(line).to_string())
            .collect();
        assert_eq!(
            lines,
            [
                "  name       flags",
                "  gcc-debug  -g -O0 -fopenmp -Wall -Wextra",
                "  ü          -g"
            ]
        );
    }

    #[test]
    fn a_narrow_terminal_cuts_the_last_column_and_no_line_is_wider() {
        for limit in [30, 36, 40] {
            for line in table().lines(Some(limit)) {
                assert!(shown_width(&line) <= limit, "{limit}: {line}");
            }
        }
        assert!(table().lines(Some(30))[1].ends_with('…'));
    }
}
