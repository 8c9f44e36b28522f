//! Writing: documents to standard output, messages to standard error, colours
//! only where a person reads them.

use std::error::Error as _;
use std::fmt::Display;
use std::io::{self, BufWriter, Write};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr as _;

use crate::Error;

pub(super) const HEADING: Style = Style::new().bold();
pub(super) const GOOD: Style = AnsiColor::Green.on_default();
pub(super) const BAD: Style = AnsiColor::Red.on_default();
pub(super) const FAINT: Style = Style::new().dimmed();

/// Standard output.
pub(super) struct Output {
    stream: BufWriter<io::Stdout>,
    coloured: bool,
}

impl Output {
    pub(super) fn new() -> Self {
        let stdout = io::stdout();
        // The choice follows NO_COLOR, CLICOLOR, CLICOLOR_FORCE and whether it is a terminal.
        let coloured = AutoStream::choice(&stdout) != ColorChoice::Never;
        Self {
            stream: BufWriter::with_capacity(64 << 10, stdout),
            coloured,
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
    header: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new(header: impl IntoIterator<Item = &'static str>) -> Self {
        Self {
            header: header.into_iter().collect(),
            rows: Vec::new(),
        }
    }

    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    pub(super) fn lines(&self) -> Vec<String> {
        let used: Vec<usize> = (0..self.header.len())
            .filter(|&column| self.rows.iter().any(|row| !row[column].is_empty()))
            .collect();
        let width = |column: usize| {
            self.rows
                .iter()
                .map(|row| shown_width(&row[column]))
                .chain([shown_width(self.header[column])])
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = used.iter().map(|&column| width(column)).collect();
        let lay_out = |cells: Vec<&str>| {
            let mut line = String::from(" ");
            for (cell, width) in cells.iter().zip(&widths) {
                line.push(' ');
                line.push_str(cell);
                line.push_str(&" ".repeat(width + 1 - shown_width(cell)));
            }
            line.trim_end().to_owned()
        };
        let header = styled(
            HEADING,
            lay_out(used.iter().map(|&column| self.header[column]).collect()),
        );
        let rows = self
            .rows
            .iter()
            .map(|row| lay_out(used.iter().map(|&column| row[column].as_str()).collect()));
        std::iter::once(header).chain(rows).collect()
    }
}

/// Columns that text takes on a terminal; its colours take none.
fn shown_width(text: &str) -> usize {
    anstream::adapter::strip_str(text).to_string().width()
}

/// Prints an error with its place, its causes and what to do.
pub(super) fn print_error(error: &Error) {
    let mut message = format!("{}: {error}", styled(BAD.bold(), "error"));
    let place = match error {
        Error::Core(error) => error.place(),
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
