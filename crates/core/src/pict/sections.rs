//! A model file as lines: parameters first, then submodels, then constraints.

use super::text::{Comparison, is_space, trim};

/// A line that says something, and where it begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'t> {
    pub(super) text: &'t str,
    pub(super) offset: usize,
}

/// The constraints as one text: lines are joined, comments left out.
#[derive(Clone, Debug, Default)]
pub(super) struct Joined {
    pub(super) text: String,
    /// Where each line begins in the text, and in the document.
    starts: Vec<(usize, usize)>,
}

impl Joined {
    fn push(&mut self, line: Line<'_>) {
        self.starts.push((self.text.len(), line.offset));
        self.text.push_str(line.text);
    }

    /// The offset in the document of an offset in the text.
    pub(super) fn offset(&self, at: usize) -> usize {
        // At the very end of a line the next one has not begun: an error about
        // what is missing belongs where it is missing.
        let next = self.starts.partition_point(|&(start, _)| start <= at);
        let (start, offset) = match next.checked_sub(1) {
            Some(index) => self.starts[index],
            None => return 0,
        };
        offset + (at - start)
    }
}

/// The lines of a model file by what they are about.
#[derive(Clone, Debug, Default)]
pub(super) struct Sections<'t> {
    pub(super) parameters: Vec<Line<'t>>,
    pub(super) submodels: Vec<Line<'t>>,
    pub(super) constraints: Joined,
}

impl<'t> Sections<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        #[derive(PartialEq, PartialOrd)]
        enum At {
            Parameters,
            Submodels,
            Constraints,
        }
        let mut sections = Self::default();
        let mut at = At::Parameters;
        let mut offset = 0;
        for whole in text.split_inclusive('\n') {
            let text = whole.trim_end_matches(['\n', '\r']);
            let line = Line { text, offset };
            offset += whole.len();
            let trimmed = trim(text);
            if trimmed.is_empty() || trimmed.starts_with('#') {
                continue;
            }
            if at < At::Constraints && is_constraint(trimmed) {
                at = At::Constraints;
            } else if at == At::Parameters && is_submodel(trimmed) {
                at = At::Submodels;
            }
            match at {
                At::Parameters => sections.parameters.push(line),
                At::Submodels => sections.submodels.push(line),
                At::Constraints => sections.constraints.push(line),
            }
        }
        sections
    }
}

/// Whether the constraints begin with this line. A value may hold anything, so
/// this is a guess, and PICT's own.
fn is_constraint(trimmed: &str) -> bool {
    const BEGINNINGS: [&str; 6] = [
        "IF*[*]*",
        "[*]*",
        "(*[*]*",
        "IF*ISNEGATIVE",
        "IF*ISNEGATIVE*(*",
        "IF*ISPOSITIVE*(*",
    ];
    let first = trimmed.chars().next();
    if !matches!(first, Some('[' | '(' | 'I' | 'i')) {
        return false;
    }
    let any_case = Comparison {
        case_sensitive: false,
    };
    any_case.equal(trimmed, "IF")
        || any_case.like(trimmed, "IF*ISPOSITIVE")
        || BEGINNINGS
            .iter()
            .any(|pattern| any_case.like(trimmed, pattern))
}

fn is_submodel(trimmed: &str) -> bool {
    trimmed.starts_with('{') && trimmed.contains('}')
}

/// Where the text of a line begins, past the space before it.
pub(super) fn beginning(line: Line<'_>) -> usize {
    line.offset + (line.text.len() - line.text.trim_start_matches(is_space).len())
}
